//! Orgs, live checks and provisioning.

use serde_json::json;

use super::world::{ORG_A, ORG_B, USER, World, face, package};
use crate::account::provisioning::{Provision, ProvisionOrg, provision};

#[actix_web::test]
async fn the_face_learns_which_account_an_org_belongs_to() {
    let world = World::new().await;
    let reply = world.get(&format!("/v1/orgs/{}", &ORG_A[..15]), &face()).await;
    let org = reply.json();
    assert_eq!((org["account_id"].as_str(), org["org_id"].as_str(), org["status"].as_str()), (Some("a"), Some(ORG_A), Some("active")));
    assert_eq!(org["frame_ancestors"], json!(["https://acme.lightning.force.com", "https://acme.vf.force.com"]));
    assert_eq!((&org["is_sandbox"], &org["certificates"]), (&json!(true), &json!([])));
    for unknown in ["00D000000000003EAA", "005000000000001AAA", "x", "00D000000000001AAB"] {
        let reply = world.get(&format!("/v1/orgs/{unknown}"), &face()).await;
        assert_eq!((reply.status, reply.code().as_str()), (404, "tenant.unknown"), "{unknown}");
    }
}

#[actix_web::test]
async fn a_suspended_org_is_shown_to_the_face_and_to_nobody_else() {
    let world = World::new().await;
    let mut org = world.a.store().org(ORG_A).await.unwrap().unwrap();
    org.status = "suspended".to_owned();
    world.a.put_org(&org, 1).await.unwrap();
    assert_eq!(world.get(&format!("/v1/orgs/{ORG_A}"), &face()).await.json()["status"], "suspended");
    for path in ["/v1/people?sfdc_id=00Q000000000001EAA", "/v1/people/00000000000000000000000000000000"] {
        let reply = world.get(path, &package("a")).await;
        assert_eq!((reply.status, reply.code().as_str()), (403, "tenant.suspended"), "{path}");
    }
    let check = json!({ "instance_url": org.instance_url, "oauth_token": "alive", "user_id": USER });
    assert_eq!(world.post(&format!("/v1/orgs/{ORG_A}/live-checks"), &face(), &check).await.code(), "tenant.suspended");
    assert_eq!(world.get("/v1/people?sfdc_id=00Q000000000001EAA", &package("b")).await.status, 200);
}

#[actix_web::test]
async fn a_token_is_live_when_the_registered_org_says_so_about_this_user() {
    let world = World::new().await;
    let url = world.a.store().org(ORG_A).await.unwrap().unwrap().instance_url;
    for (org, address, token, user, live) in [
        (ORG_A, url.clone(), "alive", USER, true),
        (ORG_A, format!("{url}/"), "alive", &USER[..15], true),
        (ORG_A, url.clone(), "dead", USER, false),
        (ORG_A, url.clone(), "two words\r\n", USER, false),
        (ORG_A, url.clone(), "other-user", USER, false),
        (ORG_A, url.clone(), "alive", "005000000000009AAA", false),
        (ORG_A, "https://evil.example".to_owned(), "alive", USER, false),
        (ORG_A, "https://evil.example".to_owned(), "broken", USER, false),
        // The org that answers is another one than the one that was asked about.
        (ORG_B, url.clone(), "alive", USER, false),
    ] {
        let check = json!({ "instance_url": address, "oauth_token": token, "user_id": user });
        let reply = world.post(&format!("/v1/orgs/{org}/live-checks"), &face(), &check).await;
        assert_eq!((reply.status, reply.json()), (200, json!({ "live": live })), "{org} {address} {token:?} {user}");
    }
    let check = json!({ "instance_url": url, "oauth_token": "broken", "user_id": USER });
    let reply = world.post(&format!("/v1/orgs/{ORG_A}/live-checks"), &face(), &check).await;
    assert_eq!((reply.status, reply.code().as_str(), reply.header("retry-after")), (503, "upstream.unavailable", "10"));
    assert!(!reply.text.contains("broken"));
}

#[actix_web::test]
async fn a_live_check_that_cannot_be_understood_is_refused_without_repeating_it() {
    let world = World::new().await;
    let path = format!("/v1/orgs/{ORG_A}/live-checks");
    for (body, status, code) in [
        ("{", 400, "request.invalid"),
        ("[]", 400, "request.invalid"),
        (r#"{"instance_url":"x","oauth_token":7,"user_id":"s3cret"}"#, 400, "request.invalid"),
        (r#"{"instance_url":"x","oauth_token":"s3cret","user_id":"u"}"#, 400, "request.invalid"),
        (r#"{"instance_url":"x","oauth_token":"s3cret","user_id":"u","account_id":"b"}"#, 400, "request.unknown_field"),
        (&"s3cret".repeat(4_000), 413, "request.too_large"),
    ] {
        let request = world.request(reqwest::Method::POST, &path).bearer_auth(face()).header("Content-Type", "application/json");
        let reply = world.send(request.body(body.to_owned())).await;
        assert_eq!((reply.status, reply.code().as_str()), (status, code), "{body:.60}");
        assert!(!reply.text.contains("s3cret"));
    }
    let plain = world.request(reqwest::Method::POST, &path).bearer_auth(face()).body("{}");
    assert_eq!(world.send(plain).await.status, 415);
}

#[actix_web::test]
async fn an_org_is_provisioned_once_and_cannot_be_taken_over() {
    let world = World::new().await;
    let store = world.a.store();
    let wanted = |account_id: Option<&str>, org_id: &str| Provision {
        account_id: account_id.map(str::to_owned),
        name: "Acme".to_owned(),
        org: ProvisionOrg {
            org_id: org_id.to_owned(),
            name: "Acme".to_owned(),
            instance_url: "https://acme.my.salesforce.com/".to_owned(),
            frame_ancestors: vec![],
            is_sandbox: false,
        },
    };
    assert_eq!(provision(store, wanted(None, ORG_A)).await.unwrap(), "a");
    assert_eq!(store.org(ORG_A).await.unwrap().unwrap().instance_url, "https://acme.my.salesforce.com");
    assert_eq!(provision(store, wanted(Some("b"), ORG_A)).await.unwrap_err().code, "tenant.taken");
    let fresh = provision(store, wanted(None, "00D000000000007")).await.unwrap();
    assert_eq!(provision(store, wanted(Some(&fresh), "00D000000000007EAA")).await.unwrap(), fresh);

    for (instance_url, ancestor) in [
        ("http://acme.my.salesforce.com", "https://x.example"),
        ("https://u@acme.my.salesforce.com", "https://x.example"),
        ("https://acme.my.salesforce.com?x", "https://x.example"),
        ("https://acme.my.salesforce.com", "https://x.example;script-src *"),
        ("https://acme.my.salesforce.com", "https://*.force.com"),
        ("https://acme.my.salesforce.com", "https://x.example/path"),
        ("https://acme.my.salesforce.com", "https://x.example\r\nX: 1"),
        ("https://acme.my.salesforce.com", "'self'"),
    ] {
        let mut bad = wanted(None, "00D000000000008");
        instance_url.clone_into(&mut bad.org.instance_url);
        bad.org.frame_ancestors.push(ancestor.to_owned());
        assert_eq!(provision(store, bad).await.unwrap_err().code, "tenant.invalid", "{instance_url} {ancestor:?}");
    }
    assert!(store.org("00D000000000008EAA").await.unwrap().is_none());
}
