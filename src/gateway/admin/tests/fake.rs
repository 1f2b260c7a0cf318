//! An account that answers by the contract and remembers what it was asked, with a face before it.

use std::sync::{Arc, Mutex};

use actix_web::dev::ServerHandle;
use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use metrics_exporter_prometheus::PrometheusBuilder;
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::sync::Notify;

use self::mailing::{MAILING, ledger, mailing};
use crate::gateway::face::House;
use crate::gateway::server;
use crate::settings::Settings;

mod mailing;

pub const NOW: i64 = 1_795_271_400_000;
const HOUR: i64 = 3_600_000;

/// A call that the account got.
#[derive(Debug, Clone)]
pub struct Asked {
    pub call: String,
    pub visitor: Value,
    pub from: Value,
    pub body: Value,
    pub headers: Vec<(String, String)>,
}

#[derive(Default)]
pub struct Book {
    pub asked: Mutex<Vec<Asked>>,
    /// Answers that differ from the ordinary ones, by call.
    pub special: Mutex<Vec<(String, u16, Value)>>,
    /// Calls that are answered when the test says so.
    pub held: Mutex<Vec<(String, Arc<Notify>)>>,
}

/// A face, its account, and a way to both.
pub struct World {
    pub base: String,
    pub book: Arc<Book>,
    pub house: Arc<House>,
    handles: [ServerHandle; 2],
}

impl World {
    #[expect(clippy::unused_async, reason = "a world is awaited, whatever its making needs")]
    pub async fn start() -> Self {
        Self::start_at("127.0.0.1:0")
    }

    pub fn start_at(listen: &str) -> Self {
        Self::start_with(listen, |_| {})
    }

    /// With settings of the test's own.
    pub fn start_with(listen: &str, change: impl FnOnce(&mut Settings)) -> Self {
        let book = Arc::new(Book::default());
        let shared = Data::from(Arc::clone(&book));
        let account = HttpServer::new(move || App::new().app_data(shared.clone()).default_service(web::to(answer)))
            .workers(1)
            .disable_signals()
            .bind("127.0.0.1:0")
            .unwrap();
        let account_url = format!("http://{}", account.addrs()[0]);
        let account = account.run();
        let account_handle = account.handle();
        tokio::spawn(account);
        let mut settings = Settings::default();
        settings.gateway.token_key = SecretString::from("t".repeat(40));
        settings.account.key = SecretString::from("k".repeat(40));
        settings.canvas.consumer_secrets = SecretString::from("8d1f6f0c2b7e4f1aa5c9e3d7b6a80f42");
        settings.gateway.workers = 1;
        settings.gateway.trusted_proxies.push(std::net::IpAddr::from([127, 0, 0, 1]));
        change(&mut settings);
        // A port is taken first, so that the public address is known before the house is built.
        let listen = std::net::TcpListener::bind(listen).unwrap().local_addr().unwrap().to_string();
        settings.gateway.listen.clone_from(&listen);
        settings.gateway.public_url = format!("http://{listen}");
        let figures = PrometheusBuilder::new().build_recorder().handle();
        let house = House::build(&settings, &account_url, figures, false).unwrap();
        let (address, face) = server::start(&house, server::listen(&house.settings.gateway.listen).unwrap(), |_| {}).unwrap();
        let face_handle = face.handle();
        tokio::spawn(face);
        Self { base: format!("http://{address}"), book, house, handles: [account_handle, face_handle] }
    }

    /// From now on this call is answered with this.
    pub fn answers(&self, call: &str, status: u16, body: Value) {
        self.book.special.lock().unwrap().insert(0, (call.to_owned(), status, body));
    }

    /// From now on this call waits until the test wakes it.
    pub fn holds(&self, call: &str) -> Arc<Notify> {
        let notify = Arc::new(Notify::new());
        self.book.held.lock().unwrap().push((call.to_owned(), Arc::clone(&notify)));
        notify
    }

    /// What the account was asked by this call.
    pub fn asked(&self, call: &str) -> Vec<Asked> {
        self.book.asked.lock().unwrap().iter().filter(|asked| asked.call == call).cloned().collect()
    }

    pub fn visitor(&self) -> Visitor<'_> {
        Visitor { world: self, cookie: None }
    }

    /// Somebody who accepted an invitation.
    pub async fn member(&self) -> Visitor<'_> {
        let mut visitor = self.visitor();
        let page = visitor.get("/invitations/abc").await;
        let answer = visitor.send("/invitations/abc", &page, &[("first_name", "Ada"), ("last_name", "Lovelace")]).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        visitor
    }

    pub async fn stop(self) {
        for handle in self.handles {
            handle.stop(false).await;
        }
    }
}

/// A browser.
pub struct Visitor<'a> {
    world: &'a World,
    pub cookie: Option<String>,
}

/// What a browser got.
#[derive(Debug)]
pub struct Got {
    pub status: u16,
    pub text: String,
    pub location: Option<String>,
    pub set_cookie: Vec<String>,
    pub headers: reqwest::header::HeaderMap,
}

impl Got {
    /// The token that the page's forms carry.
    pub fn token(&self) -> String {
        let (_, tail) = self.text.split_once("name=\"csrf\" value=\"").expect("a form");
        tail.split('"').next().unwrap().to_owned()
    }

    pub fn code(&self) -> String {
        serde_json::from_str::<Value>(&self.text).unwrap()["code"].as_str().unwrap().to_owned()
    }
}

/// The tests' client. Making one takes longer than most of what is asked by it; each test has a runtime of its own, with which its
/// connections end.
#[expect(clippy::disallowed_methods, reason = "tests bring their own HTTP client")]
pub fn http() -> reqwest::Client {
    static HTTP: std::sync::LazyLock<reqwest::Client> = std::sync::LazyLock::new(|| {
        reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).pool_max_idle_per_host(0).build().unwrap()
    });
    HTTP.clone()
}

impl Visitor<'_> {
    pub async fn get(&mut self, path: &str) -> Got {
        let request = http().get(format!("{}{path}", self.world.base)).header("accept", "text/html");
        self.exchange(request).await
    }

    /// Sends a form of a page, as a browser does.
    pub async fn send(&mut self, path: &str, page: &Got, fields: &[(&str, &str)]) -> Got {
        let mut form: Vec<(String, String)> = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        form.push(("csrf".to_owned(), page.token()));
        form.push(("once".to_owned(), crate::clock::new_id()));
        let request = http().post(format!("{}{path}", self.world.base)).header("accept", "text/html");
        let request = request.header("origin", &self.world.base).header("sec-fetch-site", "same-origin").form(&form);
        self.exchange(request).await
    }

    pub async fn exchange(&mut self, request: reqwest::RequestBuilder) -> Got {
        let request = match &self.cookie {
            Some(cookie) => request.header("cookie", cookie),
            None => request,
        };
        let answer = request.send().await.unwrap();
        let headers = answer.headers().clone();
        let set_cookie: Vec<String> = headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap().to_owned()).collect();
        if let Some(line) = set_cookie.iter().find(|line| line.starts_with("msi=")) {
            self.cookie = line.split(';').next().map(str::to_owned);
        }
        let location = headers.get("location").map(|value| value.to_str().unwrap().to_owned());
        Got { status: answer.status().as_u16(), text: answer.text().await.unwrap(), location, set_cookie, headers }
    }
}

async fn answer(request: HttpRequest, body: Bytes, book: Data<Book>) -> HttpResponse {
    let call = format!("{} {}", request.method(), request.path());
    if call == "GET /readyz" {
        return HttpResponse::Ok().finish();
    }
    let token = request.headers().get("authorization").unwrap().to_str().unwrap().to_owned();
    let claims = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(token.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    let headers = request.headers().iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    let parsed = serde_json::from_slice(&body).unwrap_or_else(|_| json!(String::from_utf8_lossy(&body)));
    book.asked.lock().unwrap().push(Asked {
        call: call.clone(),
        visitor: claims["vis"].clone(),
        from: claims["from"].clone(),
        body: parsed,
        headers,
    });
    let held = book.held.lock().unwrap().iter().find(|(known, _)| *known == call).map(|(_, notify)| Arc::clone(notify));
    if let Some(held) = held {
        held.notified().await;
    }
    let special = book.special.lock().unwrap().iter().find(|(known, ..)| *known == call).cloned();
    let (status, body) = special.map_or_else(|| ordinary(&call), |(_, status, body)| (status, body));
    if call.ends_with("audit.csv") || call.ends_with("report.csv") {
        return HttpResponse::Ok().content_type("text/csv").body("at,who\r\n1,ada\r\n");
    }
    let kind = if status < 400 { "application/json" } else { "application/problem+json" };
    HttpResponse::build(actix_web::http::StatusCode::from_u16(status).unwrap()).content_type(kind).body(body.to_string())
}

fn list(items: &Value) -> Value {
    json!({"items": items, "next_cursor": null, "total": items.as_array().unwrap().len()})
}

fn sync() -> Value {
    json!({"state": "running", "phase": "loading_people", "read": 3120, "written": 3044, "expected": 5000, "seconds_left": 3, "skipped": {"no_owner": 61, "no_salesforce_id": 15},
        "per_second": 812.4, "started_at": NOW - 4000, "started_by": "m.keller@acme.example", "problem": null})
}

fn member(id: &str, name: (&str, &str), role: &str, state: &str, original: bool) -> Value {
    json!({"id": id, "email": format!("{}@acme.example", name.0.to_lowercase()), "first_name": name.0, "last_name": name.1, "role": role,
        "state": state, "teams": [{"id": "everyone", "name": "Everyone"}, {"id": "t1", "name": "DACH"}], "last_seen_at": NOW - 3 * HOUR, "original_user": original})
}

fn import() -> Value {
    json!({"id": "0199f2d0c0de7000a000000000000009", "file_name": "people.csv", "encoding": "windows-1252", "delimiter": ";", "header": ["Mail", "Vorname", "Nachname", "Team"],
        "mapping": {"email": 0, "first_name": 1, "last_name": 2}, "rows": 1204, "sample": [["ada@acme.example", "Ada", "Lovelace", "DACH"], ["grace@acme.example", "Grace", "Hopper", ""]],
        "state": "checked", "counts": {"will_invite": 1180, "malformed": 9, "duplicate": 11, "already_member": 4}})
}

// A campaign with every kind of step, people in every state, and a launch in the making.
fn of_campaigns(call: &str) -> Value {
    let people = json!({"under_way": 3, "waiting": 1, "blocked": 1, "finished": 2, "succeeded": 1, "ended": 1});
    let campaign = json!({"id": ID, "name": "Autumn <b>offer</b>", "category": "Prospecting", "owner_id": "m1", "owner": "ada@acme.example", "mine": true,
        "changeable": true, "shared": ["t1"], "skip_weekends": true, "on_reply": "success", "remove_on_bounce": true, "people": people, "updated_at": NOW});
    let step = |number: i64, day: i64, kind: &str, send: &str| {
        json!({"id": format!("s{number}"), "number": number, "day": day, "kind": kind, "name": format!("Step {number}"), "send": send, "at": if send == "at" { json!("09:30") } else { json!(null) },
            "follow_up": number == 2, "template_id": if number == 2 { json!("tpl") } else { json!(null) }, "template": null, "template_missing": number == 2, "template_outdated": number == 2,
            "subject": "Hello", "text": "Dear you", "notes": "Ask", "priority": "High", "by_itself": kind == "email"})
    };
    let run = |state: &str, reason: Value, task: Value| {
        let over = ["finished", "succeeded", "ended"].contains(&state);
        json!({"id": format!("r-{state}"), "campaign_id": ID, "campaign": "Autumn", "person_id": "p1", "sfdc_id": "00Q1", "person": if over { json!(null) } else { json!("Ann <i>") },
            "member": "rep@acme.example", "state": state, "reason": reason, "problem": null, "step": if over { json!(null) } else { json!("Step 1") }, "step_kind": "call", "number": 1, "of": 4,
            "due_at": if over { json!(null) } else { json!(NOW + HOUR) }, "started_at": NOW - HOUR, "ended_at": if over { json!(NOW) } else { json!(null) }, "task_id": task, "stoppable": !over})
    };
    let one = format!("GET /v1/sales-campaigns/{ID}");
    if call == "GET /v1/sales-campaigns" {
        return json!({"categories": ["Prospecting"], "owners": [{"id": "m1", "email": "ada@acme.example"}], "items": [campaign], "total": 1, "next_cursor": null});
    }
    if call == format!("{one}/people") {
        return list(&json!([
            run("running", json!("daily_limit"), json!(null)),
            run("waiting", json!(null), json!("t9")),
            run("blocked", json!("template_gone"), json!(null)),
            run("finished", json!(null), json!(null)),
            run("succeeded", json!("reply"), json!(null)),
            run("ended", json!("unsubscribed"), json!(null))
        ]));
    }
    if call == format!("GET /v1/sales-launches/{ID}") {
        let mail = json!({"subject": "Hello", "text": "Dear Ann", "edited": true, "unfilled": ["! why"]});
        return json!({"id": ID, "state": "draft", "campaign_id": ID, "campaigns": [{"id": ID, "name": "Autumn", "category": "General", "chosen": true}], "campaign": {"id": ID, "name": "Autumn"},
            "zone": "Europe/Berlin", "start_at": NOW, "start_on": "2026-12-01T09:00", "chooses": true, "count": 1, "outcome": null,
            "steps": [{"number": 1, "day": 1, "name": "One", "kind": "email", "by_itself": true, "at": NOW}, {"number": 2, "day": 3, "name": "Two", "kind": "call", "by_itself": false, "at": NOW + 48 * HOUR}],
            "people": [{"id": "p1", "sfdc_id": "00Q1", "name": "Ann", "email": "ann@acme.example", "mail": mail}], "left_out": [{"id": "p2", "name": "Bob", "code": "unsubscribed"}],
            "problem": {"code": "campaign.launch_limit", "detail": "Enough."}});
    }
    let figure = |number: i64, done: i64| json!({"id": format!("s{number}"), "number": number, "name": "One", "kind": "email", "mail": number < 3, "done": done, "sent": done, "opened": 2, "clicked": 1, "replied": 1, "bounced": 0, "removed": 1});
    let mut whole = campaign;
    whole["steps"] =
        json!([step(1, 1, "email", "choose"), step(2, 3, "email", "at"), step(3, 3, "call", "task"), step(4, 9, "custom", "task")]);
    whole["figures"] = json!({"started": 7, "steps": [figure(1, 7), figure(2, 5), figure(3, 2), figure(4, 1)], "ends": [{"reason": "reply", "count": 1}, {"reason": "bounce", "count": 2}]});
    whole
}

/// The id of everything.
const ID: &str = "0199f2d0c0de7000a000000000000009";

// What the account answers about the Salesforce package.
fn of_programs_and_the_package(call: &str) -> Value {
    match call {
        "GET /v1/me/api-tokens" => list(&json!([
            {"id": "k1", "name": "Nightly import", "created_at": NOW - 9 * HOUR, "expires_at": NOW + 700 * HOUR, "last_used_at": NOW - HOUR},
            {"id": "k2", "name": "Try-out", "created_at": NOW - HOUR, "expires_at": NOW + 70 * HOUR, "last_used_at": null}])),
        "GET /v1/connections/salesforce/secret-key" => {
            json!({"state": "made", "last4": "Zq9_", "made_at": NOW - HOUR, "made_by": "ada@acme.example"})
        }
        "POST /v1/connections/salesforce/secret-key" => {
            json!({"state": "made", "last4": "aaaa", "made_at": NOW, "made_by": "ada@acme.example", "secret_key": "msk_aaaa"})
        }
        "GET /v1/connections/salesforce/certificates" => list(
            &json!([{"id": "c1", "org_id": "00Dx0000000BV7zEAG", "name": "MSI_Gateway", "fingerprint": "ab", "not_before": NOW - HOUR, "not_after": NOW + 500 * HOUR,
                "state": "active", "registered_at": NOW - HOUR, "registered_by": "005x0000001SyyEAAS", "revoked_at": null},
                {"id": "c0", "org_id": "00Dx0000000BV7zEAG", "name": "MSI_Gateway_Old", "fingerprint": "cd", "not_before": NOW - 900 * HOUR, "not_after": NOW + 2 * HOUR,
                "state": "revoked", "registered_at": NOW - 900 * HOUR, "registered_by": null, "revoked_at": NOW - HOUR}]),
        ),
        "GET /v1/connections/salesforce/package" => {
            json!({"org_id": "00Dx0000000BV7zEAG", "version": "1.0.0", "minimum_version": "1.0.0", "standing": "current", "reps": 12, "admins": 1,
                "configuration": {"state": "saved", "gateway_address": "https://msi.example.com", "actions_enabled": true}, "asked_at": NOW - 3000,
                "reported_version": "1.0.0", "reported_at": NOW - HOUR, "problem": null})
        }
        "GET /v1/login-settings" => json!({"method": "salesforce_only"}),
        "GET /v1/templates" => json!({"categories": ["General"], "items": [{"id": "tpl", "name": "Offer", "category": "General"}]}),
        _ if call.contains("/sales-") => of_campaigns(call),
        _ => json!({}),
    }
}

/// What the account answers unless a test says otherwise.
pub fn ordinary(call: &str) -> (u16, Value) {
    let everyone = json!({"id": "everyone", "name": "Everyone", "built_in": true, "members": 3});
    let teams = list(&json!([everyone, {"id": "t1", "name": "DACH", "built_in": false, "members": 2}]));
    let answer = match call {
        "GET /v1/me" => {
            json!({"member_id": "m1", "email": "ada@acme.example", "first_name": "Ada", "last_name": "Lovelace", "role": "admin", "original_user": true,
                "account": {"id": "a1", "name": "Acme Industries", "munchkin_id": "123-ABC-456"}, "language": "en", "time_zone": "Europe/Berlin",
                "teams": [{"id": "everyone", "name": "Everyone"}]})
        }
        "GET /v1/invitations/by-token/abc" => {
            json!({"state": "invited", "email": "ada@acme.example", "account_name": "Acme Industries", "inviter": "Marta Keller", "expires_at": NOW + 72 * HOUR, "language": "en"})
        }
        "POST /v1/invitations/by-token/abc/accept" | "POST /v1/sign-in-links/redeem" | "POST /v1/salesforce/sign-ins/f1/finish" => {
            json!({"account_id": "a1", "member_id": "m1"})
        }
        "POST /v1/salesforce/sign-ins" => {
            json!({"authorize_url": "https://login.salesforce.com/services/oauth2/authorize?x=1", "flow_id": "f1"})
        }
        "POST /v1/connections/salesforce/flows" => {
            json!({"authorize_url": "https://login.salesforce.com/services/oauth2/authorize?y=1", "flow_id": "f2"})
        }
        "POST /v1/marketo-admins" => json!({"account_id": "a1", "account_name": "Acme Industries", "email": "marta@acme.example"}),
        "GET /v1/actions-config" => {
            json!({"first_user": {"state": "none"}, "integration": {"available": false, "munchkin_id": "123-ABC-456"}, "sync": {"state": "idle"}})
        }
        "GET /v1/marketo/admins" => list(&json!([
            {"email": "marta@acme.example", "first_name": "Marta", "last_name": "Keller", "role": "Admin"},
            {"email": "jonas@acme.example", "first_name": "Jonas", "last_name": "Brandt", "role": "Admin, Marketing User"}])),
        "GET /v1/field-sync/runs" => list(
            &json!([{"state": "done", "started_at": NOW - 50 * HOUR, "started_by": "marta@acme.example", "read": 5000, "written": 4870}]),
        ),
        "GET /v1/field-sync" => sync(),
        "GET /v1/field-sync/preview" => {
            let field = |marketo: &str, kind: &str, ours: &str, samples: Value| json!({"marketo_field": marketo, "type": kind, "account_field": ours, "samples": samples});
            json!({"qualify": 4870, "skipped": {"no_owner": 113}, "fields": [
                field("firstName", "string", "first_name", json!(["Ada", "Grace", "Linus"])),
                field("email", "email", "email", json!(["ada@analytical.example", "grace@navy.example"])),
                field("sfdcLeadId", "string", "salesforce_lead_id", json!([]))]})
        }
        "POST /v1/actions-config/integration/reveal" => json!({"client_secret": "s3cr3t-value"}),
        "GET /v1/account" => {
            json!({"name": "Acme Industries", "time_zone": "Europe/Berlin", "language": "en", "seat_limit": 100, "original_user": {"member_id": "m1", "email": "ada@acme.example"}})
        }
        "GET /v1/members" => list(&json!([
            member("m1", ("Ada", "Lovelace"), "admin", "active", true),
            member("m2", ("Grace", "Hopper"), "user", "active", false),
            member("m3", ("Linus", "Torvalds"), "user", "invited", false)
        ])),
        "GET /v1/teams" => teams,
        "GET /v1/connections/salesforce" => {
            json!({"state": "connected", "environment": "production", "org_id": "00Dx0000000BV7zEAG", "instance_url": "https://acme.my.salesforce.com",
                "user": "integration@acme.example", "scopes": ["api", "refresh_token", "openid"], "api_version": "67.0", "last_success_at": NOW - 60_000, "problem": null})
        }
        "GET /v1/connections/marketo" => {
            json!({"state": "connected", "munchkin_id": "123-ABC-456", "client_id": "b417a98f-1111", "owner": {"member_id": "m1", "email": "ada@acme.example"}, "last_success_at": NOW - 60_000, "problem": null})
        }
        "GET /v1/connections/marketo/budget" => {
            let hours = |calls: i64| (0..24).map(|hour| if hour < 9 { calls * (hour + 1) } else { 0 }).collect::<Vec<_>>();
            json!({"connected": true, "munchkin": "123-ABC-456", "used_today": 4_520, "daily_limit": 40_000, "background_limit": 32_000,
                "in_window": 3, "window_limit": 50, "in_flight": 1, "paused_until": null, "pause_reason": null, "resumes_at": null,
                "day_began": NOW - 9 * HOUR, "hours": {"timeline_tail": hours(60), "people_changes": hours(30), "people": hours(2)},
                "instance": {"total": 9_812, "own": 4_520, "read_at": NOW - 60_000}})
        }
        "GET /v1/connections/marketo/access" => {
            list(&json!([{"member_id": "m1", "email": "ada@acme.example", "first_name": "Ada", "last_name": "Lovelace", "access": true}]))
        }
        "GET /v1/deliveries" => ledger(),
        call if MAILING.iter().any(|start| call.starts_with(start)) => mailing(call),
        "GET /v1/audit" => list(&json!([
            {"at": NOW - HOUR, "who": "ada@acme.example", "what": "member.invited", "target": "grace@acme.example", "from": "192.0.2.7", "request_id": "r1"},
            {"at": NOW - 2 * HOUR, "who": "marta@acme.example", "what": "integration.revealed", "target": "123-ABC-456", "from": "192.0.2.8", "request_id": "r2"}])),
        "GET /v1/invitations" => list(
            &json!([{"id": "i1", "email": "linus@acme.example", "state": "invited", "sent_at": NOW - HOUR, "opened_at": null, "expires_at": NOW + 70 * HOUR, "accepted_at": null}]),
        ),
        "POST /v1/invitations" => {
            json!({"results": [{"email": "x@acme.example", "outcome": "invited", "detail": null}, {"email": "nonsense", "outcome": "malformed", "detail": null}]})
        }
        "POST /v1/invitations/imports" | "GET /v1/invitations/imports/0199f2d0c0de7000a000000000000009" => import(),
        "GET /v1/invitations/imports/0199f2d0c0de7000a000000000000009/rows" => {
            list(&json!([{"number": 7, "email": "nonsense", "outcome": "malformed", "detail": "There is no @ in it."}]))
        }
        "GET /v1/set-up" => {
            let step = |number: u8, state: &str, who: &str| json!({"number": number, "state": state, "who": who, "detail": null, "since": NOW - 40 * HOUR});
            json!({"steps": [step(1, "done", "marketo_admin"), step(2, "done", "you"), step(3, "failed", "you"), step(4, "waiting", "marketo_admin"),
                step(5, "todo", "admin"), step(6, "todo", "salesforce_admin"), step(7, "waiting", "salesforce_admin")]})
        }
        _ => of_programs_and_the_package(call),
    };
    (if call.starts_with("POST /v1/sign-in-links") && !call.ends_with("redeem") { 202 } else { 200 }, answer)
}
