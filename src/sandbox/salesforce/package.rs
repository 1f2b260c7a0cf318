//! The Marketo Sales Insight package as it lies in this org: installed or not, given to whom, configured how. Tests and
//! the curious switch it at `/_control/salesforce/package`.

use actix_web::HttpResponse;
use actix_web::web::{Bytes, Data};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::sandbox::World;

/// Tabs of the panel, as the package names them.
const TABS: [&str; 4] = ["moments", "web", "email", "score"];

/// The state of the package.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    installed: bool,
    version: String,
    /// Active users with the permission set of reps.
    reps: u32,
    /// Active users with the permission set of admins.
    admins: u32,
    /// Whether whoever asks over REST may read the settings.
    settings_visible: bool,
    /// Fields of the org's row of `MSI_Settings__c`; none before somebody saved it.
    settings: Option<Map<String, Value>>,
    /// What the external credential holds. The platform adds it to a callout; nobody can read it back there.
    secret_key: Option<String>,
}

impl Default for Package {
    /// Installed, given to nobody, and not configured.
    fn default() -> Self {
        Self { installed: true, version: "1.0.0".to_owned(), reps: 0, admins: 1, settings_visible: true, settings: None, secret_key: None }
    }
}

impl Package {
    /// Installed, given to the sales people, and configured for a gateway.
    pub fn configured(gateway: &str, certificate: &str, secret_key: &str) -> Self {
        let settings = json!({
            "Gateway_Address__c": gateway, "Certificate_Name__c": certificate, "Timeout_Seconds__c": 10, "Tab_Order__c": null,
            "Actions_Enabled__c": true, "Allow_Email__c": true, "Allow_Campaign__c": true, "Allow_Call__c": true, "Allow_Task__c": true,
            "Show_Upcoming_Campaigns__c": true, "Show_Upcoming_Tasks__c": true, "Debug_Logging__c": false,
            "Certificate_Registered_At__c": "2026-11-02T09:30:00.000+0000", "Secret_Stored_At__c": "2026-11-02T09:25:00.000+0000",
        });
        Self { reps: 4, settings: settings.as_object().cloned(), secret_key: Some(secret_key.to_owned()), ..Self::default() }
    }
}

impl Package {
    /// The version that is installed.
    pub fn version(&self) -> String {
        self.version.clone()
    }

    /// Tabs in their order, actions, and lists of what comes next, as the settings have them.
    pub fn panel(&self) -> (Vec<&'static str>, Vec<&'static str>, Vec<&'static str>) {
        let on = |field: &str| self.settings.as_ref().is_some_and(|settings| settings.get(field) == Some(&json!(true)));
        let actions = on("Actions_Enabled__c");
        let chosen = |pairs: &[(&'static str, &str)]| -> Vec<&'static str> {
            pairs.iter().filter(|(_, field)| actions && on(field)).map(|(name, _)| *name).collect()
        };
        let order = self.settings.as_ref().and_then(|settings| settings.get("Tab_Order__c")).and_then(Value::as_str).unwrap_or_default();
        let mut tabs: Vec<&'static str> =
            order.split(',').filter_map(|name| TABS.into_iter().find(|known| *known == name.trim())).collect();
        tabs.extend(TABS.into_iter().filter(|tab| !order.split(',').any(|name| name.trim() == *tab)));
        let acts = [("email", "Allow_Email__c"), ("campaign", "Allow_Campaign__c"), ("call", "Allow_Call__c"), ("task", "Allow_Task__c")];
        let next = [("campaigns", "Show_Upcoming_Campaigns__c"), ("tasks", "Show_Upcoming_Tasks__c")];
        (tabs, chosen(&acts), chosen(&next))
    }
}

/// Rows of an object that only the package brings along, or that says who has it. `None` for any other object.
pub fn rows(world: &World, object: &str) -> Option<Vec<Value>> {
    let package = world.salesforce.package.with(|package| package.clone());
    let is = |name: &str| object.eq_ignore_ascii_case(name);
    if is("PermissionSetAssignment") {
        let holders = |set: &'static str, count: u32| {
            (0..count).map(move |index| {
                json!({
                    "attributes": { "type": "PermissionSetAssignment" }, "Id": format!("0PaKf00000{set:.1}{index:04}"),
                    "PermissionSet": { "Name": set }, "Assignee": { "IsActive": true },
                })
            })
        };
        let (reps, admins) = if package.installed { (package.reps, package.admins) } else { (0, 0) };
        return Some(holders("Marketo_App_Access", reps).chain(holders("Marketo_Sales_Insight_Admin", admins)).collect());
    }
    if !package.installed {
        return None;
    }
    if is("MSI_Package__mdt") {
        return Some(vec![json!({
            "attributes": { "type": "MSI_Package__mdt" }, "DeveloperName": "Current", "Version__c": package.version, "Minimum_Gateway__c": "0.1.0",
        })]);
    }
    if is("MSI_Settings__c") && package.settings_visible {
        return Some(package.settings.into_iter().map(|settings| row(world, settings)).collect());
    }
    None
}

// Every field is there, whether or not it was ever saved.
fn row(world: &World, saved: Map<String, Value>) -> Value {
    let mut row = json!({
        "attributes": { "type": "MSI_Settings__c" }, "Id": "a00Kf0000000001AAA", "SetupOwnerId": world.org_id(), "Gateway_Address__c": null,
        "Certificate_Name__c": null, "Actions_Enabled__c": false, "Certificate_Registered_At__c": null, "Secret_Stored_At__c": null,
    });
    if let Some(row) = row.as_object_mut() {
        row.extend(saved);
    }
    row
}

/// `GET /_control/salesforce/package`.
pub async fn show(world: Data<World>) -> HttpResponse {
    HttpResponse::Ok().json(world.salesforce.package.with(|package| package.clone()))
}

/// `POST /_control/salesforce/package`: sets what is named; of the settings, too.
pub async fn change(world: Data<World>, body: Bytes) -> HttpResponse {
    let changed = world.salesforce.package.with(|package| {
        let changes: Map<String, Value> = serde_json::from_slice(if body.is_empty() { b"{}" } else { &body })?;
        let mut whole = serde_json::to_value(&*package)?;
        if let Some(whole) = whole.as_object_mut() {
            for (name, value) in changes {
                match (whole.get_mut(&name).and_then(Value::as_object_mut), value) {
                    (Some(known), Value::Object(value)) => known.extend(value),
                    (_, value) => {
                        whole.insert(name, value);
                    }
                }
            }
        }
        *package = serde_json::from_value(whole)?;
        Ok::<Package, serde_json::Error>(package.clone())
    });
    match changed {
        Ok(package) => HttpResponse::Ok().json(package),
        Err(error) => HttpResponse::BadRequest().json(json!({ "error": error.to_string() })),
    }
}
