//! What the people of an account or an opportunity did, together.

use serde_json::{Value, json};

use super::world::{World, package, rep};
use crate::clock;
use crate::store::opportunities::Role;
use crate::store::people::NewPerson;
use crate::store::sales_activities::NewActivity;
use crate::store::testing::person;
use crate::store::timeline::{Activity, Tab};

const ACCOUNT: &str = "001000000000001AAA";
const OPPORTUNITY: &str = "006000000000001AAA";

fn contact(lead_id: i64) -> NewPerson {
    let id = format!("003{lead_id:012}AAA");
    NewPerson {
        sfdc_type: "Contact",
        sfdc_id: id.clone(),
        sfdc_contact_id: Some(id),
        sfdc_account_id: Some(ACCOUNT.to_owned()),
        last_name: Some("Doe".to_owned()),
        ..person(lead_id)
    }
}

fn did(guid: &str, lead_id: i64, tab: Tab, kind: &str, at: i64) -> Activity {
    Activity {
        guid: guid.to_owned(),
        lead_id,
        tab: tab.code(),
        kind: kind.to_owned(),
        happened_at: at,
        subject: Some("Offer".to_owned()),
        asset_id: Some("500".to_owned()),
        detail: r#"{"run":7}"#.to_owned(),
    }
}

/// A lead, and three contacts of an account, two of whom play a part in an opportunity.
async fn world(activities: &[Activity]) -> World {
    let world = World::new().await;
    world.a.upsert_people(vec![person(1), contact(2), contact(3), contact(4)], 1, None).await.unwrap();
    let role = |contact: i64| Role { contact_id: format!("003{contact:012}AAA"), role: Some("Buyer".to_owned()), is_primary: false };
    world.a.put_opportunity_roles(OPPORTUNITY, &[role(2), role(4)], clock::now_ms()).await.unwrap();
    world.a.insert_activities(activities, None).await.unwrap();
    world
}

fn names(page: &Value) -> Vec<(i64, String)> {
    let name = |item: &Value| (item["at"].as_i64().unwrap(), item["person"]["name"].as_str().unwrap().to_owned());
    page["items"].as_array().unwrap().iter().map(name).collect()
}

#[actix_web::test]
async fn a_list_of_several_people_is_one_list_by_time_page_after_page() {
    let mut activities = Vec::new();
    for n in 0..40_i64 {
        let (tab, kind) = if n % 2 == 0 { (Tab::Web, "visit") } else { (Tab::Email, "sent") };
        // Times collide between people; each person got the same mailing.
        activities.push(did(&format!("g{n:02}"), 1 + (n / 2) % 4, tab, kind, 100 + n / 8));
    }
    let world = world(&activities).await;
    for (record, people) in [(ACCOUNT, 3), (OPPORTUNITY, 2)] {
        for tab in ["web", "email"] {
            let mut seen: Vec<(i64, String, String)> = Vec::new();
            let mut cursor = String::new();
            loop {
                let path = format!("/v1/records/{record}/timeline?tab={tab}&limit=4{cursor}");
                let page = world.get(&path, &rep("a", record)).await.json();
                for item in page["items"].as_array().unwrap() {
                    let who = item["person"]["name"].as_str().unwrap().to_owned();
                    seen.push((item["at"].as_i64().unwrap(), who, item["id"].as_str().unwrap_or_default().to_owned()));
                }
                match page["next_cursor"].as_str() {
                    Some(next) => cursor = format!("&cursor={next}"),
                    None => break,
                }
            }
            assert_eq!(seen.len(), people * 5, "{record} {tab}: {seen:?}");
            assert!(seen.is_sorted_by(|one, two| one.0 >= two.0), "{seen:?}");
            let whom: std::collections::BTreeSet<_> = seen.iter().map(|row| row.1.clone()).collect();
            assert_eq!(whom.len(), people, "{seen:?}");
        }
    }
}

#[actix_web::test]
async fn the_same_mailing_to_two_people_is_two_mails() {
    let world =
        world(&[did("1", 2, Tab::Email, "sent", 100), did("2", 3, Tab::Email, "sent", 100), did("3", 3, Tab::Email, "opened", 130)]).await;
    let page = world.get(&format!("/v1/records/{ACCOUNT}/timeline?tab=email"), &package("a")).await.json();
    assert_eq!(names(&page), [(100, "First3 Doe".to_owned()), (100, "First2 Doe".to_owned())]);
    let opened: Vec<_> = page["items"].as_array().unwrap().iter().map(|item| item["opened"].as_i64().unwrap()).collect();
    assert_eq!(opened, [1, 0]);
}

#[actix_web::test]
async fn one_of_the_people_can_be_chosen_and_nobody_else() {
    let world =
        world(&[did("1", 2, Tab::Web, "visit", 100), did("2", 3, Tab::Web, "visit", 200), did("3", 1, Tab::Web, "visit", 300)]).await;
    let head = world.get(&format!("/v1/records/{ACCOUNT}"), &rep("a", ACCOUNT)).await.json();
    assert_eq!(head["people"].as_array().unwrap().len(), 3);
    assert_eq!((&head["last_activity"]["person"]["name"], &head["last_activity"]["at"]), (&json!("First3 Doe"), &json!(200)));
    assert_eq!((&head["more"], &head["company"], &head["history"]), (&json!(false), &json!("Acme"), &json!("loading")));
    let second = world.a.person_by_sfdc_id("003000000000002AAA").await.unwrap().unwrap().id;
    let page = world.get(&format!("/v1/records/{ACCOUNT}/timeline?tab=web&person={second}"), &rep("a", ACCOUNT)).await.json();
    assert_eq!(names(&page), [(100, "First2 Doe".to_owned())]);
    let lead = world.a.person_by_sfdc_id("00Q000000000001EAA").await.unwrap().unwrap().id;
    for path in [format!("timeline?tab=web&person={lead}"), format!("insights?person={lead}"), "insights?around=account".to_owned()] {
        let reply = world.get(&format!("/v1/records/{ACCOUNT}/{path}"), &rep("a", ACCOUNT)).await;
        assert_eq!((reply.status, reply.code().as_str()), (400, "request.invalid"), "{path}");
    }
    // A cursor of everybody's list is none of one person's.
    let page = world.get(&format!("/v1/records/{ACCOUNT}/timeline?tab=web&limit=1"), &package("a")).await.json();
    let cursor = page["next_cursor"].as_str().unwrap();
    let path = format!("/v1/records/{ACCOUNT}/timeline?tab=web&person={second}&cursor={cursor}");
    assert_eq!(world.get(&path, &package("a")).await.code(), "page.cursor");
    // Only the record that the session is for, and only of the own account.
    for (record, token) in [
        (ACCOUNT, rep("a", OPPORTUNITY)),
        (OPPORTUNITY, rep("a", ACCOUNT)),
        (ACCOUNT, rep("a", "003000000000002AAA")),
        ("003000000000002AAA", package("a")),
        ("x", package("a")),
    ] {
        for path in ["", "/timeline", "/insights"] {
            assert_eq!(world.get(&format!("/v1/records/{record}{path}"), &token).await.status, 404, "{record}{path}");
        }
    }
    assert_eq!(world.get(&format!("/v1/records/{ACCOUNT}"), &package("b")).await.json()["people"], json!([]));
}

fn task(lead_id: i64, name: &str, due: Option<&str>, done: bool) -> NewActivity {
    NewActivity {
        id: clock::new_id(),
        kind: "task",
        about: None,
        person_id: "p".to_owned(),
        lead_id,
        sfdc_type: "Contact".to_owned(),
        sfdc_id: format!("003{lead_id:012}AAA"),
        member_id: "m".to_owned(),
        happened_at: clock::now_ms(),
        subject: Some(name.to_owned()),
        detail: json!({"kind": "call", "due": due, "done": done, "assignee": "rep@example.com"}).to_string(),
        deliveries: Vec::new(),
    }
}

#[actix_web::test]
async fn a_dashboard_adds_up_all_people_and_tells_what_is_coming() {
    let now = clock::now_ms();
    let world = world(&[
        did("1", 2, Tab::Web, "visit", now),
        did("2", 3, Tab::Web, "visit", now),
        did("3", 4, Tab::Email, "opened", now),
        did("4", 1, Tab::Web, "visit", now),
    ])
    .await;
    let tasks = [
        task(2, "Later", Some("2999-01-01"), false),
        task(3, "Late", Some("2020-01-01"), false),
        task(3, "Done", Some("2020-01-01"), true),
        task(3, "Some day", None, false),
        task(1, "Somebody else's", Some("2020-01-01"), false),
    ];
    world.a.record(&tasks, None, now).await.unwrap();
    let of = async |path: &str, token: String| world.get(path, &token).await.json();
    let told = of(&format!("/v1/records/{ACCOUNT}/insights"), rep("a", ACCOUNT)).await;
    assert_eq!((&told["weeks"][12]["web"], &told["weeks"][12]["email"], &told["too_many"]), (&json!(2), &json!(1), &Value::Null));
    assert_eq!(told["items"].as_array().unwrap().len(), 3, "two people who do the same are two lines: {told}");
    let upcoming: Vec<_> = told["upcoming"].as_array().unwrap().iter().map(|task| (&task["name"], &task["person"]["name"])).collect();
    assert_eq!(upcoming, [(&json!("Late"), &json!("First3 Doe"))]);
    let told = of(&format!("/v1/records/{OPPORTUNITY}/insights"), rep("a", OPPORTUNITY)).await;
    assert_eq!((&told["weeks"][12]["web"], &told["weeks"][12]["email"]), (&json!(1), &json!(1)));

    // A contact's own, and the whole account's when wished; a lead has none.
    let second = world.a.person_by_sfdc_id("003000000000002AAA").await.unwrap().unwrap().id;
    let own = of(&format!("/v1/people/{second}/insights"), rep("a", "003000000000002AAA")).await;
    assert_eq!((&own["weeks"][12]["web"], &own["around"]), (&json!(1), &json!("off")));
    let all = of(&format!("/v1/people/{second}/insights?around=account"), rep("a", "003000000000002AAA")).await;
    assert_eq!((&all["weeks"][12]["web"], &all["around"]), (&json!(2), &json!("on")));
    let lead = world.a.person_by_sfdc_id("00Q000000000001EAA").await.unwrap().unwrap().id;
    let told = of(&format!("/v1/people/{lead}/insights?around=account"), rep("a", "00Q000000000001EAA")).await;
    assert_eq!((&told["weeks"][12]["web"], told.get("around")), (&json!(1), None));
}

#[actix_web::test]
async fn more_than_eight_hundred_people_are_too_many_for_one_dashboard() {
    let world = world(&[]).await;
    let now = clock::now_ms();
    world.a.upsert_people((10..809).map(contact).collect::<Vec<_>>(), 1, None).await.unwrap();
    world.a.insert_activities(&[did("1", 2, Tab::Web, "visit", now)], None).await.unwrap();
    let head = world.get(&format!("/v1/records/{ACCOUNT}"), &rep("a", ACCOUNT)).await.json();
    assert_eq!((head["people"].as_array().unwrap().len(), &head["more"]), (800, &json!(true)));
    let told = world.get(&format!("/v1/records/{ACCOUNT}/insights"), &rep("a", ACCOUNT)).await.json();
    assert_eq!((&told["too_many"], &told["weeks"][12]["web"]), (&json!(800), &json!(0)));
    let person = head["people"][0]["id"].as_str().unwrap();
    let told = world.get(&format!("/v1/records/{ACCOUNT}/insights?person={person}"), &rep("a", ACCOUNT)).await.json();
    assert_eq!(told["too_many"], Value::Null);
    let second = world.a.person_by_sfdc_id("003000000000002AAA").await.unwrap().unwrap().id;
    let told = world.get(&format!("/v1/people/{second}/insights?around=account"), &package("a")).await.json();
    assert_eq!((&told["around"], &told["weeks"][12]["web"]), (&json!("too_many"), &json!(1)), "one's own is shown all the same");
    assert_eq!(world.get(&format!("/v1/records/{ACCOUNT}/timeline?tab=web"), &package("a")).await.status, 200);
}

#[actix_web::test]
async fn htm_a_mail_is_opened_by_whoever_sees_its_recipient_and_colleagues_of_one_account() {
    let world = world(&[
        did("1", 2, Tab::Email, "sent", 100),
        did("2", 2, Tab::Email, "opened", 130),
        did("3", 3, Tab::Email, "sent", 100),
        did("4", 1, Tab::Email, "sent", 100),
    ])
    .await;
    let id = async |record: &str| world.a.person_by_sfdc_id(record).await.unwrap().unwrap().id;
    let (lead, second, third) = (id("00Q000000000001EAA").await, id("003000000000002AAA").await, id("003000000000003AAA").await);
    for mail in ["1", "2"] {
        let told = world.get(&format!("/v1/people/{second}/mailings/{mail}"), &rep("a", "003000000000002AAA")).await.json();
        let events: Vec<_> = told["events"].as_array().unwrap().iter().map(|event| event["did"].as_str().unwrap()).collect();
        assert_eq!((&told["subject"], &told["id"], events), (&json!("Offer"), &json!("1"), vec!["sent", "opened"]));
        // Marketo is not connected: what happened is told all the same.
        assert_eq!((&told["missing"], &told["html"], &told["to"]), (&json!("unavailable"), &Value::Null, &json!("p2@example.com")));
    }
    let contact = rep("a", "003000000000002AAA");
    assert_eq!(world.get(&format!("/v1/people/{second}/mailings/3?of={third}"), &contact).await.status, 200);
    for (path, token) in [
        (format!("/v1/people/{second}/mailings/3"), contact.clone()),
        (format!("/v1/people/{second}/mailings/4?of={lead}"), contact.clone()),
        (format!("/v1/people/{third}/mailings/3"), contact.clone()),
        (format!("/v1/people/{lead}/mailings/3?of={third}"), rep("a", "00Q000000000001EAA")),
        (format!("/v1/people/{second}/mailings/1"), package("b")),
    ] {
        assert_eq!(world.get(&path, &token).await.status, 404, "{path}");
    }
    assert_eq!(world.get(&format!("/v1/people/{third}/mailings/3"), &rep("a", ACCOUNT)).await.status, 200);
}
