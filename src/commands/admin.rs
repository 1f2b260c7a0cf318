//! What an operator does by hand: accounts, orgs, certificates, connections.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Subcommand;
use secrecy::{ExposeSecret, SecretString};

use super::halves::AccountHalf;
use super::{backup, keys};
use crate::account::provisioning::{self, Provision, ProvisionOrg};
use crate::account::{certificates, entrances, inviting, resealing, secret_key};
use crate::settings::Settings;
use crate::store::Store;

/// One deed.
#[derive(Debug, Subcommand)]
pub enum Deed {
    /// Creates an account for a Salesforce org, or changes what is known of the org.
    Org {
        /// Name of the account.
        #[arg(long)]
        name: String,
        /// The org's id, 15 or 18 characters.
        #[arg(long)]
        org_id: String,
        /// The org's My Domain address, https://acme.my.salesforce.com.
        #[arg(long)]
        instance_url: String,
        /// An origin that may frame the panel; repeat it for each (Lightning, Visualforce, …).
        #[arg(long = "frame")]
        frames: Vec<String>,
        /// The org is a sandbox.
        #[arg(long)]
        sandbox: bool,
    },
    /// Registers the certificate with which an org signs its JWTs.
    Certificate {
        #[arg(long)]
        account: String,
        #[arg(long)]
        org_id: String,
        /// Name of the certificate in the org.
        #[arg(long)]
        name: String,
        /// PEM file.
        #[arg(long)]
        file: PathBuf,
    },
    /// Makes an API secret key for an account, and shows it this once; an earlier one ends.
    SecretKey {
        #[arg(long)]
        account: String,
    },
    /// Seals all stored secrets by the present sealing key; run it after that key was changed, while everything goes on.
    Reseal,
    /// Copies the embedded database to a new file while everything goes on; PostgreSQL has pg_dump for that.
    Backup {
        /// The copy; it must not exist yet.
        file: PathBuf,
    },
    /// Run it once after a copy was put back, before the processes start: nothing is sent then that may have been sent since.
    Restored {
        /// Later: lets those go on whose sales campaign was held because of that.
        #[arg(long)]
        go_on: bool,
    },
    /// Lists the accounts.
    Accounts,
    /// Opens an account's Actions Config without Marketo's word: prints a link that works once, for a quarter of an hour.
    Enter {
        /// Account id; not needed when there is only one.
        #[arg(long)]
        account: Option<String>,
        /// Whose link it is, for the audit log.
        #[arg(long)]
        email: String,
    },
    /// Invites a member; prints the link as well, for servers without mail.
    Member {
        /// Account id; not needed when there is only one.
        #[arg(long)]
        account: Option<String>,
        #[arg(long)]
        email: String,
        /// admin or user.
        #[arg(long, default_value = "user")]
        role: String,
    },
    /// Connects an account to Marketo; the credentials are tried before they are stored.
    Marketo {
        #[arg(long)]
        account: String,
        /// https://NNN-AAA-NNN.mktorest.com
        #[arg(long)]
        endpoint: String,
        #[arg(long)]
        client_id: String,
        /// File with the client secret, so that it stands on no command line.
        #[arg(long)]
        client_secret_file: PathBuf,
    },
}

impl Deed {
    /// Does it and says what was done.
    ///
    /// # Errors
    /// Why it was refused, as a sentence.
    pub async fn run(self, mut settings: Settings) -> anyhow::Result<()> {
        keys::complete(&mut settings)?;
        let account_half = AccountHalf::build(&settings).await?;
        let store = &account_half.state.store;
        let done = match self {
            Self::Org { name, org_id, instance_url, frames, sandbox } => {
                let org = ProvisionOrg { org_id, name: name.clone(), instance_url, frame_ancestors: frames, is_sandbox: sandbox };
                let account = provisioning::provision(store, Provision { account_id: None, name, org }).await?;
                format!("account={account}")
            }
            Self::Certificate { account, org_id, name, file } => {
                let pem = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
                let certificate = certificates::register(&store.tenant(&account), &org_id, &name, &pem).await?;
                format!("certificate={} fingerprint={}", certificate.id, certificate.fingerprint)
            }
            Self::SecretKey { account } => {
                let key = secret_key::issue(&store.tenant(&account)).await?;
                format!("secret_key={}", key.expose_secret())
            }
            Self::Reseal => reseal(&account_half, &settings).await?,
            Self::Backup { file } => backup::copy(store, &file).await?,
            Self::Restored { go_on } => backup::restored(store, go_on).await?,
            Self::Accounts => {
                let accounts = store.accounts().await?;
                let lines = accounts.iter().map(|account| format!("{}  {}  {}", account.id, account.status, account.name));
                lines.chain([format!("accounts={}", accounts.len())]).collect::<Vec<_>>().join("\n")
            }
            Self::Enter { account, email } => {
                let account = one_of(store, account).await?;
                let token = entrances::operator(store, &account, &email).await?;
                format!("link={}/sign-in/enter#{}", public_url(&settings), token.expose_secret())
            }
            Self::Member { account, email, role } => {
                let account = one_of(store, account).await?;
                let (outcome, token) = inviting::by_operator(&account_half.connections, &account, &email, &role).await?;
                match token {
                    Some(token) => format!("outcome={outcome} link={}/invitations/{}", public_url(&settings), token.expose_secret()),
                    None => format!("outcome={outcome}"),
                }
            }
            Self::Marketo { account, endpoint, client_id, client_secret_file } => {
                let secret = std::fs::read_to_string(&client_secret_file).with_context(|| client_secret_file.display().to_string())?;
                let secret = SecretString::from(secret.trim());
                account_half.connections.connect_marketo(&account, &endpoint, &client_id, secret).await?;
                "marketo=connected".to_owned()
            }
        };
        writeln!(std::io::stdout(), "{done}")?;
        Ok(())
    }
}

fn public_url(settings: &Settings) -> &str {
    settings.gateway.public_url.trim_end_matches('/')
}

// The account that was named, or the only one there is.
async fn one_of(store: &Store, named: Option<String>) -> anyhow::Result<String> {
    if let Some(named) = named {
        return Ok(named);
    }
    let accounts = store.accounts().await?;
    match accounts.as_slice() {
        [only] => Ok(only.id.clone()),
        [] => bail!("there is no account yet; it comes into being when somebody enters at /admin/marketo, or by `admin org`"),
        _ => bail!("there are several accounts; choose one with --account (`admin accounts` lists them)"),
    }
}

// Somebody may change a secret at the same moment; such a row is looked at again.
async fn reseal(account_half: &AccountHalf, settings: &Settings) -> anyhow::Result<String> {
    let key_id = &settings.secrets.sealing_key_id;
    let mut sealed = 0;
    for _ in 0..10 {
        let round = resealing::round(&account_half.state.store, &account_half.connections, key_id).await?;
        sealed += round.sealed;
        if round.is_over() {
            if round.unreadable > 0 {
                bail!("sealed={sealed} unreadable={}: add the keys that sealed them to secrets.previous_sealing_keys", round.unreadable);
            }
            return Ok(format!("sealed={sealed} unreadable=0"));
        }
    }
    bail!("sealed={sealed}; some values keep changing, run it again")
}
