//! The panel's fragments: what a rep sees, and the states in which there is nothing to see.

use serde_json::{Value, json};

use crate::world::{SECRET, refusal, sign, token_of, world};

async fn open(object: &str, record: &str) -> String {
    let answer = world().post(&world().signed_by_salesforce(object, record).await).await;
    assert_eq!(answer.status(), 200);
    token_of(&answer.text().await.unwrap())
}

async fn text(path: &str, token: &str) -> String {
    let answer = world().fragment(path, token).await;
    assert_eq!(answer.status(), 200, "{path}");
    answer.text().await.unwrap()
}

// Not everybody in Salesforce has an owner and a name in Marketo.
async fn first_known<'a>(records: &'a [String], package: &str) -> &'a str {
    for record in records {
        let found = world().http.get(world().url(&format!("/api/v1/people?sfdc_id={record}"))).bearer_auth(package).send().await.unwrap();
        if found.json::<Value>().await.unwrap()["people"][0]["first_name"].is_string() {
            return record;
        }
    }
    panic!("nobody is known");
}

#[tokio::test]
async fn a_lead_and_a_contact_are_shown_with_all_tabs() {
    let package = world().access_token().await;
    for (object, record) in
        [("Lead", first_known(world().leads(), &package).await), ("Contact", first_known(world().contacts(), &package).await)]
    {
        let token = open(object, record).await;
        let person = world().http.get(world().url(&format!("/api/v1/people?sfdc_id={record}"))).bearer_auth(&package).send().await.unwrap();
        let person: Value = person.json().await.unwrap();
        let name = person["people"][0]["first_name"].as_str().unwrap().to_owned();
        let header = text("/panel/person", &token).await;
        assert!(header.contains(&name) && !header.contains("data-state"), "{header}");
        let id = person["people"][0]["id"].as_str().unwrap();
        for tab in ["moments", "web", "email", "score"] {
            let address = world().url(&format!("/api/v1/people/{id}/timeline?tab={tab}&limit=50"));
            let timeline: Value = world().http.get(address).bearer_auth(&package).send().await.unwrap().json().await.unwrap();
            let items = timeline["items"].as_array().unwrap().len();
            let rows = text(&format!("/panel/tab/{tab}"), &token).await;
            assert_eq!(rows.matches("class=\"row\"").count(), items, "{tab}: {rows}");
        }
    }
}

#[tokio::test]
async fn looking_at_people_who_are_here_calls_nobody() {
    for lead in &world().leads()[..5] {
        let token = open("Lead", lead).await;
        for path in [
            "/panel/person",
            "/panel/tab/insights",
            "/panel/tab/insights?week=3&kind=web",
            "/panel/tab/moments",
            "/panel/tab/web",
            "/panel/tab/email",
            "/panel/tab/score",
        ] {
            assert_eq!(world().fragment_as(path, &token, "test-looking-at-people").await.status(), 200);
        }
    }
    assert_eq!(world().calls_under("test-looking-at-people").await, Vec::<String>::new());
}

#[tokio::test]
async fn a_person_who_is_not_in_marketo_is_said_to_be_absent() {
    let token = open("Lead", world().stranger()).await;
    let fragment = text("/panel/person", &token).await;
    assert!(fragment.contains("data-state=\"not-in-marketo\"") || fragment.contains("data-state=\"looking\""), "{fragment}");
}

#[tokio::test]
async fn sixty_four_first_views_of_a_newcomer_make_one_call() {
    let newcomer = world().http.post(world().url("/sandbox/_control/people/arrive")).send().await.unwrap();
    let newcomer: Value = newcomer.json().await.unwrap();
    let sessions = (0..64).map(|at| {
        let mut envelope = world().envelope();
        envelope["context"]["environment"]["record"]["Id"] = newcomer["sfdcId"].clone();
        envelope["salt"] = json!(format!("newcomer {at}"));
        async move { world().session(&envelope).await }
    });
    let tokens = futures_util::future::join_all(sessions).await;
    let views = tokens.iter().map(|token| world().fragment_as("/panel/person", token, "test-first-views"));
    futures_util::future::join_all(views).await;
    for _ in 0..20 {
        let shown = text("/panel/person", &tokens[0]).await;
        if !shown.contains("data-state") {
            assert!(shown.contains(newcomer["lastName"].as_str().unwrap()), "{shown}");
            let calls = world().calls_under("test-first-views").await;
            assert_eq!(calls.iter().filter(|path| path.ends_with("/leads.json")).count(), 1, "{calls:?}");
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    panic!("the newcomer did not arrive");
}

#[tokio::test]
async fn ses_a_made_up_or_foreign_token_shows_nothing() {
    let token = world().session(&world().envelope()).await;
    let mut other = token.clone();
    other.pop();
    for token in ["", "x", &other, &format!("{token}x")] {
        assert_eq!(refusal(world().http.get(world().url("/panel/person")).bearer_auth(token).send().await.unwrap()).await.0, 401);
    }
    assert_eq!(refusal(world().http.get(world().url("/panel/person")).send().await.unwrap()).await, (401, "token.missing".to_owned()));
    let page = world().fragment("/panel/person", "x").await;
    assert_eq!(page.status(), 401);
    assert!(page.text().await.unwrap().contains("data-state"), "a panel gets a state that it can show");
}

#[tokio::test]
async fn ten_10_cursors_and_fields_that_are_not_ours_are_refused() {
    let token = world().session(&world().envelope()).await;
    let get = async |path: &str| world().http.get(world().url(path)).bearer_auth(&token).send().await.unwrap();
    assert_eq!(refusal(get("/panel/tab/web?cursor=%27%20OR%201").await).await, (400, "page.cursor".to_owned()));
    assert_eq!(refusal(get("/panel/tab/web?cursor=abcdef").await).await, (400, "page.cursor".to_owned()));
    assert_eq!(refusal(get("/panel/tab/web?account=1").await).await, (400, "request.unknown_field".to_owned()));
    assert_eq!(refusal(get("/panel/tab/elsewhere").await).await, (404, "not_found".to_owned()));
}

#[tokio::test]
async fn a_page_without_a_person_says_so() {
    let mut envelope = world().envelope();
    envelope["context"]["environment"]["record"] = json!({});
    let answer = world().post(&sign(SECRET, &envelope)).await;
    assert_eq!(answer.status(), 200);
    assert!(answer.text().await.unwrap().contains("data-state=\"no-record\""));
}

#[tokio::test]
async fn what_an_org_s_admin_switched_off_is_said_and_not_done() {
    let mut envelope = world().envelope();
    envelope["context"]["environment"]["parameters"] = json!({"tabs": ["score", "nonsense", "web"], "actions": ["call"]});
    let answer = world().post(&sign(SECRET, &envelope)).await;
    let page = answer.text().await.unwrap();
    assert!(page.contains("\"tabs\":\"score,web\""), "{page}");
    let token = token_of(&page);
    let menu = text("/panel/act", &token).await;
    // One switch is for campaigns of either kind.
    assert_eq!(menu.matches("switched this off").count(), 4, "{menu}");
    for action in ["email", "task", "campaign", "sales"] {
        let entry = menu.split("<li").find(|entry| entry.contains(&format!("data-act=\"{action}\""))).unwrap();
        assert!(entry.contains("switched this off"), "{action}: {menu}");
    }
    let said = async |action: &str| world().fragment(&format!("/panel/act/{action}"), &token).await.text().await.unwrap();
    assert!(said("email").await.contains("switched this action off"));
    assert!(!said("call").await.contains("switched this action off"));
    let address = world().url("/panel/act/task");
    let done = world().http.post(address).bearer_auth(&token).form(&[("name", "x"), ("step", "do")]).send().await.unwrap();
    assert_eq!(refusal(done).await, (403, "acting.switched_off".to_owned()));
}

#[tokio::test]
async fn the_page_of_the_global_tab_opens_without_a_record_and_tells_as_it_happens() {
    let mut envelope = world().envelope();
    envelope["context"]["environment"]["record"] = json!({});
    envelope["context"]["environment"]["parameters"] = json!({"page": "desk"});
    let token = world().session(&envelope).await;
    for list in ["best-bets", "watch-list", "my-emails"] {
        assert!(text(&format!("/panel/tab/{list}"), &token).await.contains("class=\"list"), "{list}");
    }
    // It is no panel of a person, and a panel is no such page.
    for path in ["/panel/person", "/panel/tab/web", "/panel/tab/insights"] {
        assert_eq!(world().fragment(path, &token).await.status(), 404, "{path}");
    }
    let other = world().session(&world().envelope()).await;
    for path in ["/panel/tab/best-bets", "/panel/feed"] {
        assert_eq!(world().fragment(path, &other).await.status(), 404, "{path}");
    }
    assert_eq!(world().http.get(world().url("/panel/feed")).send().await.unwrap().status(), 401);
    let mut feed = world().http.get(world().url("/panel/feed")).bearer_auth(&token).send().await.unwrap();
    assert_eq!((feed.status().as_u16(), feed.headers()["content-type"].to_str().unwrap()), (200, "text/event-stream; charset=utf-8"));
    let first = feed.chunk().await.unwrap().unwrap();
    assert!(String::from_utf8_lossy(&first).contains("event: ready"), "{first:?}");
}
