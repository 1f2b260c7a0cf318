//! What a copy of a PostgreSQL database shows to whoever has the copy alone. SQLite's file is looked through by `tests/it/secrets.rs`.

use secrecy::ExposeSecret;
use serde_json::json;

use super::acting::Office;
use crate::account::salesforce_tokens;

#[actix_web::test]
async fn sec_03_a_dump_shows_no_secret_in_any_spelling() {
    for office in Office::all().await {
        if office.house.engine == "sqlite" {
            continue;
        }
        let office = office.with_salesforce().await;
        let house = &office.house;
        let tenant = house.state.store.tenant(&office.account);
        let password = "canary-of-a-mailbox-password";
        let channel = office.channel("ops@brightwater.example", password);
        house.ask(&office.admin, "PUT", "/v1/mail-channels/team", Some(channel)).await.ok();
        let token = house.post(&office.admin, "/v1/me/api-tokens", json!({"name": "Mine", "days": 3})).await.ok();
        let key = house.post(&office.admin, super::package::KEY_PATH, json!({})).await.ok();
        house.post(&office.admin, "/v1/invitations", json!({"emails": ["soon@brightwater.example"], "role": "user"})).await.ok();
        let waiting = house.test.dump().await;
        let link = house.links_to("soon@brightwater.example").await.remove(0);
        let row = tenant.salesforce().await.unwrap().unwrap();
        let sealer = house.state.connections.sealer();
        let refresh = sealer.open(&office.account, salesforce_tokens::REFRESH, &row.sealing_key_id, &row.refresh_sealed).unwrap();
        let access = salesforce_tokens::current(&house.state.connections, &tenant).await.unwrap();
        let secrets = [
            ("Marketo's client secret", house.world.marketo_client_secret().to_owned()),
            ("a mailbox's password", password.to_owned()),
            ("Salesforce's refresh token", refresh.expose_secret().to_owned()),
            ("Salesforce's access token", access.value.expose_secret().to_owned()),
            ("a personal token", token["token"].as_str().unwrap().to_owned()),
            ("the API secret key", key["secret_key"].as_str().unwrap().to_owned()),
            ("an invitation's link", link),
        ];
        let shown = house.test.dump().await;
        assert!(shown.iter().any(|row| row.contains("soon@brightwater.example")), "what is no secret is seen");
        for (what, secret) in secrets {
            assert!(secret.len() >= 16, "{what}");
            let digits: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
            for row in shown.iter().chain(&waiting) {
                assert!(!row.contains(&secret) && !row.contains(&digits), "{what} stands in the database");
            }
        }
    }
}
