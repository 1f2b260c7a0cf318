//! Another sealing key takes over while everything runs (SEC-02).

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::acting::Office;
use crate::account::connections::Connections;
use crate::account::resealing::{left, round};
use crate::account::salesforce_tokens;
use crate::account::sealing::Sealer;
use crate::settings::Secrets;
use crate::store::resealing::{SealedRow, Shelf};

fn secrets(digit: char, name: &str, earlier: &str) -> Secrets {
    Secrets {
        sealing_key: SecretString::from(digit.to_string().repeat(64)),
        sealing_key_id: name.to_owned(),
        previous_sealing_keys: SecretString::from(earlier),
    }
}

fn connections(office: &Office, secrets: &Secrets) -> Arc<Connections> {
    let state = &office.house.state;
    let sealer = Arc::new(Sealer::from_settings(secrets).unwrap());
    Connections::new(state.store.clone(), state.caller.clone(), &state.settings, sealer).unwrap()
}

#[actix_web::test]
async fn sec_02_every_stored_secret_is_sealed_by_the_new_key_and_the_old_one_can_go() {
    for office in Office::all().await {
        let office = office.with_salesforce().await;
        let (house, store) = (&office.house, &office.house.state.store);
        let channel = office.channel("ops@brightwater.example", "s3same");
        house.ask(&office.admin, "PUT", "/v1/mail-channels/team", Some(channel)).await.ok();
        house.post(&office.admin, "/v1/invitations", json!({"emails": ["soon@brightwater.example"], "role": "user"})).await.ok();
        let tenant = store.tenant(&office.account);
        let refresh = async |connections: &Connections| {
            let row = tenant.salesforce().await.unwrap().unwrap();
            let kind = salesforce_tokens::REFRESH;
            connections
                .sealer()
                .open(&office.account, kind, &row.sealing_key_id, &row.refresh_sealed)
                .map(|token| token.expose_secret().to_owned())
        };
        house.test.without_twins().await;
        let before = refresh(&house.state.connections).await.unwrap();

        // Without the old key nothing can be sealed anew, and nothing is lost by trying.
        let stranger = connections(&office, &secrets('5', "k2", ""));
        let stuck = round(store, &stranger, "k2").await.unwrap();
        assert!(stuck.sealed == 0 && stuck.unreadable >= 5, "{stuck:?}");

        let both = connections(&office, &secrets('5', "k2", &format!("k1={}", "4".repeat(64))));
        assert_eq!(refresh(&both).await.unwrap(), before);
        let count = left(store, "k2").await.unwrap();
        assert_eq!(count, stuck.unreadable);
        // Whoever changes a secret at the same moment wins.
        let row = store.sealed_otherwise(Shelf::SalesforceTokens, "k2", ("", "")).await.unwrap().remove(0);
        let stale = SealedRow { first: Some(b"an earlier token".to_vec()), ..row.clone() };
        assert!(!store.reseal(Shelf::SalesforceTokens, &stale, &row).await.unwrap());
        let done = round(store, &both, "k2").await.unwrap();
        assert_eq!((done.sealed, done.changed, done.unreadable), (count, 0, 0));
        assert!(round(store, &both, "k2").await.unwrap().is_over());
        assert_eq!(left(store, "k2").await.unwrap(), 0);

        let alone = connections(&office, &secrets('5', "k2", ""));
        assert_eq!(refresh(&alone).await.unwrap(), before);
        alone.marketo(&office.account).await.unwrap();
        salesforce_tokens::current(&alone, &tenant).await.unwrap();
        let mail = tenant.mail_channel("").await.unwrap().unwrap();
        assert_eq!(mail.sealing_key_id, "k2");
        assert!(refresh(&house.state.connections).await.is_err(), "the old key opens nothing any more");
    }
}
