//! The page of the global tab: a rep's own people.

use serde_json::{Value, json};

use super::world::{ORG_A, USER, World, claims, rep, sign};
use crate::clock;
use crate::store::people::NewPerson;
use crate::store::testing::person;
use crate::store::timeline::{Activity, Tab};

fn desk(account: &str, user: &str) -> String {
    sign(&claims(&json!({ "kind": "desk", "account": account, "org": ORG_A, "user": user })))
}

async fn world() -> World {
    let world = World::new().await;
    let other = NewPerson { owner_id: "005000000000009AAA".to_owned(), ..person(3) };
    let hot = NewPerson { relative_urgency: Some(3), ..person(2) };
    world.a.upsert_people(vec![person(1), hot, other], 1, None).await.unwrap();
    let now = clock::now_ms();
    let moment = |guid: &str, lead_id, at| Activity {
        guid: guid.to_owned(),
        lead_id,
        tab: Tab::Moments.code(),
        kind: "moment".to_owned(),
        happened_at: at,
        subject: Some("Web".to_owned()),
        asset_id: None,
        detail: r#"{"description":"Came back"}"#.to_owned(),
    };
    let moments = [moment("1", 1, now - 1), moment("2", 2, now), moment("3", 3, now), moment("old", 1, now - 40 * 86_400_000)];
    world.a.insert_activities(&moments, None).await.unwrap();
    world
}

fn names(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().split(' ').next().unwrap()).collect()
}

#[actix_web::test]
async fn a_rep_s_best_bets_are_their_own_and_can_be_put_aside() {
    let world = world().await;
    let mine = desk("a", USER);
    let bets = world.get("/v1/best-bets", &mine).await.json();
    assert_eq!((names(&bets), &bets["more"], &bets["member"]), (vec!["First2", "First1"], &json!(false), &json!(false)));
    assert_eq!((&bets["items"][0]["flames"], &bets["items"][0]["moment"]["description"]), (&json!(3), &json!("Came back")));
    assert_eq!(names(&world.get("/v1/best-bets?kinds=contacts", &mine).await.json()), Vec::<&str>::new());
    assert_eq!(names(&world.get("/v1/best-bets", &desk("a", "005000000000009AAA")).await.json()), ["First3"]);
    let first = bets["items"][0]["id"].as_str().unwrap();
    let put = |body: Value| {
        world.send(world.request(reqwest::Method::PUT, &format!("/v1/best-bets/{first}/hidden")).bearer_auth(&mine).json(&body))
    };
    for wrong in [json!({"days": 0}), json!({"days": 366}), json!({"weeks": 1})] {
        assert_eq!(put(wrong).await.status, 400);
    }
    assert_eq!(put(json!({})).await.json()["days"], 7);
    assert_eq!(names(&world.get("/v1/best-bets", &mine).await.json()), ["First1"]);
    let back = world.request(reqwest::Method::DELETE, &format!("/v1/best-bets/{first}/hidden")).bearer_auth(&mine);
    assert_eq!(world.send(back).await.status, 204);
    assert_eq!(names(&world.get("/v1/best-bets", &mine).await.json()), ["First2", "First1"]);
    // Somebody else's people can't be put aside.
    let theirs = world.a.person_by_sfdc_id("00Q000000000003EAA").await.unwrap().unwrap().id;
    let hide = world.request(reqwest::Method::PUT, &format!("/v1/best-bets/{theirs}/hidden")).bearer_auth(&mine).json(&json!({}));
    assert_eq!(world.send(hide).await.status, 404);
}

#[actix_web::test]
async fn ses_the_page_without_a_record_sees_only_own_people_and_a_panel_sees_no_desk() {
    let world = world().await;
    let mine = desk("a", USER);
    let feed = world.get("/v1/lead-feed", &mine).await.json();
    assert_eq!(names(&feed), ["First2", "First1"]);
    assert_eq!((&feed["items"][0]["best"], &feed["items"][1]["best"]), (&json!(true), &json!(false)));
    let id = async |record: &str| world.a.person_by_sfdc_id(record).await.unwrap().unwrap().id;
    for (record, status) in [("00Q000000000001EAA", 200), ("00Q000000000003EAA", 404)] {
        assert_eq!(world.get(&format!("/v1/people/{}", id(record).await), &mine).await.status, status, "{record}");
    }
    assert_eq!(names(&world.get("/v1/watch-list", &mine).await.json()), Vec::<&str>::new());
    assert_eq!(world.get("/v1/my-emails", &mine).await.code(), "acting.not_a_member");
    for path in ["/v1/best-bets", "/v1/lead-feed", "/v1/watch-list"] {
        assert_eq!(world.get(path, &rep("a", "00Q000000000001EAA")).await.status, 403, "{path}");
        assert_eq!(world.get(path, &desk("b", USER)).await.status, 404, "{path}");
    }
}
