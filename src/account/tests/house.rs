//! An account with the sandbox around it (#[cfg(test)]).

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use actix_web::http::Method;
use actix_web::{App, HttpServer, test};
use jsonwebtoken::{EncodingKey, Header};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::account::arrivals::{Arrivals, Pace};
use crate::account::connections::Connections;
use crate::account::postbox::Postbox;
use crate::account::sealing::Sealer;
use crate::account::{AccountState, configure};
use crate::clock;
use crate::remote::call::Caller;
use crate::sandbox::{self, World, WorldOptions};
use crate::settings::Settings;
use crate::store::testing::{TestStore, every_engine};

const KEY: &str = "0123456789abcdef0123456789abcdef";

pub(super) struct House {
    pub(super) state: Arc<AccountState>,
    pub(super) world: Arc<World>,
    pub(super) base: String,
    pub(super) engine: &'static str,
    server: ServerHandle,
    pub(super) test: TestStore,
    _clock: Arc<Clock>,
}

// The clock is one for the process: whoever moves it is alone meanwhile.
static CLOCK: tokio::sync::RwLock<()> = tokio::sync::RwLock::const_new(());

enum Clock {
    Shared { _guard: tokio::sync::RwLockReadGuard<'static, ()> },
    Alone { _guard: tokio::sync::RwLockWriteGuard<'static, ()> },
}

// Whoever was alone leaves the clock as it was: the sandbox's own does not move along.
impl Drop for Clock {
    fn drop(&mut self) {
        if let Self::Alone { .. } = self {
            clock_back();
        }
    }
}

/// Moves the clock back to the machine's.
#[expect(clippy::disallowed_methods, reason = "the wall clock itself, to see how far ours was moved")]
pub(super) fn clock_back() {
    let wall = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    clock::shift(i64::try_from(wall.as_millis()).unwrap() - clock::now_ms());
}

impl Drop for House {
    fn drop(&mut self) {
        drop(self.server.stop(false));
    }
}

/// The tests' own client, which follows nobody.
#[expect(clippy::disallowed_methods, reason = "the tests' own client")]
pub(super) fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

/// A house for every engine.
pub(super) async fn houses() -> Vec<House> {
    houses_with(|_| {}).await
}

pub(super) async fn houses_with(change: impl Fn(&mut Settings)) -> Vec<House> {
    let clock = Clock::Shared { _guard: CLOCK.read().await };
    with_clock(Arc::new(clock), change).await
}

/// The same for tests that move the clock.
pub(super) async fn houses_alone() -> Vec<House> {
    let clock = Clock::Alone { _guard: CLOCK.write().await };
    with_clock(Arc::new(clock), |_| {}).await
}

async fn with_clock(clock: Arc<Clock>, change: impl Fn(&mut Settings)) -> Vec<House> {
    let mut houses = Vec::new();
    for store in every_engine().await {
        houses.push(build(store, Arc::clone(&clock), &change).await);
    }
    houses
}

async fn build(test: TestStore, clock: Arc<Clock>, change: &impl Fn(&mut Settings)) -> House {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = listener.local_addr().unwrap().to_string();
    let base = format!("http://{listen}");
    let options = WorldOptions { people: 60, base_url: base.clone(), canvas_url: format!("{base}/canvas"), ..WorldOptions::default() };
    let secret = options.consumer_secret.clone();
    let world = Arc::new(World::new(options));
    let mail = sandbox::mail::listen(Arc::clone(&world), SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let served = Arc::clone(&world);
    let server = HttpServer::new(move || {
        let world = Arc::clone(&served);
        App::new().configure(move |config| sandbox::configure(config, world))
    })
    .workers(1)
    .disable_signals()
    .keep_alive(sandbox::RESTING)
    .client_request_timeout(sandbox::RESTING)
    .listen(listener)
    .unwrap()
    .run();
    let handle = server.handle();
    actix_web::rt::spawn(server);

    let mut settings = Settings::default();
    settings.account.key = SecretString::from(KEY);
    settings.secrets.sealing_key = SecretString::from("4".repeat(64));
    settings.marketo.extra_hosts.push(listen.clone());
    settings.marketo.endpoint = format!("{base}/marketo");
    settings.salesforce.extra_hosts.push(listen);
    // Much else runs beside, also on slow machines.
    settings.salesforce.timeout_seconds = 60;
    settings.salesforce.client_id = world.consumer_key().to_owned();
    settings.salesforce.client_secret = SecretString::from(secret);
    settings.salesforce.login_url = world.instance_url();
    settings.salesforce.sandbox_login_url = world.instance_url();
    let inbox = sandbox::mail::show(Arc::clone(&world), SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    settings.mail.url = Some(SecretString::from(format!("smtp://{mail}")));
    settings.mail.extra_hosts = vec![mail.to_string(), inbox.to_string()];
    settings.mail.poll_seconds = 1;
    settings.gateway.public_url = "http://127.0.0.1:1".to_owned();
    change(&mut settings);
    let caller = Caller::new(&settings).unwrap();
    let sealer = Arc::new(Sealer::from_settings(&settings.secrets).unwrap());
    let store = test.store.clone();
    let connections = Connections::new(store.clone(), caller.clone(), &settings, sealer).unwrap();
    let arrivals = Arrivals::new(store.clone(), Arc::clone(&connections), 90, Pace::default());
    let state =
        AccountState::new(store, Arc::new(settings), Arc::new(arrivals), Arc::<Connections>::clone(&connections), connections, caller)
            .unwrap();
    House { state, world, base, engine: test.engine, server: handle, test, _clock: clock }
}

/// An answer: status, body as JSON (or text), headers that matter.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) status: u16,
    pub(super) body: Value,
}

impl Said {
    pub(super) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    pub(super) fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "{} {}", self.status, self.body);
        self.body
    }

    pub(super) fn refused(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.code()), (status, code), "{}", self.body);
    }
}

pub(super) fn face() -> Value {
    json!({"kind": "face"})
}

pub(super) fn member(account: &str, member: &str) -> Value {
    json!({"kind": "member", "account": account, "member": member})
}

pub(super) fn marketo_admin(account: &str) -> Value {
    json!({"kind": "marketo_admin", "account": account, "email": "ops@brightwater.example"})
}

impl House {
    pub(super) async fn ask(&self, visitor: &Value, method: &str, path: &str, body: Option<Value>) -> Said {
        let request = test::TestRequest::default().method(Method::from_bytes(method.to_uppercase().as_bytes()).unwrap()).uri(path);
        let request = match body {
            Some(body) => request.set_json(body),
            None => request,
        };
        self.send(visitor, request).await
    }

    pub(super) async fn send(&self, visitor: &Value, request: test::TestRequest) -> Said {
        let now = clock::now_s();
        let claims = json!({"iss": "msi-face", "aud": "msi-account", "iat": now, "exp": now + 30, "rid": "test-1", "from": "203.0.113.7", "vis": visitor});
        let token = jsonwebtoken::encode(&Header::default(), &claims, &EncodingKey::from_secret(KEY.as_bytes())).unwrap();
        let state = Arc::clone(&self.state);
        let app = test::init_service(App::new().configure(|config| configure(config, state))).await;
        let answer = test::call_service(&app, request.insert_header(("Authorization", format!("Bearer {token}"))).to_request()).await;
        let status = answer.status().as_u16();
        let bytes = test::read_body(answer).await;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Said { status, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) }
    }

    pub(super) async fn get(&self, visitor: &Value, path: &str) -> Said {
        self.ask(visitor, "GET", path, None).await
    }

    pub(super) async fn post(&self, visitor: &Value, path: &str, body: Value) -> Said {
        self.ask(visitor, "POST", path, Some(body)).await
    }

    /// Somebody of Marketo enters; gives the account's id.
    pub(super) async fn enter(&self) -> String {
        let said = self.post(&face(), "/v1/marketo-admins", self.entrance("ops@brightwater.example")).await;
        said.ok()["account_id"].as_str().unwrap().to_owned()
    }

    pub(super) fn entrance(&self, email: &str) -> Value {
        json!({"munchkin_id": self.world.munchkin_id(), "client_id": format!("  {} ", self.world.marketo_client_id()),
               "client_secret": format!("{}\n", self.world.marketo_client_secret()), "email": email})
    }

    /// Sends what is due and gives the links of the mails to `recipient`, the newest first.
    pub(super) async fn links_to(&self, recipient: &str) -> Vec<String> {
        let postbox = Postbox::open(&self.state.connections).unwrap().unwrap();
        for _ in 0..20 {
            postbox.empty(&self.state.connections).await.unwrap();
            let links = self.mailed(recipient).await;
            if !links.is_empty() {
                return links;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        Vec::new()
    }

    pub(super) async fn mailed(&self, recipient: &str) -> Vec<String> {
        let client = client();
        let mails: Value = client.get(format!("{}/mail/messages.json", self.base)).send().await.unwrap().json().await.unwrap();
        let mine = mails
            .as_array()
            .unwrap()
            .iter()
            .filter(|mail| mail["to"][0].as_str().unwrap().trim_matches(['<', '>']) == recipient)
            .cloned()
            .collect::<Vec<_>>();
        mine.iter()
            .map(|mail| {
                let text = mail["text"].as_str().unwrap();
                let link = text.lines().find(|line| line.starts_with("http://127.0.0.1:1/")).unwrap();
                link.trim().rsplit('/').next().unwrap().to_owned()
            })
            .collect()
    }

    /// The guide's step 1: enters, invites the first user, accepts; gives account and member.
    pub(super) async fn with_first_user(&self) -> (String, String) {
        let account = self.enter().await;
        self.post(
            &marketo_admin(&account),
            "/v1/actions-config/first-invitation",
            json!({"email": "ops@brightwater.example", "language": "de"}),
        )
        .await
        .ok();
        let token = self.links_to("ops@brightwater.example").await.remove(0);
        let accepted = self.post(&face(), &format!("/v1/invitations/by-token/{token}/accept"), json!({})).await.ok();
        (account, accepted["member_id"].as_str().unwrap().to_owned())
    }

    /// Invites and accepts; gives the member's id.
    pub(super) async fn joined(&self, by: &Value, email: &str, role: &str) -> String {
        self.post(by, "/v1/invitations", json!({"emails": [email], "role": role})).await.ok();
        let token = self.links_to(email).await.remove(0);
        let accepted = self.post(&face(), &format!("/v1/invitations/by-token/{token}/accept"), json!({"first_name": "Ann"})).await.ok();
        accepted["member_id"].as_str().unwrap().to_owned()
    }
}
