//! Every address of the table, asked by everybody: whoever is nobody, whoever belongs to another account, whoever asks for more than
//! there is. Made from the description, so that a new address is asked without anybody thinking of it. The ids are those of
//! `tests/attacks.md`.

use serde_json::{Map, Value, json};

use super::acting::Office;
use super::house::{House, Said, face, marketo_admin, member};
use crate::account::provisioning::{Provision, ProvisionOrg, provision};
use crate::account::routes::{INTERFACE, ROUTES, Row};
use crate::account::{email::Email, inviting};
use crate::clock;
use crate::store::audit::Deed;

const OTHER: &str = "other";
const OTHER_ORG: &str = "00D000000000777";
/// Answered without knowing who asks.
const OPEN: [&str; 3] = ["/healthz", "/readyz", "/openapi.json"];

/// What there is of an account, by the names that addresses and bodies have for it.
type Things = Map<String, Value>;

/// A second account beside the office's, with an org and an admin.
struct Neighbour {
    admin: Value,
    package: Value,
    rep: Value,
}

async fn neighbour(office: &Office) -> Neighbour {
    let house = &office.house;
    let org = ProvisionOrg {
        org_id: OTHER_ORG.to_owned(),
        name: "Other".to_owned(),
        instance_url: house.world.instance_url(),
        frame_ancestors: vec!["https://other.lightning.force.com".to_owned()],
        is_sandbox: true,
    };
    let wanted = Provision { account_id: Some(OTHER.to_owned()), name: "Other".to_owned(), org };
    provision(&house.state.store, wanted).await.unwrap();
    let tenant = house.state.store.tenant(OTHER);
    let account = tenant.account().await.unwrap().unwrap();
    let email = Email::parse("boss@other.example").unwrap();
    let guest = inviting::Guest { email, first_name: None, last_name: None, role: "admin".to_owned(), teams: vec![] };
    let invitee = inviting::made_out(&house.state.connections, OTHER, guest).unwrap();
    let deed = Deed {
        id: clock::new_id(),
        at: clock::now_ms(),
        who: "t".to_owned(),
        what: "members.invited",
        target: String::new(),
        source: None,
        request_id: None,
    };
    let manner = inviting::Manner { inviter: "t", language: "en", first: true };
    inviting::invite(&house.state.connections, &tenant, &account, &[invitee], manner, &deed, None, None).await.unwrap();
    let link = house.links_to("boss@other.example").await.remove(0);
    let accepted = house.post(&face(), &format!("/v1/invitations/by-token/{link}/accept"), json!({})).await.ok();
    let org = house.state.store.org("00D000000000777EAA").await.unwrap();
    let org = org.map_or_else(|| house.world.org_id(), |org| org.org_id);
    let user = "005000000000009AAA";
    Neighbour {
        admin: member(OTHER, accepted["member_id"].as_str().unwrap()),
        package: json!({"kind": "package", "account": OTHER, "org": org, "user": user}),
        rep: json!({"kind": "rep", "account": OTHER, "org": org, "user": user, "object": "Lead", "record": "00Q000000000001EAA"}),
    }
}

/// One of everything in the office's account.
async fn furnished(office: &Office) -> Things {
    let (house, admin) = (&office.house, &office.admin);
    let made = async |path: &str, body: Value| house.post(admin, path, body).await.ok();
    let listed = async |path: &str| house.get(admin, path).await.ok()["items"][0]["id"].clone();
    let record = office.record(0).to_owned();
    let tenant = house.state.store.tenant(&office.account);
    let person = tenant.person_by_sfdc_id(&record).await.unwrap().unwrap();
    let mut things = Map::new();
    let mut put = |name: &str, value: Value| {
        assert!(value.is_string(), "{name}: {value}");
        things.insert(name.to_owned(), value);
    };
    put("person", json!(person.id));
    put("record", json!(record));
    put("member", admin["member"].clone());
    put("org", json!(house.world.org_id()));
    put("team", made("/v1/teams", json!({"name": "Secret plans"})).await["id"].clone());
    let template = json!({"name": "Secret", "category": "C", "subject": "S", "html": "<p>Hi</p>"});
    put("template", made("/v1/templates", template).await["id"].clone());
    let campaign = made("/v1/sales-campaigns", json!({"name": "Secret", "category": "C"})).await["id"].clone();
    let path = format!("/v1/sales-campaigns/{}", campaign.as_str().unwrap());
    made(&format!("{path}/steps"), json!({"day": 1, "type": "call", "name": "Ring"})).await;
    put("step", house.get(admin, &path).await.ok()["steps"][0]["id"].clone());
    made(&format!("{path}/launches"), json!({"sfdc_ids": [office.record(1)]})).await;
    put("run", listed(&format!("{path}/people")).await);
    put("campaign", campaign);
    put("launch", made("/v1/sales-launches", json!({"sfdc_ids": [office.record(2)]})).await["id"].clone());
    put("circular", made("/v1/circulars", json!({"sfdc_ids": [record]})).await["id"].clone());
    made("/v1/moment-subscriptions", json!({"person_id": person.id, "basis": "person"})).await;
    put("subscription", listed("/v1/moment-subscriptions").await);
    made("/v1/tasks", json!({"sfdc_id": record, "name": "Secret task"})).await;
    let delivery = house.get(admin, "/v1/deliveries").await.ok()["items"][0].clone();
    put("delivery", delivery["id"].clone());
    put("task", delivery["activity_id"].clone());
    put("token", made("/v1/me/api-tokens", json!({"name": "Mine", "days": 3})).await["id"].clone());
    made("/v1/invitations", json!({"emails": ["guest@example.com"]})).await;
    put("invitation", listed("/v1/invitations").await);
    let file = actix_web::test::TestRequest::post().uri("/v1/invitations/imports").insert_header(("Content-Type", "text/csv"));
    put("import", house.send(admin, file.set_payload("email\nx@example.com\n")).await.ok()["id"].clone());
    made("/v1/emails", json!({"sfdc_id": record, "subject": "S", "html": "<p>Hi</p>"})).await;
    made("/v1/unsubscribes", json!({"email": "gone@example.com"})).await;
    things
}

/// Things that look like these and are nowhere.
fn nowhere(things: &Things) -> Things {
    let other = |name: &str| match name {
        "record" => json!("00Q00000000zzzz"),
        "org" => json!("00D00000000zzzz"),
        _ => json!("f".repeat(32)),
    };
    things.keys().map(|name| (name.clone(), other(name))).collect()
}

/// The address with things in place of its parts; whether one was put in.
fn filled(path: &str, things: &Things) -> (String, bool) {
    let of_id = [
        ("/v1/people/", "person"),
        ("/v1/members/", "member"),
        ("/v1/teams/", "team"),
        ("/v1/invitations/imports/", "import"),
        ("/v1/invitations/", "invitation"),
        ("/v1/me/api-tokens/", "token"),
        ("/v1/sales-campaigns/", "campaign"),
        ("/v1/campaigns/", "campaign"),
        ("/v1/sales-launches/", "launch"),
        ("/v1/sales-runs/", "run"),
        ("/v1/tasks/", "task"),
        ("/v1/templates/", "template"),
        ("/v1/circulars/", "circular"),
        ("/v1/moment-subscriptions/", "subscription"),
        ("/v1/deliveries/", "delivery"),
    ];
    let named = of_id.iter().find(|(start, _)| path.starts_with(start)).map_or("person", |(_, name)| name);
    let text = |name: &str| things.get(name).and_then(Value::as_str).unwrap_or("none").to_owned();
    let mut whole = path.to_owned();
    for (part, name) in
        [("{id}", named), ("{person}", "person"), ("{step}", "step"), ("{record}", "record"), ("{org_id}", "org"), ("{mail}", "delivery")]
    {
        whole = whole.replace(part, &text(name));
    }
    let rest = whole.replace("{token}", &"a".repeat(43)).replace("{whose}", "mine").replace("{flow_id}", &"a".repeat(32));
    (rest, whole != path)
}

fn resolved<'a>(description: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(place) => resolved(description, description.pointer(place.trim_start_matches('#')).unwrap()),
        None => schema,
    }
}

/// A body as the description wants it, which names these things.
fn sample(description: &Value, name: &str, schema: &Value, things: &Things) -> Value {
    let schema = resolved(description, schema);
    let thing = |kind: &str| things.get(kind).cloned().unwrap_or_else(|| json!("none"));
    if let Some(first) = schema["enum"].get(0) {
        return first.clone();
    }
    match (name, schema["type"].as_str().unwrap_or("string")) {
        ("person_ids", _) => json!([thing("person")]),
        ("sfdc_ids", _) => json!([thing("record")]),
        ("member_ids" | "recipients", _) => json!([thing("member")]),
        ("teams" | "shared", "array") => json!([thing("team")]),
        ("emails", _) => json!(["new@example.com"]),
        (_, "object") => {
            let properties = schema["properties"].as_object().cloned().unwrap_or_default();
            let mut body: Map<String, Value> =
                properties.iter().map(|(name, schema)| (name.clone(), sample(description, name, schema, things))).collect();
            // Whoever may be named in several ways is named in one.
            for (one, others) in
                [("person_id", &["sfdc_id", "sfdc_ids", "person_ids"][..]), ("sfdc_ids", &["person_ids", "account_id", "opportunity_id"])]
            {
                if body.contains_key(one) {
                    body.retain(|name, _| !others.contains(&name.as_str()));
                }
            }
            Value::Object(body)
        }
        (_, "array") => json!([sample(description, "", &schema["items"], things)]),
        (_, "integer" | "number") => schema.get("minimum").cloned().unwrap_or(json!(1)),
        (_, "boolean") => json!(true),
        ("person_id", _) => thing("person"),
        ("sfdc_id", _) => thing("record"),
        ("member_id", _) => thing("member"),
        ("template_id", _) => thing("template"),
        ("campaign_id", _) => thing("campaign"),
        ("email", _) => json!("somebody@example.com"),
        ("html", _) => json!("<p>Hello</p>"),
        ("time_zone", _) => json!("UTC"),
        ("start_on" | "send_on", _) => json!(""),
        ("due", _) => json!("2031-01-01"),
        _ => json!("text"),
    }
}

fn body_of(description: &Value, row: &Row, things: &Things) -> Option<Value> {
    let schema = &description["paths"][row.path][row.method]["requestBody"]["content"]["application/json"]["schema"];
    (!schema.is_null()).then(|| sample(description, "", schema, things))
}

fn described() -> Value {
    serde_json::from_str(INTERFACE).unwrap()
}

async fn asked(house: &House, visitor: &Value, row: &Row, things: &Things, description: &Value) -> Said {
    let (mut path, _) = filled(row.path, things);
    if row.path == "/v1/people" {
        path = format!("{path}?sfdc_id={}", things["record"].as_str().unwrap());
    }
    house.ask(visitor, row.method, &path, body_of(description, row, things)).await
}

fn without_times(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| {
                !["last_seen_at", "last_used_at", "last_success_at", "since", "checked_at", "next_cursor", "request_id"]
                    .contains(&name.as_str())
            });
            members.values_mut().for_each(without_times);
        }
        Value::Array(items) => items.iter_mut().for_each(without_times),
        _ => {}
    }
}

/// All that somebody can read by lists.
async fn read(house: &House, visitor: &Value) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    let upstream = [
        "/access",
        "/admins",
        "/package",
        "/marketo-campaigns",
        "/budget",
        "/preview",
        "/campaigns",
        "/openapi.json",
        "/best-bets",
        ".csv",
    ];
    let lists =
        ROUTES.iter().filter(|row| row.method == "get" && !row.path.contains('{') && !upstream.iter().any(|end| row.path.ends_with(end)));
    for row in lists {
        let said = house.get(visitor, row.path).await;
        assert!(said.status < 500, "{} {}", row.path, said.body);
        if said.status == 200 {
            let mut body = said.body;
            without_times(&mut body);
            all.push((row.path.to_owned(), body));
        }
    }
    all
}

#[actix_web::test]
async fn ten_01_03_what_belongs_to_another_account_looks_like_what_does_not_exist() {
    let description = described();
    for office in Office::all().await {
        let office = office.with_salesforce().await;
        let things = furnished(&office).await;
        let nothing = nowhere(&things);
        let neighbour = neighbour(&office).await;
        let house = &office.house;
        let before = read(house, &office.admin).await;
        let (mut compared, mut absent) = (0, 0);
        for row in ROUTES.iter().filter(|row| !OPEN.contains(&row.path)) {
            let names = filled(row.path, &things).1 || body_of(&description, row, &things) != body_of(&description, row, &nothing);
            if !names && row.path != "/v1/people" {
                continue;
            }
            for visitor in [&neighbour.admin, &neighbour.package, &neighbour.rep] {
                let theirs = asked(house, visitor, row, &things, &description).await;
                let nowhere = asked(house, visitor, row, &nothing, &description).await;
                let answer = |said: &Said| {
                    let mut body = said.body.clone();
                    without_times(&mut body);
                    let text = body.to_string();
                    let names = things
                        .iter()
                        .zip(&nothing)
                        .fold(text, |text, ((_, thing), (_, other))| text.replace(thing.as_str().unwrap(), other.as_str().unwrap()));
                    (said.status, names.replace("instance", ""))
                };
                let which = format!("{} {} {} {}", house.engine, row.method, row.path, visitor["kind"]);
                assert!(theirs.status < 500 || theirs.status == nowhere.status, "{which}: {}", theirs.body);
                assert_eq!(answer(&theirs).0, answer(&nowhere).0, "{which}: {} / {}", theirs.body, nowhere.body);
                assert_eq!(theirs.code(), nowhere.code(), "{which}");
                if theirs.status == 404 {
                    assert_eq!(answer(&theirs).1, answer(&nowhere).1, "{which}");
                    absent += 1;
                }
                compared += 1;
            }
        }
        assert!(compared > 180 && absent > 60, "{compared} {absent}");
        let mut after = read(house, &office.admin).await;
        for (one, other) in before.iter().zip(&mut after) {
            assert_eq!(one, other, "{}", house.engine);
        }
        // Of the lists of the other account, none shows anything of this one.
        for (path, body) in read(house, &neighbour.admin).await {
            let text = body.to_string();
            for (name, thing) in things.iter().filter(|(name, _)| *name != "org") {
                assert!(!text.contains(thing.as_str().unwrap()), "{path} shows {name}");
            }
            for word in ["Secret", "brightwater", "gone@example.com", "guest@example.com"] {
                assert!(!text.contains(word), "{path} shows {word}: {text:.400}");
            }
        }
    }
}

#[actix_web::test]
async fn ten_02_no_body_may_say_more_than_it_is_asked_for() {
    let description = described();
    for office in Office::all().await.into_iter().take(1) {
        let office = office.with_salesforce().await;
        let (house, things) = (&office.house, furnished(&office).await);
        let package = json!({"kind": "package", "account": office.account, "org": house.world.org_id(), "user": "005000000000009AAA"});
        let mut checked = 0;
        for row in ROUTES {
            let schema = &description["paths"][row.path][row.method]["requestBody"]["content"]["application/json"]["schema"];
            let Some(known) = resolved(&description, schema)["properties"].as_object() else { continue };
            for more in ["account_id", "tenant_id", "org_id", "role", "id", "created_at", "__proto__"] {
                if known.contains_key(more) {
                    continue;
                }
                // Alone, so that nothing of it can be done even where it is overlooked.
                let body = json!({ more: "x" });
                let (path, _) = filled(row.path, &things);
                let (mut said, mut by) = (house.ask(&office.admin, row.method, &path, Some(body.clone())).await, office.admin.clone());
                for visitor in [face(), package.clone(), marketo_admin(&office.account)] {
                    if said.status == 403 {
                        (said, by) = (house.ask(&visitor, row.method, &path, Some(body.clone())).await, visitor);
                    }
                }
                let mut refused = ["request.unknown_field", "link.unknown", "not_found"].contains(&said.code()) || said.status == 409;
                if !refused && said.code() == "request.invalid" {
                    // Some say no more than what a body must be; without the odd field they say something else.
                    let without = house.ask(&by, row.method, &path, Some(json!({}))).await;
                    refused = without.body["detail"] != said.body["detail"];
                }
                assert!(refused, "{} {} {more}: {} {}", row.method, row.path, said.status, said.body);
                checked += 1;
            }
        }
        assert!(checked > 200, "{checked}");
    }
}

#[actix_web::test]
async fn ten_12_nobody_gets_past_any_address() {
    for office in Office::all().await.into_iter().take(1) {
        let house = &office.house;
        let things = Map::new();
        let strangers = [
            json!({"kind": "member", "account": office.account, "member": "f".repeat(32)}),
            json!({"kind": "member", "account": "nowhere", "member": office.admin["member"]}),
            json!({"kind": "member", "account": OTHER, "member": office.admin["member"]}),
            json!({"kind": "token", "token": "0".repeat(64), "via": "api"}),
            json!({"kind": "root"}),
            json!({"kind": "admin"}),
            json!({"kind": "face", "via": "panel"}),
        ];
        for row in ROUTES.iter().filter(|row| !OPEN.contains(&row.path)) {
            let (path, _) = filled(row.path, &things);
            for stranger in &strangers {
                let said = house.ask(stranger, row.method, &path, Some(json!({}))).await;
                assert!([401, 403, 404].contains(&said.status), "{} {path} {stranger}: {} {}", row.method, said.status, said.body);
            }
            // What is not offered to programs is not there for anybody who comes in as one.
            for mut visitor in [face(), office.admin.clone(), marketo_admin(&office.account)] {
                visitor["via"] = json!("api");
                if !row.offered {
                    house.ask(&visitor, row.method, &path, Some(json!({}))).await.refused(404, "not_found");
                }
            }
            // The face itself does nothing that a person would have to be signed in for.
            if row.offered {
                house.ask(&face(), row.method, &path, Some(json!({}))).await.refused(403, "auth.forbidden");
            }
        }
        for method in ["POST", "PUT", "PATCH", "DELETE", "GET"] {
            for path in ["/v1", "/v1/", "/v2/me", "/v1/me/", "/v1//me", "/v1/members/x/y/z", "/admin"] {
                let said = house.ask(&office.admin, method, path, None).await;
                assert!([404, 405].contains(&said.status), "{method} {path} {}", said.status);
            }
        }
    }
}

#[actix_web::test]
async fn ten_08_10_addresses_and_places_in_lists_belong_to_one_account() {
    for office in Office::all().await {
        let neighbour = neighbour(&office).await;
        let house = &office.house;
        let gone = json!({"email": "same@example.com"});
        house.post(&office.admin, "/v1/unsubscribes", gone).await.ok();
        assert_eq!(house.get(&neighbour.admin, "/v1/unsubscribes").await.ok()["items"], json!([]), "{}", house.engine);
        for number in 0..3 {
            house.post(&office.admin, "/v1/teams", json!({"name": format!("T{number}")})).await.ok();
            house.post(&neighbour.admin, "/v1/invitations", json!({"emails": [format!("n{number}@other.example")]})).await.ok();
        }
        house.post(&office.admin, "/v1/invitations", json!({"emails": ["one@example.com", "two@example.com"]})).await.ok();
        for list in ["/v1/members", "/v1/audit", "/v1/invitations"] {
            let page = house.get(&office.admin, &format!("{list}?limit=1")).await.ok();
            let cursor = page["next_cursor"].as_str().unwrap().to_owned();
            house.get(&neighbour.admin, &format!("{list}?limit=1&cursor={cursor}")).await.refused(400, "page.cursor");
            for odd in [format!("{cursor}A"), cursor[1..].to_owned(), "eyJhdCI6MX0".to_owned(), "%27%20or%201=1--".to_owned()] {
                house.get(&office.admin, &format!("{list}?limit=1&cursor={odd}")).await.refused(400, "page.cursor");
            }
            house.get(&office.admin, &format!("{list}?limit=1&cursor={cursor}")).await.ok();
        }
    }
}

#[actix_web::test]
async fn ten_04_whoever_opens_the_link_of_another_account_gets_into_no_other_than_that() {
    for office in Office::all().await.into_iter().take(1) {
        let neighbour = neighbour(&office).await;
        let house = &office.house;
        house.post(&office.admin, "/v1/invitations", json!({"emails": ["new@example.com"]})).await.ok();
        let link = house.links_to("new@example.com").await.remove(0);
        let path = format!("/v1/invitations/by-token/{link}/accept");
        house.post(&neighbour.admin, &path, json!({})).await.refused(403, "auth.forbidden");
        let accepted = house.post(&face(), &path, json!({})).await.ok();
        assert_eq!(accepted["account_id"], json!(office.account), "{accepted}");
        house.post(&face(), &path, json!({})).await.refused(410, "link.used");
        let id = accepted["member_id"].as_str().unwrap();
        house.get(&member(OTHER, id), "/v1/me").await.refused(401, "session.revoked");
    }
}
