//! Invitations by file (#[cfg(test)]).

use std::fmt::Write;

use actix_web::test::TestRequest;
use serde_json::{Value, json};

use super::house::{House, Said, houses_with, member};
use crate::account::imports::runner;

async fn upload(house: &House, admin: &Value, bytes: impl Into<actix_web::web::Bytes>) -> Said {
    let request = TestRequest::post()
        .uri("/v1/invitations/imports")
        .insert_header(("Content-Type", "text/csv"))
        .insert_header(("X-File-Name", "..%2Fteam%20list.csv"))
        .set_payload(bytes);
    house.send(admin, request).await
}

async fn many() -> Vec<House> {
    houses_with(|settings| settings.account.seats = 6_000).await
}

#[actix_web::test]
async fn a_file_is_mapped_checked_and_invited_once() {
    for house in many().await {
        let (account, first) = house.with_first_user().await;
        let admin = member(&account, &first);
        house.post(&admin, "/v1/teams", json!({"name": "Süd"})).await.ok();
        let file = "Vorname;Nachname;E-Mail;Rolle;Team\r\n\
            Jos\u{e9};\"Müller; \"\"M\"\"\";JOSE@example.com;Benutzer;Süd\r\n\
            Ann;O'Neill;ann@example.com;admin;\r\n\
            ;;not an address;;\r\n\
            Jose;;jose@EXAMPLE.com;;\r\n\
            Mona;;ops@brightwater.example;;\r\n\
            short;row\r\n\
            Bob;\"line\r\nbreak\";bob@example.com;;Nowhere\r\n\
            =1+1;x;carl@example.com;;\r\n";
        let (bytes, _, _) = encoding_rs::WINDOWS_1252.encode(file);
        let seen = upload(&house, &admin, bytes.to_vec()).await.ok();
        assert_eq!(
            (&seen["encoding"], &seen["delimiter"], &seen["rows"], &seen["file_name"]),
            (&json!("windows-1252"), &json!(";"), &json!(8), &json!("team list.csv"))
        );
        assert_eq!(seen["mapping"], json!({"email": 2, "first_name": 0, "last_name": 1, "role": 3, "teams": 4}));
        let path = format!("/v1/invitations/imports/{}", seen["id"].as_str().unwrap());
        house.ask(&admin, "POST", &format!("{path}/invite"), None).await.refused(409, "import.wrong_step");
        house.ask(&admin, "PUT", &format!("{path}/mapping"), Some(json!({"mapping": {"email": 9}}))).await.refused(400, "request.invalid");
        house.ask(&admin, "PUT", &format!("{path}/mapping"), Some(json!({"mapping": seen["mapping"], "language": "de"}))).await.ok();
        let checked = house.ask(&admin, "POST", &format!("{path}/check"), None).await.ok();
        assert_eq!(checked["counts"], json!({"already_member": 1, "duplicate": 1, "malformed": 3, "will_invite": 3}), "{}", house.engine);
        assert!(house.mailed("ann@example.com").await.is_empty(), "nothing is sent before Invite");
        assert_eq!(house.ask(&admin, "POST", &format!("{path}/invite"), None).await.status, 202);
        while runner::advance(&house.state.connections).await.unwrap() {}
        let done = house.get(&admin, &path).await.ok();
        assert_eq!((&done["state"], &done["counts"]["invited"]), (&json!("done"), &json!(3)));
        assert_eq!(house.links_to("ann@example.com").await.len(), 1);
        let jose = house.get(&admin, "/v1/members?search=jose").await.ok();
        assert_eq!((&jose["items"][0]["first_name"], &jose["items"][0]["teams"][1]["name"]), (&json!("José"), &json!("Süd")));
        let rows = house.get(&admin, &format!("{path}/rows?outcome=malformed&limit=2")).await.ok();
        assert_eq!((rows["total"].clone(), rows["items"].as_array().unwrap().len()), (json!(3), 2));
        // What is said about rows is said in the admin's language.
        house.ask(&admin, "PATCH", "/v1/me", Some(json!({"language": "sv"}))).await.ok();
        let swedish = house.get(&admin, &format!("{path}/rows?outcome=duplicate")).await.ok();
        assert_eq!(swedish["items"][0]["detail"], "Adressen står i en tidigare rad i filen.");
        let said = house.get(&admin, &format!("{path}/report.csv")).await;
        assert!(said.body.as_str().unwrap().contains("\"Inbjudan är på väg.\""), "{}", said.body);
        let report = house.get(&admin, &format!("{path}/report.csv")).await;
        let report = report.body.as_str().unwrap();
        assert!(report.contains("\"'=1+1\"") && report.matches("\"invited\"").count() == 3, "{report}");

        // The same file again invites nobody again.
        let again = upload(&house, &admin, bytes.into_owned()).await.ok();
        let path = format!("/v1/invitations/imports/{}", again["id"].as_str().unwrap());
        let checked = house.ask(&admin, "POST", &format!("{path}/check"), None).await.ok();
        assert_eq!((&checked["counts"]["will_invite"], &checked["counts"]["already_invited"]), (&Value::Null, &json!(3)));
    }
}

#[actix_web::test]
async fn what_is_no_table_is_refused_with_its_line_and_leaves_nothing() {
    for house in many().await {
        let (account, first) = house.with_first_user().await;
        let admin = member(&account, &first);
        for (bytes, status, code) in [
            (&b"PK\x03\x04rest"[..], 415, "csv.type"),
            (b"email,name\na@example.com,\"open", 422, "csv.quote"),
            (b"email,EMAIL\na@example.com,b", 422, "csv.header"),
            (b"email\n", 422, "csv.empty"),
            (b"", 422, "csv.empty"),
            (b"\xc3\xa9,email\nx,a@example.com\nJos\xe9,b@example.com\n", 422, "csv.encoding"),
            (b"email\na\0@example.com\n", 422, "csv.nul"),
        ] {
            upload(&house, &admin, bytes).await.refused(status, code);
        }
        let form = TestRequest::post()
            .uri("/v1/invitations/imports")
            .insert_header(("Content-Type", "multipart/form-data; boundary=x"))
            .set_payload("--x--");
        house.send(&admin, form).await.refused(415, "request.media_type");
        assert_eq!(house.get(&admin, "/v1/invitations/imports").await.ok()["total"], 0);
    }
}

#[actix_web::test]
async fn two_runners_settle_every_row_once_within_the_seats() {
    for house in many().await {
        let (account, first) = house.with_first_user().await;
        let admin = member(&account, &first);
        let mut file = String::from("email\n");
        for number in 0..6_500 {
            writeln!(file, "p{number}@example.com").unwrap();
        }
        let seen = upload(&house, &admin, file).await.ok();
        let path = format!("/v1/invitations/imports/{}", seen["id"].as_str().unwrap());
        let begun = house.ask(&admin, "POST", &format!("{path}/check"), None).await;
        assert_eq!((begun.status, &begun.body["state"]), (202, &json!("checking")), "a long file is checked in the background");
        house.ask(&admin, "POST", &format!("{path}/invite"), None).await.refused(409, "import.wrong_step");
        assert!(runner::advance(&house.state.connections).await.unwrap());
        assert_eq!(house.get(&admin, &path).await.ok()["counts"], json!({"unchecked": 4_500, "will_invite": 2_000}), "progress is seen");
        // Another mapping begins anew, whoever is at work on the earlier one.
        let stale = house.state.store.tenant(&account).import(seen["id"].as_str().unwrap()).await.unwrap().unwrap();
        house
            .ask(&admin, "PUT", &format!("{path}/mapping"), Some(json!({"mapping": {"email": 0, "role": null}, "role": "admin"})))
            .await
            .ok();
        house.ask(&admin, "POST", &format!("{path}/check"), None).await.ok();
        let run = async || while runner::advance(&house.state.connections).await.unwrap() {};
        futures_util::join!(run(), run());
        house.state.store.tenant(&account).end_check(&stale, 1).await.unwrap();
        let checked = house.get(&admin, &path).await.ok();
        assert_eq!(checked["counts"], json!({"over_seat_limit": 501, "will_invite": 5_999}), "{}", house.engine);
        house.ask(&admin, "POST", &format!("{path}/invite"), None).await.ok();
        futures_util::join!(run(), run());
        let done = house.get(&admin, &path).await.ok();
        assert_eq!(done["counts"], json!({"invited": 5_999, "over_seat_limit": 501}));
        assert_eq!(house.get(&admin, "/v1/members?limit=1").await.ok()["total"], 6_000);
        assert_eq!(house.get(&admin, "/v1/invitations?limit=1").await.ok()["total"], 6_000);
    }
}
