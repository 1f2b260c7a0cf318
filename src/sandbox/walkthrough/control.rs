use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use serde_json::json;

use super::{bearer, call, marketo_token, serve, world};

#[actix_web::test]
async fn people_arrive_change_and_go_and_the_feeds_tell_of_it() {
    let world = world();
    let app = serve(&world).await;
    let token = marketo_token(&app, &world).await;
    let since = crate::sandbox::clock::iso(world.clock.now() - 5);
    let rest = "/sandbox/marketo/rest/v1";
    let paging = call(&app, bearer(TestRequest::get().uri(&format!("{rest}/activities/pagingtoken.json?sinceDatetime={since}")), &token))
        .await
        .json();
    let paging = paging["nextPageToken"].as_str().unwrap().replace('=', "%3D");
    let arrived = call(&app, TestRequest::post().uri("/sandbox/_control/people/arrive")).await.json();
    let id = arrived["id"].as_u64().unwrap();
    let change =
        TestRequest::patch().uri("/sandbox/_control/people/1003").set_json(json!({ "title": "Chief Surprise Officer", "leadScore": 99 }));
    assert_eq!(call(&app, change).await.json()["title"], "Chief Surprise Officer");
    assert_eq!(call(&app, TestRequest::delete().uri("/sandbox/_control/people/1004")).await.status, StatusCode::NO_CONTENT);
    world.clock.shift(5_000);
    let feed = call(
        &app,
        bearer(
            TestRequest::get().uri(&format!("{rest}/activities.json?nextPageToken={paging}&activityTypeIds=1,2,12,22,46&leadIds={id}")),
            &token,
        ),
    )
    .await
    .json();
    let kinds: Vec<u64> = feed["result"].as_array().unwrap().iter().map(|activity| activity["activityTypeId"].as_u64().unwrap()).collect();
    assert_eq!(kinds, [12, 1, 2, 22, 46], "{feed}");
    let changes = call(
        &app,
        bearer(
            TestRequest::get().uri(&format!("{rest}/activities/leadchanges.json?nextPageToken={paging}&fields=title,leadScore")),
            &token,
        ),
    )
    .await
    .json();
    let changed: Vec<_> = changes["result"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|change| change["leadId"] == 1_003)
        .map(|change| change["fields"][0]["name"].clone())
        .collect();
    assert_eq!(changed, ["title", "leadScore"]);
    let deleted =
        call(&app, bearer(TestRequest::get().uri(&format!("{rest}/activities/deletedleads.json?nextPageToken={paging}")), &token))
            .await
            .json();
    assert_eq!(deleted["result"][0]["leadId"], 1_004);
    let both = call(
        &app,
        bearer(TestRequest::get().uri(&format!("{rest}/leads.json?filterType=id&filterValues=1004,{id}&fields=id,sfdcId")), &token),
    )
    .await
    .json();
    assert_eq!(both["result"], json!([{ "id": id, "sfdcId": arrived["sfdcId"] }]));
}

#[actix_web::test]
async fn faults_strike_as_ordered_and_the_journal_tells() {
    let world = world();
    let app = serve(&world).await;
    let token = marketo_token(&app, &world).await;
    let uri = "/sandbox/marketo/rest/v1/campaigns.json";
    let fault = |fault: serde_json::Value| TestRequest::post().uri("/sandbox/_control/faults").set_json(fault);
    call(&app, fault(json!({ "prefix": "/marketo/rest/v1/campaigns.json", "times": 1, "marketo": "606" }))).await;
    let refused = call(&app, bearer(TestRequest::get().uri(uri).insert_header(("x-request-id", "r-17")), &token)).await.json();
    assert_eq!(refused["errors"][0]["code"], "606");
    call(&app, fault(json!({ "prefix": "/marketo/rest", "times": 1, "http": 503 }))).await;
    assert_eq!(call(&app, bearer(TestRequest::get().uri(uri), &token)).await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(call(&app, bearer(TestRequest::get().uri(uri), &token)).await.json()["success"], true);
    assert_eq!(call(&app, fault(json!({ "nonsense": 1 }))).await.status, StatusCode::BAD_REQUEST);
    let journal = call(&app, TestRequest::get().uri("/sandbox/_control/journal")).await.json();
    assert_eq!(journal["counts"]["/marketo/rest/v1/campaigns.json"], 3);
    let first = journal["calls"].as_array().unwrap().iter().find(|call| call["request_id"] == "r-17").unwrap().clone();
    assert_eq!((first["status"].as_u64(), first["marketo_code"].as_str()), (Some(200), Some("606")));
    assert!(!journal.to_string().contains("client_secret"));
    call(&app, TestRequest::delete().uri("/sandbox/_control/journal")).await;
    assert_eq!(call(&app, TestRequest::get().uri("/sandbox/_control/journal")).await.json()["total"], 0);
}

#[actix_web::test]
async fn slow_calls_are_in_flight_and_the_eleventh_is_refused() {
    let world = world();
    let app = serve(&world).await;
    let token = marketo_token(&app, &world).await;
    call(&app, TestRequest::post().uri("/sandbox/_control/faults").set_json(json!({ "prefix": "/marketo/rest", "latency_ms": 150 }))).await;
    let uri = "/sandbox/marketo/rest/v1/campaigns.json";
    let calls = (0..12).map(|_| call(&app, bearer(TestRequest::get().uri(uri), &token)));
    let answers = futures_util::future::join_all(calls).await;
    let refused = answers.iter().filter(|answer| answer.json()["errors"][0]["code"] == "615").count();
    assert_eq!(refused, 2);
    let used = call(&app, TestRequest::get().uri("/sandbox/_control/limits")).await.json()["used"].clone();
    assert_eq!((used["peak_in_flight"].as_u64(), used["in_flight"].as_u64()), (Some(10), Some(0)));
}

#[actix_web::test]
async fn limits_can_be_set_and_a_typing_error_is_told() {
    let world = world();
    let app = serve(&world).await;
    let token = marketo_token(&app, &world).await;
    let set = |limits: serde_json::Value| TestRequest::post().uri("/sandbox/_control/limits").set_json(limits);
    assert_eq!(call(&app, set(json!({ "calls_per_dya": 1 }))).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(call(&app, set(json!({ "calls_per_day": 1 }))).await.json()["allowance"]["calls_per_day"], 1);
    let uri = "/sandbox/marketo/rest/v1/campaigns.json";
    assert_eq!(call(&app, bearer(TestRequest::get().uri(uri), &token)).await.json()["success"], true);
    assert_eq!(call(&app, bearer(TestRequest::get().uri(uri), &token)).await.json()["errors"][0]["code"], "607");
}
