//! Signed requests that come again.

use serde_json::{Value, json};

use crate::world::{SECRET, known, refusal, sign, spawn, token_of, world};

async fn live_checks() -> u64 {
    let journal: Value = world().http.get(world().url("/sandbox/_control/journal")).send().await.unwrap().json().await.unwrap();
    journal["counts"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(path, _)| path.contains("userinfo"))
        .filter_map(|(_, count)| count.as_u64())
        .sum()
}

#[tokio::test]
async fn csr_21_a_dead_token_opens_no_second_session() {
    let request = sign(SECRET, &world().envelope());
    let first = world().post(&request).await;
    assert_eq!(first.status(), 200);
    let session = token_of(&first.text().await.unwrap());
    assert_eq!(refusal(world().post(&request).await).await, (409, "canvas.replayed".to_owned()));
    assert_eq!(world().fragment("/panel/person", &session).await.status(), 200, "the first session is unaffected");
}

#[tokio::test]
async fn another_spelling_of_a_seen_request_is_the_same_request() {
    let request = sign(SECRET, &world().envelope());
    assert_eq!(world().post(&request).await.status(), 200);
    let (tag, envelope) = request.split_once('.').unwrap();
    let respelled = tag.replace('+', "-").replace('/', "_");
    for tag in [respelled.trim_end_matches('='), &respelled, tag.trim_end_matches('=')] {
        assert_eq!(refusal(world().post(&format!("{tag}.{envelope}")).await).await, (409, "canvas.replayed".to_owned()), "{tag}");
    }
}

#[tokio::test]
async fn csr_23_24_a_live_token_lets_a_reload_through_with_one_check() {
    let request = world().signed_by_salesforce("Lead", world().lead()).await;
    assert_eq!(world().post(&request).await.status(), 200);
    let before = live_checks().await;
    let posts = (0..100).map(|_| world().post(&request));
    for answer in futures_util::future::join_all(posts).await {
        assert_eq!(answer.status(), 200);
    }
    assert!(live_checks().await - before <= 2, "equal checks are gathered");
}

#[tokio::test]
async fn a_first_sight_asks_nobody() {
    let before = live_checks().await;
    assert_eq!(world().post(&sign(SECRET, &world().envelope())).await.status(), 200);
    assert_eq!(live_checks().await, before);
}

#[tokio::test]
async fn csr_21_refuse_means_never_again() {
    let secrets = [("MSI__CANVAS__CONSUMER_SECRETS", SECRET), ("MSI__CANVAS__REPLAY", "refuse")];
    let (mut demo, base) = spawn(&["demo", "--port", "0", "--people", "50", "--until-stdin-closes"], &secrets);
    let http = &world().http;
    let known = known(http, &base).await;
    let mut envelope = world().envelope();
    envelope["client"]["instanceUrl"] = known["instance_url"].clone();
    envelope["context"]["organization"]["organizationId"] = known["org_id"].clone();
    let form = [("signed_request", sign(SECRET, &envelope))];
    assert_eq!(http.post(format!("{base}/canvas")).form(&form).send().await.unwrap().status(), 200);
    let again = http.post(format!("{base}/canvas")).form(&form).send().await.unwrap();
    assert_eq!(refusal(again).await, (409, "canvas.replayed".to_owned()));
    demo.kill().unwrap();
}

#[tokio::test]
async fn csr_22_after_a_lost_memory_every_request_counts_as_seen() {
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().display().to_string();
    let arguments = ["demo", "--port", "0", "--people", "50", "--data", &folder, "--until-stdin-closes"];
    // Without Redis a restart is a lost memory.
    let environment = [("MSI__CANVAS__CONSUMER_SECRETS", SECRET), ("MSI__REDIS__URL", "")];
    let http = &world().http;
    let post = async |base: &str, envelope: &Value| {
        http.post(format!("{base}/canvas")).form(&[("signed_request", sign(SECRET, envelope))]).send().await.unwrap()
    };
    let envelope_for = async |base: &str| {
        let known = known(http, base).await;
        let mut envelope = world().envelope();
        envelope["client"]["instanceUrl"] = known["instance_url"].clone();
        envelope["context"]["organization"]["organizationId"] = known["org_id"].clone();
        envelope
    };

    let (mut demo, base) = spawn(&arguments, &environment);
    let envelope = envelope_for(&base).await;
    assert_eq!(post(&base, &envelope).await.status(), 200);
    demo.kill().unwrap();
    demo.wait().unwrap();

    let (mut demo, base) = spawn(&arguments, &environment);
    let mut again = envelope;
    again["client"]["instanceUrl"] = envelope_for(&base).await["client"]["instanceUrl"].clone();
    assert_eq!(refusal(post(&base, &again).await).await, (409, "canvas.replayed".to_owned()));
    let mut younger = envelope_for(&base).await;
    younger["issuedAt"] = json!(crate::world::now_s() + 30);
    assert_eq!(post(&base, &younger).await.status(), 200, "what was made after the loss can't have been seen before it");
    demo.kill().unwrap();
}
