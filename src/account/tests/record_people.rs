use serde_json::json;

use super::world::{World, package, rep};
use crate::store::opportunities::Role;
use crate::store::people::NewPerson;
use crate::store::testing::person;

const ACCOUNT: &str = "001000000000001AAA";
const OPPORTUNITY: &str = "006000000000001AAA";

fn contact(lead_id: i64) -> NewPerson {
    let id = format!("003{lead_id:012}AAA");
    NewPerson {
        sfdc_type: "Contact",
        sfdc_id: id.clone(),
        sfdc_contact_id: Some(id),
        sfdc_account_id: Some(ACCOUNT.to_owned()),
        linkedin_url: Some("https://www.linkedin.com/in/x".to_owned()),
        ..person(lead_id)
    }
}

async fn world() -> World {
    let world = World::new().await;
    world.a.upsert_people(vec![person(1), contact(2), contact(3)], 1, None).await.unwrap();
    let roles = [Role { contact_id: "003000000000002AAA".to_owned(), role: Some("Decision Maker".to_owned()), is_primary: true }];
    world.a.put_opportunity_roles(OPPORTUNITY, &roles, crate::clock::now_ms()).await.unwrap();
    world
}

#[actix_web::test]
async fn a_page_of_an_account_or_an_opportunity_has_its_people() {
    let world = world().await;
    for token in [package("a"), rep("a", ACCOUNT)] {
        // 15 characters mean the same.
        let found = world.get(&format!("/v1/people?account_id={}", &ACCOUNT[..15]), &token).await.json();
        let ids: Vec<i64> = found["people"].as_array().unwrap().iter().map(|person| person["marketo_id"].as_i64().unwrap()).collect();
        assert_eq!((ids, &found["more"]), (vec![3, 2], &json!(false)));
        assert_eq!(found["people"][0]["linkedin_url"], "https://www.linkedin.com/in/x");
    }
    let found = world.get(&format!("/v1/people?opportunity_id={OPPORTUNITY}"), &rep("a", OPPORTUNITY)).await.json();
    assert_eq!(found["people"].as_array().unwrap().len(), 1);
    assert_eq!(found["people"][0]["opportunity_role"], json!({"role": "Decision Maker", "is_primary": true}));
    assert_eq!(found["incomplete"], false);
    // Without a connection to Salesforce nobody can say who plays a part in another one.
    let found = world.get("/v1/people?opportunity_id=006000000000009AAA", &package("a")).await.json();
    assert_eq!((found["people"].as_array().unwrap().len(), &found["incomplete"]), (0, &json!(true)));
}

#[actix_web::test]
async fn a_rep_sees_the_people_of_the_record_only() {
    let world = world().await;
    let id = |found: serde_json::Value, place: usize| found["people"][place]["id"].as_str().unwrap().to_owned();
    let all = world.get(&format!("/v1/people?account_id={ACCOUNT}"), &package("a")).await.json();
    let (third, second) = (id(all.clone(), 0), id(all, 1));
    let lead = id(world.get("/v1/people?sfdc_id=00Q000000000001EAA", &package("a")).await.json(), 0);
    for (record, seen, hidden) in [(ACCOUNT, vec![&second, &third], vec![&lead]), (OPPORTUNITY, vec![&second], vec![&third, &lead])] {
        for person in seen {
            assert_eq!(world.get(&format!("/v1/people/{person}"), &rep("a", record)).await.status, 200);
            assert_eq!(world.get(&format!("/v1/people/{person}/timeline"), &rep("a", record)).await.status, 200);
        }
        for person in hidden {
            assert_eq!(world.get(&format!("/v1/people/{person}"), &rep("a", record)).await.status, 404);
        }
    }
    for (path, token) in [
        (format!("/v1/people?account_id={ACCOUNT}"), rep("a", "001000000000002AAA")),
        (format!("/v1/people?account_id={ACCOUNT}"), rep("a", "00Q000000000001EAA")),
        (format!("/v1/people?account_id={ACCOUNT}"), package("b")),
        (format!("/v1/people?opportunity_id={OPPORTUNITY}"), rep("a", ACCOUNT)),
    ] {
        assert_eq!(world.get(&path, &token).await.json()["people"], json!([]), "{path}");
    }
}

#[actix_web::test]
async fn exactly_one_record_of_the_right_kind_is_asked_for() {
    let world = world().await;
    for query in [
        String::new(),
        format!("account_id={OPPORTUNITY}"),
        format!("opportunity_id={ACCOUNT}"),
        format!("account_id={ACCOUNT}&opportunity_id={OPPORTUNITY}"),
        format!("sfdc_id={ACCOUNT}"),
        "account_id=001'".to_owned(),
    ] {
        let reply = world.get(&format!("/v1/people?{query}"), &package("a")).await;
        assert_eq!((reply.status, reply.code().as_str()), (400, "request.invalid"), "{query}");
    }
}
