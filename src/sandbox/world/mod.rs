//! The world behind the emulated systems: who exists, what they did, and what was done to them from outside.

pub mod catalogue;
pub mod companies;
pub mod deeds;
pub mod feed;
pub mod ids;
pub mod names;
pub mod opportunities;
pub mod overlay;
pub mod people;
mod scan;
pub mod stories;
pub mod telling;
pub mod users;
pub mod view;

use std::sync::{Arc, OnceLock};

use crate::sandbox::clock::{WorldClock, machine_ms};
use crate::sandbox::control::faults::{Faults, Lags, Refusals};
use crate::sandbox::control::journal::Journal;
use crate::sandbox::dice::{BASE62, Dice, HEX, Stream};
use crate::sandbox::kept::Kept;
use crate::sandbox::mail::Mailbox;
use crate::sandbox::marketo::Marketo;
use crate::sandbox::salesforce::Salesforce;
use crate::sandbox::salesforce::keys::OrgKey;
use crate::sandbox::salesforce::package::Package;
use feed::Days;
use ids::{Object, record_id};
use overlay::Overlay;
use people::Population;
use view::View;

/// How a world is made.
#[derive(Debug, Clone)]
pub struct WorldOptions {
    /// Same seed, same world.
    pub seed: u64,
    /// How many people Marketo knows.
    pub people: u32,
    /// Under which address the sandbox is mounted, without a slash at the end, such as `http://127.0.0.1:8080/sandbox`.
    pub base_url: String,
    /// Signs the signed requests.
    pub consumer_secret: String,
    /// Where record pages post the signed request, such as `http://127.0.0.1:8080/canvas`.
    pub canvas_url: String,
    /// When the world begins, in seconds since the epoch; now if absent.
    pub began: Option<i64>,
    /// How many activities there are about, at most.
    pub activities: u32,
    /// How long a bulk job is processed, in milliseconds.
    pub job_ms: i64,
    /// Folder with the package's compiled components, if somebody compiled them.
    pub components: Option<std::path::PathBuf>,
}

impl Default for WorldOptions {
    fn default() -> Self {
        Self {
            seed: 42,
            people: 5_000,
            base_url: "http://127.0.0.1:9090".to_owned(),
            consumer_secret: "sandbox-consumer-secret".to_owned(),
            canvas_url: "http://127.0.0.1:8080/canvas".to_owned(),
            began: None,
            activities: 400_000,
            job_ms: 1_000,
            components: None,
        }
    }
}

/// About how many activities a person has in the days of history.
const ACTIVITIES_A_PERSON: u32 = 25;
const HISTORY_DAYS: i64 = 92;

/// The emulated world. One is shared by all that serve it.
#[derive(Debug)]
pub struct World {
    options: WorldOptions,
    munchkin_id: String,
    client_id: String,
    client_secret: String,
    consumer_key: String,
    population: Arc<Population>,
    overlay: Kept<Arc<Overlay>>,
    org_key: OnceLock<OrgKey>,
    pub(in crate::sandbox) days: Days,
    pub(in crate::sandbox) clock: WorldClock,
    pub(in crate::sandbox) marketo: Marketo,
    pub(in crate::sandbox) salesforce: Salesforce,
    pub(in crate::sandbox) mail: Mailbox,
    pub(in crate::sandbox) journal: Journal,
    pub(in crate::sandbox) faults: Faults,
    pub(in crate::sandbox) lags: Kept<Lags>,
    pub(in crate::sandbox) refusals: Kept<Refusals>,
}

impl World {
    /// Makes a world; quick whatever its size, for people are made when they are asked for.
    pub fn new(options: WorldOptions) -> Self {
        let mut dice = Dice::of(options.seed, Stream::Credentials, 0, 0);
        let munchkin_id = format!("{}-{}-{}", 100 + dice.below(900), dice.text(b"ABCDEFGHJKLMNPQRSTUVWXYZ", 3), 100 + dice.below(900));
        let client_id = [8, 4, 4, 4, 12].map(|length| dice.text(HEX, length)).join("-");
        let client_secret = dice.text(BASE62, 32);
        let consumer_key = format!("3MVG9{}", dice.text(BASE62, 80));
        let wanted = options.people.saturating_mul(ACTIVITIES_A_PERSON);
        let population = Population {
            seed: options.seed,
            count: options.people,
            began: options.began.unwrap_or_else(|| machine_ms().div_euclid(1000)),
            stride: wanted.div_ceil(options.activities.max(1)).max(1),
            history_days: HISTORY_DAYS,
        };
        Self {
            munchkin_id,
            client_id,
            client_secret,
            consumer_key,
            population: Arc::new(population),
            overlay: Kept::default(),
            org_key: OnceLock::new(),
            days: Days::default(),
            clock: WorldClock::default(),
            marketo: Marketo::new(options.job_ms),
            salesforce: Salesforce::default(),
            mail: Mailbox::default(),
            journal: Journal::default(),
            faults: Faults::default(),
            lags: Kept::default(),
            refusals: Kept::default(),
            options,
        }
    }

    /// Marketo's id of the instance.
    pub fn munchkin_id(&self) -> &str {
        &self.munchkin_id
    }

    /// Client id of the custom service.
    pub fn marketo_client_id(&self) -> &str {
        &self.client_id
    }

    /// Client secret of the custom service.
    pub fn marketo_client_secret(&self) -> &str {
        &self.client_secret
    }

    /// Where Marketo is found: identity, REST and bulk lie below.
    pub fn marketo_url(&self) -> String {
        format!("{}/marketo", self.options.base_url)
    }

    /// The 18-character id of the Salesforce org.
    pub fn org_id(&self) -> String {
        record_id(Object::Organization, u32::try_from(self.options.seed % 1_000_000).unwrap_or(0))
    }

    /// What the org is called.
    pub fn org_name(&self) -> &'static str {
        "Brightwater Systems"
    }

    /// Where the org is found.
    pub fn instance_url(&self) -> String {
        format!("{}/salesforce", self.options.base_url)
    }

    /// The consumer key of the org's connected app.
    pub fn consumer_key(&self) -> &str {
        &self.consumer_key
    }

    /// The options that the world was made with.
    pub fn options(&self) -> &WorldOptions {
        &self.options
    }

    /// The certificate with which the org signs; made when first asked for.
    pub fn org_certificate_pem(&self) -> String {
        self.org_key().certificate_pem.clone()
    }

    /// Has the org's package configured for its gateway and given to the sales people, as its admin would do by hand.
    pub fn configure_package(&self, certificate: &str, secret_key: &str) {
        let package = Package::configured(&origin_of(&self.options.canvas_url), certificate, secret_key);
        self.salesforce.package.with(|known| *known = package);
    }

    pub(in crate::sandbox) fn org_key(&self) -> &OrgKey {
        self.org_key.get_or_init(|| OrgKey::generate("Brightwater_Sales_Insight"))
    }

    /// The id of the Salesforce user with this login; empty when there is none.
    pub fn user_id(&self, login: &str) -> String {
        users::User::named(login).map(users::User::id).unwrap_or_default()
    }

    /// The text of the newest mail to an address.
    pub fn newest_mail_to(&self, address: &str) -> Option<String> {
        self.mail.newest_to(address)
    }

    /// Goes through Salesforce's authorization page as a user who is signed in and agrees; brings back code and state.
    pub fn allowed(&self, authorize_url: &str, login: &str) -> Option<(String, String)> {
        crate::sandbox::salesforce::authorize::allowed(self, authorize_url, login)
    }

    /// The world as it stands.
    pub(in crate::sandbox) fn view(&self) -> View {
        View { population: Arc::clone(&self.population), overlay: self.overlay.with(|overlay| Arc::clone(overlay)) }
    }

    pub(in crate::sandbox) fn population(&self) -> &Population {
        &self.population
    }

    /// The path under which the sandbox is mounted; empty at the root of a host.
    pub(in crate::sandbox) fn base_path(&self) -> String {
        url::Url::parse(&self.options.base_url).map(|url| url.path().trim_end_matches('/').to_owned()).unwrap_or_default()
    }

    /// Scheme, host and port of the sandbox.
    pub(in crate::sandbox) fn origin(&self) -> String {
        origin_of(&self.options.base_url)
    }
}

/// Scheme, host and port of an address.
pub(in crate::sandbox) fn origin_of(address: &str) -> String {
    url::Url::parse(address).map(|url| url.origin().ascii_serialization()).unwrap_or_default()
}
