//! An account's connection to Marketo: stored sealed, opened here, one client for each account and one budget for
//! each Marketo instance.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use secrecy::SecretString;
use serde::Serialize;

use super::identity_token::IssuerKeys;
use crate::clock;
use crate::problem::Problem;
use crate::remote::call::{CallError, Caller};
use crate::remote::marketo::budget::{Budget, BudgetView, Limits, Purpose, SharedLedger};
use crate::remote::marketo::{Asker, Credentials, Marketo};
use crate::settings::Settings;
use crate::store::orgs::Connection;
use crate::store::{Store, StoreError};

/// Seals and opens the secrets of connections. Bound to account and kind, so that a sealed secret that is moved to
/// another row cannot be opened.
pub trait Seal: Send + Sync {
    /// The key's id and the sealed bytes.
    ///
    /// # Errors
    /// When there is no usable key.
    fn seal(&self, account_id: &str, kind: &str, secret: &SecretString) -> Result<(String, Vec<u8>), Problem>;

    /// The secret behind sealed bytes.
    ///
    /// # Errors
    /// When the key is gone or the bytes were sealed for something else.
    fn open(&self, account_id: &str, kind: &str, key_id: &str, sealed: &[u8]) -> Result<SecretString, Problem>;
}

/// The kind under which Marketo's connection is stored.
pub const MARKETO: &str = "marketo";

// How long a client may be used before its row is looked at again: another process may have stored a new secret.
const LOOK_AGAIN_MS: i64 = 15_000;

/// A budget and whose it is.
#[derive(Debug, Clone, Serialize)]
pub struct AccountBudget {
    pub account_id: String,
    #[serde(flatten)]
    pub view: BudgetView,
}

struct Opened {
    row: Connection,
    client: Arc<Marketo>,
    looked_at: i64,
}

/// All accounts' connections.
pub struct Connections {
    store: Store,
    caller: Caller,
    sealer: Arc<dyn Seal>,
    settings: Arc<Settings>,
    limits: Limits,
    shared: Option<SharedLedger>,
    opened: Mutex<HashMap<String, Opened>>,
    budgets: Mutex<HashMap<String, Arc<Budget>>>,
    issuer_keys: IssuerKeys,
}

impl std::fmt::Debug for Connections {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connections").field("limits", &self.limits).field("shared", &self.shared.is_some()).finish_non_exhaustive()
    }
}

impl Connections {
    /// Connections over a store; budgets are shared through Redis when the settings name one.
    ///
    /// # Errors
    /// When Redis's URL is none.
    pub fn new(store: Store, caller: Caller, settings: &Settings, sealer: Arc<dyn Seal>) -> Result<Arc<Self>, Problem> {
        let shared = SharedLedger::open(&settings.redis).map_err(|error| {
            tracing::error!(%error, "Redis cannot be used");
            Problem::new(500, "settings.redis", "Redis cannot be used", "The configured Redis URL cannot be used.")
        })?;
        Ok(Arc::new(Self {
            store,
            caller,
            sealer,
            settings: Arc::new(settings.clone()),
            limits: Limits::from(&settings.marketo),
            shared,
            opened: Mutex::new(HashMap::new()),
            budgets: Mutex::new(HashMap::new()),
            issuer_keys: IssuerKeys::default(),
        }))
    }

    /// The database behind them.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// What seals and opens stored secrets.
    #[must_use]
    pub fn sealer(&self) -> &dyn Seal {
        &*self.sealer
    }

    /// The settings that they were made with.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The keys with which Salesforce says who signed in.
    pub(super) fn issuer_keys(&self) -> &IssuerKeys {
        &self.issuer_keys
    }

    /// The executor of calls.
    #[must_use]
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The account's client of Marketo.
    ///
    /// # Errors
    /// `marketo.not_connected` when there is none; a problem of the store or of sealing otherwise.
    pub async fn marketo(&self, account_id: &str) -> Result<Arc<Marketo>, Problem> {
        let now = clock::now_ms();
        let fresh = |opened: &Opened| (0..LOOK_AGAIN_MS).contains(&(now - opened.looked_at));
        if let Some(client) = lock(&self.opened).get(account_id).filter(|opened| fresh(opened)).map(|opened| Arc::clone(&opened.client)) {
            return Ok(client);
        }
        let Some(row) = self.store.tenant(account_id).connection(MARKETO).await.map_err(|error| broken_store(&error))? else {
            return Err(not_connected());
        };
        if let Some(opened) = lock(&self.opened).get_mut(account_id)
            && same_secret(&opened.row, &row)
        {
            opened.looked_at = now;
            return Ok(Arc::clone(&opened.client));
        }
        let secret = self.sealer.open(account_id, MARKETO, &row.sealing_key_id, &row.secret_sealed)?;
        let client = Arc::new(self.client(&row.endpoint, &row.client_id, secret)?);
        lock(&self.opened).insert(account_id.to_owned(), Opened { row, client: Arc::clone(&client), looked_at: now });
        Ok(client)
    }

    /// Tries credentials against Marketo and stores them, sealed, when they are good and the instance knows Salesforce.
    ///
    /// # Errors
    /// What is wrong with the address or the credentials, or `marketo.no_salesforce_sync`.
    pub async fn connect_marketo(&self, account_id: &str, endpoint: &str, client_id: &str, secret: SecretString) -> Result<(), Problem> {
        let client = self.tried(endpoint, client_id, &secret).await.map_err(|error| refused(&error))?;
        knows_salesforce(&client).await?;
        let row = self.row(account_id, endpoint, client_id, &secret)?;
        self.store.tenant(account_id).put_connection(&row, clock::now_ms()).await.map_err(|error| broken_store(&error))?;
        self.remember(row, client);
        Ok(())
    }

    /// A client whose credentials Marketo took.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn tried(&self, endpoint: &str, client_id: &str, secret: &SecretString) -> Result<Arc<Marketo>, CallError> {
        let client = self.client_of(endpoint, client_id, secret.clone())?;
        client.sign_in(&clock::new_id()).await?;
        Ok(Arc::new(client))
    }

    /// The row of a connection, its secret sealed.
    ///
    /// # Errors
    /// When the secret can't be sealed.
    pub fn row(&self, account_id: &str, endpoint: &str, client_id: &str, secret: &SecretString) -> Result<Connection, Problem> {
        let (sealing_key_id, secret_sealed) = self.sealer.seal(account_id, MARKETO, secret)?;
        Ok(Connection {
            account_id: account_id.to_owned(),
            kind: MARKETO.to_owned(),
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            client_id: client_id.to_owned(),
            secret_sealed,
            sealing_key_id,
            state: "connected".to_owned(),
            state_reason: None,
            checked_at: Some(clock::now_ms()),
        })
    }

    /// Uses a client from here on, whose row was stored.
    pub fn remember(&self, row: Connection, client: Arc<Marketo>) {
        lock(&self.opened).insert(row.account_id.clone(), Opened { row, client, looked_at: clock::now_ms() });
    }

    /// Uses an account's client no more.
    pub fn forget(&self, account_id: &str) {
        lock(&self.opened).remove(account_id);
    }

    /// Notes that a connection is broken or whole again, where a call's outcome says so.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn note_outcome(&self, account_id: &str, outcome: Result<(), &CallError>) -> Result<(), StoreError> {
        let (state, reason) = match outcome {
            Ok(()) => ("connected", None),
            Err(CallError::Unauthorized) => ("broken", Some("Marketo does not accept the client id and secret.")),
            Err(CallError::Forbidden) => {
                ("broken", Some("The API user's role or the list of allowed addresses does not permit our calls."))
            }
            Err(_) => return Ok(()),
        };
        let known = lock(&self.opened).get(account_id).map(|opened| opened.row.state.clone());
        if known.as_deref() == Some(state) {
            return Ok(());
        }
        self.store.tenant(account_id).set_connection_state(MARKETO, state, reason, clock::now_ms()).await?;
        if let Some(opened) = lock(&self.opened).get_mut(account_id) {
            state.clone_into(&mut opened.row.state);
        }
        Ok(())
    }

    /// How the budgets of all connected accounts stand.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn budgets(&self) -> Result<Vec<AccountBudget>, Problem> {
        let mut budgets = Vec::new();
        for account_id in self.store.active_accounts().await.map_err(|error| broken_store(&error))? {
            match self.marketo(&account_id).await {
                Ok(client) => budgets.push(AccountBudget { account_id, view: client.budget().view().await }),
                Err(problem) if problem.code == "marketo.not_connected" => {}
                Err(problem) => return Err(problem),
            }
        }
        Ok(budgets)
    }

    fn client(&self, endpoint: &str, client_id: &str, client_secret: SecretString) -> Result<Marketo, Problem> {
        self.client_of(endpoint, client_id, client_secret).map_err(|error| error.problem("Marketo"))
    }

    fn client_of(&self, endpoint: &str, client_id: &str, client_secret: SecretString) -> Result<Marketo, CallError> {
        let endpoint = self.caller.hosts().marketo(endpoint)?;
        let budget = Arc::clone(
            lock(&self.budgets)
                .entry(endpoint.instance().to_owned())
                .or_insert_with(|| Budget::new(endpoint.instance(), self.limits.clone(), self.shared.clone())),
        );
        Ok(Marketo::new(self.caller.clone(), Credentials { endpoint, client_id: client_id.to_owned(), client_secret }, budget))
    }
}

/// Whether a Marketo instance syncs with Salesforce: its leads have the fields for it.
///
/// # Errors
/// 422 `marketo.no_salesforce_sync` when they have not; what went wrong when Marketo cannot be asked.
pub async fn knows_salesforce(client: &Marketo) -> Result<(), Problem> {
    let request_id = clock::new_id();
    let asker = Asker { purpose: Purpose::Interactive, request_id: &request_id };
    let fields = client.describe(asker).await.map_err(|error| refused(&error))?;
    let has = |name: &str| fields.iter().any(|field| field == name);
    if has("sfdcLeadOwnerId") && (has("sfdcLeadId") || has("sfdcContactId") || has("sfdcId")) {
        return Ok(());
    }
    Err(Problem::new(
        422,
        "marketo.no_salesforce_sync",
        "The instance does not know Salesforce",
        "This Marketo instance has no fields for Salesforce ids and owners. Set up its native Salesforce sync first.",
    ))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn same_secret(one: &Connection, other: &Connection) -> bool {
    one.endpoint == other.endpoint && one.client_id == other.client_id && one.secret_sealed == other.secret_sealed
}

fn not_connected() -> Problem {
    Problem::new(
        409,
        "marketo.not_connected",
        "Marketo is not connected",
        "This account has no connection to Marketo yet. An administrator has to enter its endpoint, client id and secret.",
    )
}

/// While somebody enters credentials, a refusal is about what they entered.
#[must_use]
pub(super) fn refused(error: &CallError) -> Problem {
    match error {
        CallError::Unauthorized => Problem::new(
            422,
            "marketo.credentials",
            "The credentials were not accepted",
            "Marketo did not accept the client id and secret. Copy both again from LaunchPoint.",
        ),
        other => other.problem("Marketo"),
    }
}

fn broken_store(error: &StoreError) -> Problem {
    tracing::error!(%error, "the store did not answer");
    Problem::unavailable("store.unavailable", "The account's database does not answer just now. Please try again shortly.", 5)
}
