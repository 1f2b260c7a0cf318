//! An account with two tenants behind its real routes, and what it asks of others.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use jsonwebtoken::{EncodingKey, Header};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::account::arrivals::Arrival;
use crate::account::connections::Connections;
use crate::account::provisioning::{Provision, ProvisionOrg, provision};
use crate::account::sealing::Sealer;
use crate::account::upstreams::{Budgets, Newcomers};
use crate::account::{AccountState, serve};
use crate::clock;
use crate::problem::Problem;
use crate::remote::call::Caller;
use crate::settings::Settings;
use crate::store::testing::{TestStore, person, sqlite};
use crate::store::timeline::{Activity, Tab};
use crate::store::{Store, Tenant};

pub const KEY: &str = "0123456789abcdef0123456789abcdef";
pub const ORG_A: &str = "00D000000000001EAA";
pub const ORG_B: &str = "00D000000000002EAA";
pub const USER: &str = "005000000000001AAA";

/// Says about newcomers what the test wants, and remembers who was looked for.
pub struct Scripted {
    pub store: Store,
    pub answer: Mutex<Arrival>,
    pub looked: Mutex<Vec<(String, String, String)>>,
    /// While it is there, nobody is found before the test says so.
    pub held: Mutex<Option<Arc<Notify>>>,
}

impl Newcomers for Scripted {
    fn look<'a>(&'a self, account_id: &'a str, sfdc_id: &'a str, request_id: &'a str) -> LocalBoxFuture<'a, Arrival> {
        async move {
            self.looked.lock().unwrap().push((account_id.to_owned(), sfdc_id.to_owned(), request_id.to_owned()));
            let held = self.held.lock().unwrap().clone();
            if let Some(held) = held {
                held.notified().await;
            }
            let answer = self.answer.lock().unwrap().clone();
            if answer == Arrival::Arrived {
                let mut newcomer = person(99);
                sfdc_id.clone_into(&mut newcomer.sfdc_id);
                self.store.tenant(account_id).upsert_people(&[newcomer], 1, None).await.unwrap();
            }
            answer
        }
        .boxed_local()
    }
}

impl Budgets for Scripted {
    fn budgets(&self) -> LocalBoxFuture<'_, Result<Value, Problem>> {
        async { Ok(json!([{ "account_id": "a", "used_today": 3 }])) }.boxed_local()
    }
}

pub struct World {
    pub address: SocketAddr,
    pub scripted: Arc<Scripted>,
    pub a: Tenant,
    pub b: Tenant,
    pub state: Arc<AccountState>,
    client: reqwest::Client,
    _store: TestStore,
}

pub struct Reply {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl World {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// With settings of the test's own.
    pub async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let org = start_org();
        let mut settings = Settings::default();
        settings.account.key = SecretString::from(KEY);
        settings.gateway.workers = 1;
        settings.salesforce.extra_hosts = vec![org.to_string()];
        change(&mut settings);
        let store = sqlite().await;
        for (account, org_id) in [("a", ORG_A), ("b", ORG_B)] {
            let wanted = Provision {
                account_id: Some(account.to_owned()),
                name: format!("Account {account}"),
                org: ProvisionOrg {
                    org_id: org_id.to_owned(),
                    name: format!("Org {account}"),
                    instance_url: format!("http://{org}/salesforce"),
                    frame_ancestors: vec!["https://acme.lightning.force.com".to_owned(), "https://acme.vf.force.com/".to_owned()],
                    is_sandbox: true,
                },
            };
            assert_eq!(provision(&store.store, wanted).await.unwrap(), account);
        }
        let scripted = Arc::new(Scripted {
            store: store.store.clone(),
            answer: Mutex::new(Arrival::Absent),
            looked: Mutex::default(),
            held: Mutex::default(),
        });
        let caller = Caller::new(&settings).unwrap();
        settings.secrets.sealing_key = SecretString::from("4".repeat(64));
        let sealer = Arc::new(Sealer::from_settings(&settings.secrets).unwrap());
        let connections = Connections::new(store.store.clone(), caller.clone(), &settings, sealer).unwrap();
        let state = AccountState::new(
            store.store.clone(),
            Arc::new(settings),
            Arc::<Scripted>::clone(&scripted),
            Arc::<Scripted>::clone(&scripted),
            connections,
            caller,
        )
        .unwrap();
        let (address, server) = serve(&state, "127.0.0.1:0").unwrap();
        actix_web::rt::spawn(server);
        #[expect(clippy::disallowed_methods, reason = "the tests' own client")]
        let client = reqwest::Client::new();
        let (a, b) = (store.store.tenant("a"), store.store.tenant("b"));
        Self { address, scripted, a, b, state, client, _store: store }
    }

    pub async fn get(&self, path: &str, token: &str) -> Reply {
        self.send(self.client.get(self.url(path)).bearer_auth(token)).await
    }

    pub async fn post(&self, path: &str, token: &str, body: &Value) -> Reply {
        self.send(self.client.post(self.url(path)).bearer_auth(token).json(body)).await
    }

    pub fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, self.url(path))
    }

    pub async fn send(&self, request: reqwest::RequestBuilder) -> Reply {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Reply { status, headers, text: response.text().await.unwrap() }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

/// The claims that the face would sign.
pub fn claims(vis: &Value) -> Value {
    let now = clock::now_s();
    json!({ "iss": "msi-face", "aud": "msi-account", "iat": now, "exp": now + 30, "rid": "req-1", "vis": vis })
}

pub fn sign(claims: &Value) -> String {
    jsonwebtoken::encode(&Header::default(), claims, &EncodingKey::from_secret(KEY.as_bytes())).unwrap()
}

pub fn face() -> String {
    sign(&claims(&json!({ "kind": "face" })))
}

pub fn package(account: &str) -> String {
    let org = if account == "a" { ORG_A } else { ORG_B };
    sign(&claims(&json!({ "kind": "package", "account": account, "org": org, "user": USER })))
}

pub fn rep(account: &str, record: &str) -> String {
    let org = if account == "a" { ORG_A } else { ORG_B };
    let object = match &record[..3] {
        "00Q" => "Lead",
        "001" => "Account",
        "006" => "Opportunity",
        _ => "Contact",
    };
    sign(&claims(&json!({ "kind": "rep", "account": account, "org": org, "user": USER, "object": object, "record": record })))
}

pub fn activity(guid: &str, tab: Tab, kind: &str, at: i64, subject: &str, detail: &Value) -> Activity {
    Activity {
        guid: guid.to_owned(),
        lead_id: 1,
        tab: tab.code(),
        kind: kind.to_owned(),
        happened_at: at,
        subject: Some(subject.to_owned()),
        asset_id: Some("500".to_owned()),
        detail: detail.to_string(),
    }
}

// An org that knows one token, and breaks for another.
fn start_org() -> SocketAddr {
    async fn userinfo(request: HttpRequest) -> HttpResponse {
        let token = request.headers().get("Authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        match token {
            "Bearer alive" => HttpResponse::Ok().json(json!({ "user_id": USER, "organization_id": ORG_A })),
            "Bearer other-user" => HttpResponse::Ok().json(json!({ "user_id": "005000000000009AAA", "organization_id": ORG_A })),
            "Bearer broken" => HttpResponse::InternalServerError().finish(),
            _ => HttpResponse::Forbidden().body("Bad_OAuth_Token"),
        }
    }
    let server = HttpServer::new(|| App::new().route("/salesforce/services/oauth2/userinfo", web::get().to(userinfo)))
        .workers(1)
        .disable_signals()
        .bind("127.0.0.1:0")
        .unwrap();
    let address = server.addrs()[0];
    actix_web::rt::spawn(server.run());
    address
}
