//! Who sees whom.

use serde_json::{Value, json};

use super::world::{World, activity, package, rep};
use crate::account::arrivals::Arrival;
use crate::problem::Problem;
use crate::store::testing::person;
use crate::store::timeline::Tab;

const FIRST: &str = "00Q000000000001EAA";
const SECOND: &str = "00Q000000000002EAA";

fn id_of(found: &Value) -> String {
    found["people"][0]["id"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn a_person_is_shown_with_what_marketo_thinks_of_them() {
    let world = World::new().await;
    let mut someone = person(1);
    someone.score = Some(50);
    someone.relative_score = Some(3);
    someone.relative_urgency = Some(9);
    world.a.upsert_people(&[someone, person(2), person(3)], 77, None).await.unwrap();
    let moment = activity("m", Tab::Moments, "moment", 500, "Milestone", &json!({ "description": "Saw the price", "source": "Flow" }));
    let visit = activity("v", Tab::Web, "visit", 600, "/pricing", &json!({}));
    world.a.insert_activities(&[moment, visit], None).await.unwrap();

    let reply = world.get(&format!("/v1/people?sfdc_id={}", &FIRST[..15]), &package("a")).await;
    let found = reply.json();
    assert_eq!(found["arrival"], Value::Null);
    let mut shown = found["people"][0].clone();
    let id = id_of(&found);
    assert_eq!(world.get(&format!("/v1/people/{id}"), &package("a")).await.json(), shown);
    shown["id"] = json!("[id]");
    insta::assert_json_snapshot!(shown, @r#"
    {
      "id": "[id]",
      "marketo_id": 1,
      "sfdc_type": "Lead",
      "sfdc_id": "00Q000000000001EAA",
      "sfdc_account_id": null,
      "sfdc_opportunity_id": null,
      "name": "First1 O'Neill \"<>\\ é",
      "first_name": "First1",
      "last_name": "O'Neill \"<>\\ é",
      "company": "Acme",
      "title": null,
      "email": "p1@example.com",
      "phone": null,
      "linkedin_url": null,
      "source": "Web",
      "score": 50,
      "score_percentile": 66,
      "stars": 3,
      "flames": 3,
      "priority": 7,
      "last_moment": {
        "at": 500,
        "type": "Milestone",
        "description": "Saw the price"
      },
      "last_activity": {
        "at": 600,
        "kind": "visit",
        "subject": "/pricing"
      },
      "history": "loading",
      "synced_at": 77
    }
    "#);
    assert_eq!(reply.header("x-cache-tags"), format!("account:a record:{FIRST} person:{id}"));
    assert!(world.scripted.looked.lock().unwrap().is_empty());
}

#[actix_web::test]
async fn a_rep_sees_the_person_of_the_record_and_nobody_else() {
    let world = World::new().await;
    let mut converted = person(3);
    converted.sfdc_lead_id = Some("00Q000000000009EAA".to_owned());
    converted.sfdc_id = "003000000000009AAA".to_owned();
    converted.sfdc_contact_id = Some("003000000000009AAA".to_owned());
    world.a.upsert_people(&[person(1), person(2), converted], 1, None).await.unwrap();
    let second = id_of(&world.get(&format!("/v1/people?sfdc_id={SECOND}"), &package("a")).await.json());
    let own = world.get(&format!("/v1/people?sfdc_id={FIRST}"), &rep("a", FIRST)).await.json();
    assert_eq!(world.get(&format!("/v1/people/{}", id_of(&own)), &rep("a", FIRST)).await.status, 200);
    assert_eq!(world.get(&format!("/v1/people/{}/timeline", id_of(&own)), &rep("a", FIRST)).await.status, 200);

    for path in [format!("/v1/people/{second}"), format!("/v1/people/{second}/timeline")] {
        let hidden = world.get(&path, &rep("a", FIRST)).await;
        let absent = world.get(&path.replace(&second, &"f".repeat(32)), &rep("a", FIRST)).await;
        assert_eq!((hidden.status, &hidden.text), (404, &absent.text), "{path}");
        assert_eq!(hidden.header("cache-control"), absent.header("cache-control"));
    }
    let hidden = world.get(&format!("/v1/people?sfdc_id={SECOND}"), &rep("a", FIRST)).await;
    let absent = world.get("/v1/people?sfdc_id=00Q000000000777EAA", &rep("a", FIRST)).await;
    assert_eq!((hidden.json(), hidden.status), (json!({ "people": [], "arrival": "absent" }), absent.status));
    assert_eq!(hidden.text, absent.text);
    assert!(world.scripted.looked.lock().unwrap().is_empty(), "nobody is looked for on behalf of somebody who may not see them");

    for record in ["00Q000000000009EAA", "003000000000009AAA"] {
        for asked in ["00Q000000000009", "003000000000009AAA"] {
            let found = world.get(&format!("/v1/people?sfdc_id={asked}"), &rep("a", record)).await.json();
            assert_eq!(found["people"][0]["marketo_id"], 3, "{record} asks for {asked}");
        }
    }
}

#[actix_web::test]
async fn no_route_shows_one_account_what_belongs_to_another() {
    let world = World::new().await;
    world.a.upsert_people(&[person(1)], 1, None).await.unwrap();
    world.a.insert_activities(&[activity("g", Tab::Web, "visit", 5, "/a", &json!({}))], None).await.unwrap();
    let id = id_of(&world.get(&format!("/v1/people?sfdc_id={FIRST}"), &package("a")).await.json());
    let found = world.get(&format!("/v1/people?sfdc_id={FIRST}"), &package("b")).await;
    assert_eq!(found.json(), json!({ "people": [], "arrival": "absent" }));
    for token in [package("b"), rep("b", FIRST)] {
        for path in [format!("/v1/people/{id}"), format!("/v1/people/{id}/timeline")] {
            let other = world.get(&path, &token).await;
            let absent = world.get(&path.replace(&id, &"f".repeat(32)), &token).await;
            assert_eq!((other.status, &other.text), (404, &absent.text), "{path}");
        }
    }
    // A token that names an account and the org of another one.
    let mixed = super::world::sign(&super::world::claims(
        &json!({ "kind": "package", "account": "a", "org": super::world::ORG_B, "user": super::world::USER }),
    ));
    assert_eq!(world.get(&format!("/v1/people/{id}"), &mixed).await.status, 404);
}

#[actix_web::test]
async fn somebody_unknown_is_looked_for_and_the_answer_says_how_that_goes() {
    let world = World::new().await;
    let path = format!("/v1/people?sfdc_id={FIRST}");
    let say = |arrival: Arrival| *world.scripted.answer.lock().unwrap() = arrival;
    say(Arrival::Looking);
    let reply = world.get(&path, &rep("a", FIRST)).await;
    assert_eq!((reply.json(), reply.header("cache-control")), (json!({ "people": [], "arrival": "looking" }), "no-store"));
    say(Arrival::Absent);
    assert_eq!(world.get(&path, &package("a")).await.json()["arrival"], "absent");
    say(Arrival::Unavailable(Problem::unavailable("marketo.paused", "Marketo asks us to wait.", 7)));
    let reply = world.get(&path, &package("a")).await;
    assert_eq!((reply.status, reply.code().as_str(), reply.header("retry-after")), (503, "marketo.paused", "7"));
    say(Arrival::Arrived);
    let reply = world.get(&path, &rep("a", FIRST)).await;
    assert_eq!((&reply.json()["arrival"], &reply.json()["people"][0]["marketo_id"]), (&Value::Null, &json!(99)));
    let looked = world.scripted.looked.lock().unwrap();
    assert_eq!(looked.len(), 4);
    assert_eq!(looked[0], ("a".to_owned(), FIRST.to_owned(), "req-1".to_owned()));
}

#[actix_web::test]
async fn a_query_is_taken_by_the_letter() {
    let world = World::new().await;
    for (query, code) in [
        ("", "request.invalid"),
        ("?sfdc_id=", "request.invalid"),
        ("?sfdc_id=00Q000000000001AAB", "request.invalid"),
        ("?sfdc_id=001000000000001AAA", "request.invalid"),
        ("?sfdc_id=00Q000000000001EAA&sfdc_id=00Q000000000001EAA", "request.invalid"),
        ("?sfdc_id=00Q000000000001EAA&account_id=b", "request.invalid"),
        ("?sfdc_id=00Q000000000001EAA&account=b", "request.unknown_field"),
    ] {
        let reply = world.get(&format!("/v1/people{query}"), &package("a")).await;
        assert_eq!((reply.status, reply.code().as_str()), (400, code), "{query}");
        assert!(!reply.json()["errors"].as_array().unwrap().is_empty());
    }
}
