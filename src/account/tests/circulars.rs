//! Templates that are shared, and mails to many (#[cfg(test)]).

use serde_json::{Value, json};

use super::acting::Office;
use super::house::member;
use crate::account::postbox::Postbox;
use crate::store::people::NewPerson;
use crate::store::testing::person as made_up;
use crate::sync::deliver::Target;

/// An active member beside the first user.
pub(super) async fn colleague(office: &Office) -> Value {
    let house = &office.house;
    let invited =
        house.post(&office.admin, "/v1/invitations", json!({"emails": ["lee.wu@brightwater.example"], "role": "user"})).await.ok();
    assert_eq!(invited["results"][0]["outcome"], "invited", "{invited}");
    let postbox = Postbox::open(&house.state.connections).unwrap().unwrap();
    while postbox.empty(&house.state.connections).await.unwrap() > 0 {}
    let link = house.mailed("lee.wu@brightwater.example").await.pop().unwrap();
    let accepted =
        house.post(&super::house::face(), &format!("/v1/invitations/by-token/{link}/accept"), json!({"first_name": "Lee"})).await.ok();
    member(&office.account, accepted["member_id"].as_str().unwrap())
}

#[actix_web::test]
async fn a_template_is_seen_by_those_whom_it_is_shared_with() {
    for office in Office::all().await {
        let house = &office.house;
        let other = colleague(&office).await;
        let team = house.post(&office.admin, "/v1/teams", json!({"name": "DACH"})).await.ok()["id"].as_str().unwrap().to_owned();
        let wish = |name: &str, teams: Value| json!({"name": name, "category": "C", "subject": "S", "html": "<p>Hi {{first_name}}</p>", "teams": teams});
        let seen = async || {
            let list = house.get(&other, "/v1/templates").await.ok();
            list["items"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let private = house.post(&office.admin, "/v1/templates", wish("a", json!([]))).await.ok();
        house.post(&office.admin, "/v1/templates", wish("b", json!(["everyone"]))).await.ok();
        let teamed = house.post(&office.admin, "/v1/templates", wish("c", json!([team]))).await.ok();
        house.post(&office.admin, "/v1/templates", wish("d", json!(["nobody"]))).await.refused(400, "request.invalid");
        assert_eq!(seen().await, ["b"]);
        let id = other["member"].as_str().unwrap();
        house.ask(&office.admin, "PATCH", &format!("/v1/members/{id}"), Some(json!({"role": "user", "teams": [team]}))).await.ok();
        assert_eq!(seen().await, ["b", "c"]);
        let path = |template: &Value| format!("/v1/templates/{}", template["id"].as_str().unwrap());
        house.get(&other, &path(&private)).await.refused(404, "not_found");
        house.ask(&other, "PUT", &path(&teamed), Some(wish("mine", json!([])))).await.refused(403, "template.not_yours");
        house.ask(&other, "DELETE", &path(&teamed), None).await.refused(403, "template.not_yours");
        let copy = house.post(&other, &format!("{}/copy", path(&teamed)), json!({})).await.ok();
        assert_eq!((&copy["mine"], &copy["shared"]), (&json!(true), &json!(false)));
        // An admin sees and may change them all; the owner stays the owner.
        house.ask(&office.admin, "PUT", &path(&copy), Some(wish("tidied", json!(["everyone"])))).await.ok();
        assert_eq!(house.get(&other, &path(&copy)).await.ok()["mine"], true);
        let unshared = house.get(&office.admin, "/v1/templates?view=unshared&limit=1").await.ok();
        assert_eq!((&unshared["items"][0]["name"], &unshared["next_cursor"]), (&json!("a"), &Value::Null), "{unshared}");
        let first = house.get(&office.admin, "/v1/templates?limit=2").await.ok();
        let rest = house.get(&office.admin, &format!("/v1/templates?limit=2&cursor={}", first["next_cursor"].as_str().unwrap())).await.ok();
        assert_eq!(rest["items"].as_array().unwrap().len(), 2);
        let email = office.people[0].email.clone().unwrap();
        let preview = house.get(&office.admin, &format!("{}/preview?to={}", path(&private), email.to_uppercase())).await.ok();
        assert!(preview["html"].as_str().unwrap().contains("Hi First1"), "{preview}");
        assert!(house.get(&office.admin, &format!("{}/preview", path(&private))).await.ok()["to"].is_string());
        house.get(&office.admin, &format!("{}/preview?to=nobody@x.example", path(&private))).await.refused(404, "person.not_in_marketo");
        house.ask(&office.admin, "DELETE", &path(&private), None).await.ok();
    }
}

#[actix_web::test]
async fn templates_of_whoever_leaves_stay_with_the_teams_that_have_them() {
    for office in Office::all().await {
        let house = &office.house;
        let other = colleague(&office).await;
        let leaver = other["member"].as_str().unwrap();
        let mut teams = Vec::new();
        for name in ["DACH", "Nordics"] {
            teams.push(house.post(&office.admin, "/v1/teams", json!({"name": name})).await.ok()["id"].as_str().unwrap().to_owned());
        }
        let path = format!("/v1/members/{leaver}");
        house.ask(&office.admin, "PATCH", &path, Some(json!({"teams": teams}))).await.ok();
        let wish = json!({"name": "a", "category": "C", "subject": "S", "html": "<p>Hi</p>", "teams": teams});
        let shared = house.post(&other, "/v1/templates", wish).await.ok();
        let shown = async || house.get(&office.admin, &format!("/v1/templates/{}", shared["id"].as_str().unwrap())).await.ok();
        let of = |template: &Value| {
            let teams = template["teams"].as_array().unwrap().iter().filter(|team| team["chosen"] == true || team.is_string());
            teams.map(|team| team["id"].as_str().or(team.as_str()).unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(of(&shown().await).len(), 2);
        // Whoever leaves a team takes along what they shared with it.
        house.ask(&office.admin, "PATCH", &path, Some(json!({"teams": [teams[0]]}))).await.ok();
        assert_eq!(of(&shown().await), [teams[0].clone()], "{}", house.engine);
        // Whoever leaves the account leaves it behind: it is the admin's who removed them, and the team's as before.
        assert_eq!(shown().await["mine"], false);
        house.ask(&office.admin, "DELETE", &path, None).await.ok();
        let left = shown().await;
        assert_eq!((&left["mine"], of(&left)), (&json!(true), vec![teams[0].clone()]), "{left}");
    }
}

#[actix_web::test]
async fn a_member_sends_so_many_mails_a_day_and_no_more() {
    for office in Office::all_with(|settings| settings.campaigns.sends_per_day = 3).await {
        let house = &office.house;
        let mail = async |people: &[usize]| {
            let ids: Vec<&str> = people.iter().map(|index| office.record(*index)).collect();
            house.post(&office.admin, "/v1/emails", json!({"sfdc_ids": ids, "subject": "S", "text": "Hello"})).await
        };
        assert_eq!(mail(&[0, 1]).await.ok()["accepted"], 2);
        let refused = mail(&[2, 3]).await;
        refused.refused(429, "mail.quota");
        assert!(refused.body["detail"].as_str().unwrap().contains("3 mails in 24 hours, and has sent 2"), "{}", refused.body);
        // What was sent counts like what waits; a mail to many is no way around.
        for _ in 0..3 {
            office.deliver(Target::Mail).await;
        }
        assert_eq!(mail(&[2]).await.ok()["accepted"], 1);
        let begun = house.post(&office.admin, "/v1/circulars", json!({"sfdc_ids": [office.record(3)]})).await.ok();
        let send = format!("/v1/circulars/{}/send", begun["id"].as_str().unwrap());
        house.post(&office.admin, &send, json!({"subject": "S", "text": "Hello"})).await.refused(429, "mail.quota");
        assert_eq!(house.get(&office.admin, "/v1/circulars").await.ok()["items"][0]["state"], "draft", "nothing is lost");
        // Others have a day of their own.
        let other = colleague(&office).await;
        let wish = json!({"sfdc_ids": [office.record(3)], "subject": "S", "text": "Hello"});
        assert_eq!(house.post(&other, "/v1/emails", wish).await.ok()["accepted"], 1);
    }
}

#[actix_web::test]
async fn a_mail_to_many_names_who_is_left_out_and_goes_out_once() {
    for office in Office::all().await {
        let house = &office.house;
        let store = office.house.state.store.tenant(&office.account);
        let changed: Vec<NewPerson> = vec![
            NewPerson { email: None, ..office.people[1].clone() },
            NewPerson { email: Some("ann@blocked.example".to_owned()), ..office.people[2].clone() },
        ];
        store.upsert_people(changed, 2, None).await.unwrap();
        let mut settings = house.get(&office.admin, "/v1/acting-settings").await.ok();
        settings["blocked_domains"] = json!(["blocked.example"]);
        house.ask(&office.admin, "PUT", "/v1/acting-settings", Some(settings)).await.ok();
        house.post(&office.admin, "/v1/unsubscribes", json!({"sfdc_id": office.record(3)})).await.ok();
        let ids: Vec<&str> = (0..6).map(|index| office.record(index)).chain(["00Q000000000009EAA", office.record(0)]).collect();
        let begun = house.post(&office.admin, "/v1/circulars", json!({"sfdc_ids": ids})).await.ok();
        let reasons: Vec<&Value> = begun["people"].as_array().unwrap().iter().map(|one| &one["why"]).collect();
        let (none, free) = (Value::Null, json!("person.no_email"));
        assert_eq!(reasons, [&none, &free, &json!("mail.blocked_domain"), &json!("mail.unsubscribed"), &none, &none]);
        assert_eq!((&begun["reached"], &begun["unknown"]), (&json!(3), &json!(["00Q000000000009EAA"])), "{begun}");
        let path = format!("/v1/circulars/{}", begun["id"].as_str().unwrap());
        let person = |index: usize| format!("{path}/people/{}", begun["people"][index]["person_id"].as_str().unwrap());
        house.post(&office.admin, &format!("{path}/send"), Value::Null).await.refused(400, "request.invalid");
        let common = json!({"subject": "Hello {{first_name}}", "html": "<p>For all</p>"});
        house
            .ask(&office.admin, "PUT", &path, Some(json!({"subject": "x", "html": "<script>1</script>"})))
            .await
            .refused(422, "template.html");
        house.ask(&office.admin, "PUT", &path, Some(common.clone())).await.ok();
        house.ask(&office.admin, "PUT", &person(4), Some(json!({"subject": "Only you", "text": "A word for you"}))).await.ok();
        house.ask(&office.admin, "PUT", &person(5), Some(json!({"left_out": true}))).await.ok();
        // The schedule is no other text; another text takes the place of single ones.
        let again = json!({"subject": "Hello {{first_name}}", "html": "<p>For all</p>", "send_on": "", "time_zone": "Europe/Berlin"});
        let kept = house.ask(&office.admin, "PUT", &path, Some(again)).await.ok();
        assert_eq!((&kept["people"][4]["own"], &kept["people"][5]["left_out"], &kept["reached"]), (&json!(true), &json!(true), &json!(2)));
        let shown = house.get(&office.admin, &person(4)).await.ok();
        assert!(shown["preview"]["html"].as_str().unwrap().contains("A word for you"), "{shown}");
        let other = colleague(&office).await;
        house.get(&other, &path).await.refused(404, "not_found");
        let send = format!("{path}/send");
        let (one, two) = tokio::join!(house.post(&office.admin, &send, Value::Null), house.post(&office.admin, &send, common.clone()));
        assert!(one.status == 202 || two.status == 202);
        let sent = house.post(&office.admin, &format!("{path}/send"), Value::Null).await.ok();
        assert_eq!(
            (&sent["state"], &sent["outcome"]["accepted"], &sent["outcome"]["skipped"]),
            (&json!("sent"), &json!(2), &json!(3)),
            "{sent}"
        );
        house.ask(&office.admin, "PUT", &path, Some(common)).await.refused(409, "circular.sent");
        for _ in 0..4 {
            office.deliver(Target::Mail).await;
        }
        let mut subjects: Vec<String> = office.subjects().await;
        subjects.sort();
        assert_eq!(subjects.len(), 2, "{subjects:?}");
        assert!(subjects[0].starts_with("Hello ") || subjects[1] == "Only you", "{subjects:?}");
        assert_eq!(house.get(&office.admin, "/v1/circulars").await.ok()["items"][0]["state"], "sent");
    }
}

#[actix_web::test]
async fn of_a_record_with_many_people_two_hundred_are_chosen() {
    for office in Office::all().await {
        let house = &office.house;
        let (record, store) = ("001000000000009AAA", house.state.store.tenant(&office.account));
        let people: Vec<NewPerson> = (5_001..5_261)
            .map(|number| NewPerson {
                sfdc_account_id: Some(record.to_owned()),
                email: (number % 10 != 0).then(|| format!("q{number}@example.com")),
                ..made_up(number)
            })
            .collect();
        store.upsert_people(people, 2, None).await.unwrap();
        let begin = || {
            let request = actix_web::test::TestRequest::post().uri("/v1/circulars").insert_header(("Idempotency-Key", "one-decision"));
            house.send(&office.admin, request.set_json(json!({"account_id": record})))
        };
        let begun = begin().await.ok();
        assert_eq!((&begun["reached"], &begun["left_out"], &begun["more"]), (&json!(200), &json!(60), &json!(false)));
        // The same decision a second time begins nothing new; another one under its key is refused.
        assert_eq!(begin().await.ok()["id"], begun["id"]);
        assert_eq!(house.get(&office.admin, "/v1/circulars").await.ok()["items"].as_array().unwrap().len(), 1);
        let request = actix_web::test::TestRequest::post().uri("/v1/circulars").insert_header(("Idempotency-Key", "one-decision"));
        house.send(&office.admin, request.set_json(json!({"sfdc_ids": [office.record(0)]}))).await.refused(409, "idempotency.reused");
        let path = format!("/v1/circulars/{}", begun["id"].as_str().unwrap());
        let list = async |query: &str| house.get(&office.admin, &format!("{path}/people{query}")).await.ok();
        let first = list("").await;
        assert_eq!((&first["pages"], &first["after"], &first["before"]), (&json!(6), &json!(2), &Value::Null), "{first}");
        assert_eq!(first["items"].as_array().unwrap().len(), 50);
        assert_eq!(list("?page=6").await["items"].as_array().unwrap().len(), 10);
        let found = list("?search=%20Q5003@&page=1").await;
        assert_eq!((&found["found"], &found["items"][0]["email"]), (&json!(1), &json!("q5003@example.com")));
        house.get(&office.admin, &format!("{path}/people?page=0")).await.refused(400, "request.invalid");
        house.get(&office.admin, &format!("{path}/people?sort=x")).await.refused(400, "request.unknown_field");
        // There is no place for another one until somebody is left out.
        let outside = found["items"][0]["person_id"].clone();
        assert_eq!(found["items"][0]["left_out"], true);
        let choose = async |body: Value| house.ask(&office.admin, "PUT", &format!("{path}/people"), Some(body)).await;
        choose(json!({"person_ids": [outside], "left_out": false})).await.refused(409, "circular.full");
        house
            .ask(&office.admin, "PUT", &format!("{path}/people/{}", outside.as_str().unwrap()), Some(json!({"left_out": false})))
            .await
            .refused(409, "circular.full");
        choose(json!({"everyone": true, "left_out": false})).await.refused(409, "circular.full");
        choose(json!({"left_out": true})).await.refused(400, "request.invalid");
        choose(json!({"person_ids": ["nobody"], "left_out": true})).await.refused(404, "not_found");
        assert_eq!(list("").await["taken_in"], 200);
        choose(json!({"everyone": true, "left_out": true})).await.ok();
        choose(json!({"person_ids": [outside, first["items"][0]["person_id"]], "left_out": false})).await.ok();
        assert_eq!(list("").await["taken_in"], 2);
        house.get(&colleague(&office).await, &format!("{path}/people")).await.refused(404, "not_found");
        let text = json!({"subject": "Hello", "html": "<p>For all</p>"});
        house.ask(&office.admin, "PUT", &path, Some(text)).await.ok();
        // Sent without a body it is sent as it was kept.
        let request = actix_web::test::TestRequest::post().uri(&format!("{path}/send"));
        let sent = house.send(&office.admin, request).await.ok();
        assert_eq!((&sent["state"], &sent["outcome"]["accepted"]), (&json!("sent"), &json!(2)), "{sent}");
        choose(json!({"everyone": true, "left_out": true})).await.refused(409, "circular.sent");
    }
}

#[actix_web::test]
async fn a_group_is_watched_gets_tasks_and_joins_a_campaign() {
    for office in Office::all().await {
        let house = &office.house;
        let ids = json!([office.record(0), office.record(1), "00Q000000000009EAA", office.record(0)]);
        let watched = house.post(&office.admin, "/v1/watch-list", json!({"sfdc_ids": ids})).await.ok();
        assert_eq!((&watched["accepted"], &watched["skipped"]), (&json!(2), &json!(1)), "{watched}");
        house.post(&office.admin, "/v1/watch-list", json!({})).await.refused(400, "request.invalid");
        let tasks = house.post(&office.admin, "/v1/tasks", json!({"sfdc_ids": ids, "name": "Call them"})).await.ok();
        assert_eq!(tasks["accepted"], 2);
        let campaigns = house.get(&office.admin, "/v1/marketo-campaigns").await.ok();
        let wish = json!({"sfdc_ids": ids, "campaign_id": campaigns["items"][0]["id"]});
        assert_eq!(house.post(&office.admin, "/v1/marketo-campaign-members", wish).await.ok()["accepted"], 2);
        assert_eq!(office.ledger("?state=open").await.len(), 4);
        office.deliver(Target::Marketo).await;
    }
}

#[actix_web::test]
async fn fields_of_salesforce_are_filled_and_unknown_ones_stop_the_send() {
    for office in Office::all().await {
        let record = office.record(0).to_owned();
        let mail = |text: &str| json!({"sfdc_id": record, "subject": "S", "text": text});
        let lead = office.record(0).starts_with("00Q");
        let field = if lead { "sfdc_lead_industry" } else { "sfdc_contact_account_name" };
        let text = format!("You are in {{{{{field}}}}}, {{{{sfdc_status_x | default: \"nobody knows\"}}}}");
        let unasked = office.house.post(&office.admin, "/v1/emails/preview", mail(&text)).await.ok();
        assert_eq!(unasked["unfilled"], json!([field]), "{unasked}");
        let office = office.with_salesforce().await;
        let shown = office.house.post(&office.admin, "/v1/emails/preview", mail(&text)).await.ok();
        let said = shown["text"].as_str().unwrap();
        assert!(!said.contains("{{") && said.contains("nobody knows") && !said.contains("in ,"), "{shown}");
        let stopped = office.house.post(&office.admin, "/v1/emails", mail("{{sfdc_no_such_thing__c}}")).await;
        stopped.refused(422, "mail.unfilled");
    }
}
