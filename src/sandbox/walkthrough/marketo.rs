use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use serde_json::json;

use super::{bearer, call, marketo_token, serve, world};

fn code(answer: &super::Answer) -> String {
    answer.json()["errors"][0]["code"].as_str().unwrap_or("").to_owned()
}

#[actix_web::test]
async fn a_token_opens_until_it_expires_and_the_refusals_are_marketos() {
    let world = world();
    let app = serve(&world).await;
    let bad = call(
        &app,
        TestRequest::get().uri("/sandbox/marketo/identity/oauth/token?grant_type=client_credentials&client_id=x&client_secret=y"),
    )
    .await;
    assert_eq!((bad.status, bad.json()["error"].as_str()), (StatusCode::UNAUTHORIZED, Some("unauthorized")));
    let uri = "/sandbox/marketo/rest/v1/leads.json?filterType=id&filterValues=1001,1002,99999";
    assert_eq!(code(&call(&app, TestRequest::get().uri(uri)).await), "603");
    let token = marketo_token(&app, &world).await;
    assert_eq!(
        code(&call(&app, TestRequest::get().uri(&format!("{uri}&access_token={token}"))).await),
        "603",
        "a token in the query is nothing"
    );
    let found = call(&app, bearer(TestRequest::get().uri(uri), &token)).await.json();
    assert_eq!(found["result"].as_array().unwrap().len(), 2);
    assert!(found.get("errors").is_none() && found.get("moreResult").is_none() && found.get("nextPageToken").is_none(), "{found}");
    world.clock.shift(3_601_000);
    assert_eq!(code(&call(&app, bearer(TestRequest::get().uri(uri), &token)).await), "602");
    assert_eq!(code(&call(&app, bearer(TestRequest::get().uri(uri), &token)).await), "601");
}

#[actix_web::test]
async fn the_hundred_and_first_call_is_refused_and_starred_codes_cost_nothing() {
    let world = world();
    let app = serve(&world).await;
    let token = marketo_token(&app, &world).await;
    let uri = "/sandbox/marketo/rest/v1/campaigns.json";
    for _ in 0..5 {
        assert_eq!(code(&call(&app, bearer(TestRequest::get().uri(uri), "unknown")).await), "601");
    }
    for _ in 0..100 {
        assert_eq!(call(&app, bearer(TestRequest::get().uri(uri), &token)).await.json()["success"], true);
    }
    assert_eq!(code(&call(&app, bearer(TestRequest::get().uri(uri), &token)).await), "606");
}

#[actix_web::test]
async fn filters_lead_to_people_and_have_their_limits() {
    let world = world();
    let app = serve(&world).await;
    let token = marketo_token(&app, &world).await;
    let leads = "/sandbox/marketo/rest/v1/leads.json";
    let fields = "fields=id,email,sfdcId,sfdcLeadId,sfdcContactId,sfdcAccountId,sfdcLeadOwnerId";
    let ids: Vec<String> = (1_001..1_301).map(|id| id.to_string()).collect();
    let form = format!("filterType=id&filterValues={}&{fields}", ids.join(","));
    let post = || TestRequest::post().insert_header(("content-type", "application/x-www-form-urlencoded"));
    let all = call(&app, bearer(post().uri(&format!("{leads}?_method=GET")).set_payload(form.clone()), &token)).await.json();
    let people = all["result"].as_array().unwrap();
    assert_eq!(people.len(), 300);
    let too_many =
        call(&app, bearer(post().uri(&format!("{leads}?_method=GET")).set_payload(format!("{form}&filterValues=1301")), &token)).await;
    assert_eq!(code(&too_many), "1003");
    let long = call(&app, bearer(TestRequest::get().uri(&format!("{leads}?{}", form.repeat(8))), &token)).await;
    assert_eq!(long.status, StatusCode::URI_TOO_LONG);
    for key in ["email", "sfdcLeadId", "sfdcContactId", "sfdcAccountId"] {
        let person = people.iter().find(|person| person[key].is_string()).unwrap();
        let uri = format!("{leads}?filterType={key}&filterValues={}&{fields}", person[key].as_str().unwrap());
        let found = call(&app, bearer(TestRequest::get().uri(&uri), &token)).await.json();
        assert!(found["result"].as_array().unwrap().contains(person), "{key}");
    }
    assert_eq!(
        code(&call(&app, bearer(TestRequest::get().uri(&format!("{leads}?filterType=title&filterValues=x")), &token)).await),
        "1003"
    );
    assert_eq!(code(&call(&app, bearer(TestRequest::get().uri("/sandbox/marketo/rest/v1/lead/7.json"), &token)).await), "1004");
    assert_eq!(code(&call(&app, bearer(TestRequest::post().uri("/sandbox/marketo/rest/v1/campaigns.json"), &token)).await), "605");
    assert_eq!(code(&call(&app, bearer(TestRequest::get().uri("/sandbox/marketo/rest/v1/nothing.json"), &token)).await), "610");
}

#[actix_web::test]
async fn an_export_goes_through_its_states_and_its_queue_is_limited() {
    let world = world();
    let app = serve(&world).await;
    let token = marketo_token(&app, &world).await;
    let base = "/sandbox/marketo/bulk/v1/leads/export";
    let (start, end) =
        (crate::sandbox::clock::iso(world.population().began - 31 * 86_400), crate::sandbox::clock::iso(world.population().began));
    let order = json!({ "fields": ["id", "lastName"], "filter": { "createdAt": { "startAt": start, "endAt": end } } });
    let mut ids = Vec::new();
    for _ in 0..11 {
        let made = call(&app, bearer(TestRequest::post().uri(&format!("{base}/create.json")).set_json(&order), &token)).await.json();
        assert_eq!(made["result"][0]["status"], "Created");
        assert!(made["result"][0].get("queuedAt").is_none());
        ids.push(made["result"][0]["exportId"].as_str().unwrap().to_owned());
    }
    world.marketo.exports.with(|exports| exports.job_ms = 60_000);
    for id in &ids[..10] {
        let queued = call(&app, bearer(TestRequest::post().uri(&format!("{base}/{id}/enqueue.json")), &token)).await.json();
        assert_eq!(queued["result"][0]["status"], "Queued");
    }
    let full = call(&app, bearer(TestRequest::post().uri(&format!("{base}/{}/enqueue.json", ids[10])), &token)).await;
    assert!(code(&full) == "1029" && full.text().contains("Too many jobs in queue"));
    let cancelled = call(&app, bearer(TestRequest::post().uri(&format!("{base}/{}/cancel.json", ids[9])), &token)).await.json();
    assert_eq!(cancelled["result"][0]["status"], "Cancelled");
    world.marketo.exports.with(|exports| exports.job_ms = 0);
    let status = format!("{base}/{}/status.json", ids[0]);
    let mut told = json!({});
    for _ in 0..50 {
        told = call(&app, bearer(TestRequest::get().uri(&status), &token)).await.json()["result"][0].clone();
        if told["status"] == "Completed" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(told["status"], "Completed");
    let file = call(&app, bearer(TestRequest::get().uri(&format!("{base}/{}/file.json", ids[0])), &token)).await;
    assert_eq!(Some(file.body.len()), told["fileSize"].as_u64().and_then(|size| usize::try_from(size).ok()));
    let missing = call(&app, bearer(TestRequest::get().uri(&format!("{base}/{}/file.json", ids[10])), &token)).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn scores_follow_one_another_in_the_feed() {
    let world = world();
    let view = world.view();
    let began = world.population().began;
    let from = crate::sandbox::world::feed::Position { at: began - 40 * 86_400, number: 0 };
    let mut last: std::collections::HashMap<u32, String> = std::collections::HashMap::new();
    let mut seen = 0;
    for entry in world.read_feed(&view, from, began, usize::MAX).entries {
        if entry.event.what.type_id() != 22 {
            continue;
        }
        let told = crate::sandbox::world::telling::activity(&view, &entry).unwrap();
        let get = |name: &str| told.attributes.iter().find(|(known, _)| *known == name).unwrap().1.as_str().unwrap().to_owned();
        if let Some(before) = last.insert(entry.event.person, get("New Value")) {
            assert_eq!(before, get("Old Value"), "person {} at {}", told.lead, told.at);
            seen += 1;
        }
    }
    assert!(seen > 300, "{seen}");
}
