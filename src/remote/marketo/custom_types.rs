//! Custom activity types: made and approved when the instance has none of that API name, so that nobody has to do it by hand.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::envelope::read_page;
use super::{Asker, Marketo};
use crate::remote::call::{Answer, Body, Call, CallError};

/// A type that we want the instance to have.
#[derive(Debug, Clone, Copy)]
pub struct WantedType {
    pub api_name: &'static str,
    pub name: &'static str,
    pub trigger: &'static str,
    pub filter: &'static str,
    pub description: &'static str,
    /// Name and API name of the primary attribute.
    pub primary: (&'static str, &'static str),
    /// Name, API name and data type of the others.
    pub attributes: &'static [(&'static str, &'static str, &'static str)],
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct KnownType {
    #[serde(default)]
    id: i64,
    #[serde(default)]
    api_name: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    attributes: Vec<KnownAttribute>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct KnownAttribute {
    #[serde(default)]
    api_name: String,
}

/// The ids of wanted types, by API name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CustomTypes(Vec<(String, i64)>);

impl CustomTypes {
    /// The id of a type.
    #[must_use]
    pub fn id(&self, api_name: &str) -> Option<i64> {
        self.0.iter().find(|(known, _)| known == api_name).map(|(_, id)| *id)
    }
}

impl Marketo {
    /// The ids of the wanted types; what is missing is created, completed and approved. Asked for once a day at most.
    ///
    /// # Errors
    /// See [`CallError`]; [`CallError::Forbidden`] when the API user may not manage activity types.
    pub async fn custom_types(&self, wanted: &[WantedType], asker: Asker<'_>) -> Result<Arc<CustomTypes>, CallError> {
        self.custom.get(self.make_types(wanted, asker)).await
    }

    async fn make_types(&self, wanted: &[WantedType], asker: Asker<'_>) -> Result<CustomTypes, CallError> {
        let known = self.run(&get("custom_types", "/rest/v1/activities/external/types.json".to_owned()), asker).await?;
        let mut ids = Vec::new();
        for wanted in wanted {
            let found = known.iter().find(|known| known.api_name == wanted.api_name && known.status != "deleted").cloned();
            let (mut id, mut approved) = found.as_ref().map_or((0, false), |found| (found.id, found.status.starts_with("approved")));
            let missing: Vec<_> = match &found {
                None => {
                    id = self.create_type(wanted, asker).await?;
                    wanted.attributes.iter().collect()
                }
                // The list may tell of types without their attributes.
                Some(found) if approved && found.attributes.is_empty() => Vec::new(),
                Some(found) => {
                    let has = |name: &str| found.attributes.iter().any(|attribute| attribute.api_name == name);
                    wanted.attributes.iter().filter(|(_, api_name, _)| !has(api_name)).collect()
                }
            };
            if !missing.is_empty() {
                self.add_attributes(wanted.api_name, &missing, asker).await?;
                approved = false;
            }
            if !approved {
                let path = format!("/rest/v1/activities/external/type/{}/approve.json", wanted.api_name);
                self.run(&post("custom_type_approve", path, &json!({})), asker).await?;
            }
            ids.push((wanted.api_name.to_owned(), id));
        }
        Ok(CustomTypes(ids))
    }

    async fn create_type(&self, wanted: &WantedType, asker: Asker<'_>) -> Result<i64, CallError> {
        let (name, api_name) = wanted.primary;
        let body = json!({
            "apiName": wanted.api_name, "name": wanted.name, "triggerName": wanted.trigger, "filterName": wanted.filter,
            "description": wanted.description, "primaryAttribute": {"name": name, "apiName": api_name, "dataType": "string"},
        });
        let made = self.run(&post("custom_type_create", "/rest/v1/activities/external/type.json".to_owned(), &body), asker).await?;
        made.first().map(|made| made.id).filter(|id| *id > 0).ok_or(CallError::BadAnswer("a new activity type without an id"))
    }

    async fn add_attributes(
        &self,
        type_name: &str,
        attributes: &[&(&'static str, &'static str, &'static str)],
        asker: Asker<'_>,
    ) -> Result<(), CallError> {
        let tell = |(name, api_name, kind): &(&str, &str, &str)| json!({"name": name, "apiName": api_name, "dataType": kind});
        let body = json!({ "attributes": attributes.iter().map(|attribute| tell(attribute)).collect::<Vec<Value>>() });
        let path = format!("/rest/v1/activities/external/type/{type_name}/attributes/create.json");
        self.run(&post("custom_type_attributes", path, &body), asker).await.map(drop)
    }
}

pub(super) fn read(answer: &Answer) -> Result<Vec<KnownType>, CallError> {
    read_page::<KnownType>(answer).map(|page| page.items)
}

fn get(name: &'static str, path: String) -> Call<Vec<KnownType>> {
    Call { system: "marketo", name, method: Method::GET, path, query: Vec::new(), body: Body::None, timeout: PATIENCE, read }
}

fn post(name: &'static str, path: String, body: &Value) -> Call<Vec<KnownType>> {
    let body = Body::Json(body.to_string().into_bytes());
    Call { system: "marketo", name, method: Method::POST, path, query: Vec::new(), body, timeout: PATIENCE, read }
}

const PATIENCE: Duration = Duration::from_secs(20);
