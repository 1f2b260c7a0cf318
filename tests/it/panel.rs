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

async fn journal(path: &str) -> u64 {
    let journal: Value = world().http.get(world().url("/sandbox/_control/journal")).send().await.unwrap().json().await.unwrap();
    journal["counts"].as_object().unwrap().iter().filter(|(name, _)| name.contains(path)).filter_map(|(_, count)| count.as_u64()).sum()
}

#[tokio::test]
async fn a_lead_and_a_contact_are_shown_with_all_tabs() {
    for (object, key) in [("Lead", "synced_leads"), ("Contact", "synced_contacts")] {
        let record = world().control(key)[0].as_str().unwrap();
        let token = open(object, record).await;
        let package = world().access_token().await;
        let person = world().http.get(world().url(&format!("/api/v1/people?sfdc_id={record}"))).bearer_auth(&package).send().await.unwrap();
        let person: Value = person.json().await.unwrap();
        let company = person["people"][0]["company"].as_str().unwrap().to_owned();
        let header = text("/panel/person", &token).await;
        assert!(header.contains(&company.replace('&', "&amp;").replace('\'', "&#x27;")) || header.contains("company"), "{header}");
        for tab in ["moments", "web", "email", "score"] {
            let rows = text(&format!("/panel/tab/{tab}"), &token).await;
            assert!(rows.contains("<"), "{rows}");
        }
    }
}

#[tokio::test]
async fn looking_at_people_who_are_here_calls_marketo_never() {
    let before = journal("/marketo/rest/v1/leads.json").await;
    for lead in world().control("synced_leads").as_array().unwrap().iter().take(5) {
        let token = open("Lead", lead.as_str().unwrap()).await;
        for tab in ["moments", "web", "email", "score"] {
            text(&format!("/panel/tab/{tab}"), &token).await;
        }
    }
    assert_eq!(journal("/marketo/rest/v1/leads.json").await, before);
}

#[tokio::test]
async fn a_person_who_is_not_in_marketo_is_said_to_be_absent() {
    let record = world().control("not_in_marketo").as_str().unwrap();
    let token = open("Lead", record).await;
    let fragment = text("/panel/person", &token).await;
    assert!(fragment.contains("data-state=\"not-in-marketo\"") || fragment.contains("data-state=\"looking\""), "{fragment}");
}

#[tokio::test]
async fn sixty_four_first_views_of_a_newcomer_make_one_call() {
    let created = world().http.post(world().url("/sandbox/_control/people")).json(&json!({"type": "Lead"})).send().await.unwrap();
    let created: Value = created.json().await.unwrap();
    let record = created["sfdc_id"].as_str().unwrap();
    let before = journal("/marketo/rest/v1/leads.json").await;
    let mut envelope = world().envelope();
    envelope["context"]["environment"]["record"]["Id"] = json!(record);
    let sessions = (0..64).map(|at| {
        let mut envelope = envelope.clone();
        envelope["salt"] = json!(format!("{record}{at}"));
        async move { world().session(&envelope).await }
    });
    let tokens = futures_util::future::join_all(sessions).await;
    let views = tokens.iter().map(|token| text("/panel/person", token));
    futures_util::future::join_all(views).await;
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    let shown = text("/panel/person", &tokens[0]).await;
    assert!(!shown.contains("data-state"), "{shown}");
    assert_eq!(journal("/marketo/rest/v1/leads.json").await - before, 1);
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
