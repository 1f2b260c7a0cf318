//! Keeps the promise of mails: takes those that are due from the outbox, writes and sends them.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::connections::Connections;
use super::letters::{Illegible, Letters, Occasion};
use super::moment_alerts::Alert;
use super::tracking_links::{LinkKey, Purpose};
use crate::clock;
use crate::remote::mail::{BadMailUrl, MailError, Mailer, Outgoing};
use crate::store::StoreError;
use crate::store::mail::DueMail;

const LEASE_MS: i64 = 120_000;
const AT_ONCE: i64 = 20;
/// After this a mail is given up.
const GIVE_UP_MS: i64 = 3 * 86_400_000;
/// But never before so many tries: a clock that is set makes everything old.
const FEWEST_TRIES: i64 = 10;
/// What may have gone out is not sent again before this.
const UNCLEAR_MS: i64 = 300_000;

/// What a mail needs to be written; stored beside it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MailDetail {
    pub account: String,
    pub inviter: String,
    pub first: bool,
    pub expires_at: i64,
}

/// Writes and sends.
pub struct Postbox {
    letters: Letters,
    mailer: Mailer,
    from: String,
    public_url: String,
}

/// Why there is no postbox.
#[derive(Debug, thiserror::Error)]
pub enum NoPostbox {
    #[error(transparent)]
    Url(#[from] BadMailUrl),
    #[error(transparent)]
    Illegible(#[from] Illegible),
}

impl Postbox {
    /// The postbox of the settings; `None` when no mail server is configured.
    ///
    /// # Errors
    /// When the settings or the templates cannot be used.
    pub fn open(connections: &Connections) -> Result<Option<Self>, NoPostbox> {
        let settings = connections.settings();
        let Some(url) = &settings.mail.url else { return Ok(None) };
        let from = settings.mail.from.clone().unwrap_or_else(|| "Marketo Sales <no-reply@msi-gateway.localhost>".to_owned());
        let public_url = settings.gateway.public_url.trim_end_matches('/').to_owned();
        Ok(Some(Self { letters: Letters::new()?, mailer: Mailer::new(url)?, from, public_url }))
    }

    /// Sends what is due; how many mails were looked at.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn empty(&self, connections: &Connections) -> Result<usize, StoreError> {
        let store = connections.store();
        // Leases of several processes need one clock, the database's.
        let (claimed, began) = (store.now_ms().await?, clock::steady_ms());
        let due = store.claim_mails(claimed, LEASE_MS, AT_ONCE).await?;
        for mail in &due {
            let outcome = self.send(connections, mail).await;
            let now = claimed + (clock::steady_ms() - began);
            let backoff = 10_000_i64.saturating_mul(1 << mail.attempts.clamp(0, 8));
            let old = now - mail.created_at > GIVE_UP_MS && mail.attempts >= FEWEST_TRIES;
            let (state, next_at, problem) = match &outcome {
                Ok(()) => ("sent", 0, None),
                Err(error @ (MailError::Refused(_) | MailError::Unwritable)) => ("failed", 0, Some(error.to_string())),
                Err(error) if old => ("failed", 0, Some(error.to_string())),
                Err(error @ MailError::Unclear) => ("waiting", now + UNCLEAR_MS.max(backoff), Some(error.to_string())),
                Err(error @ (MailError::Later(_) | MailError::Unreachable)) => ("waiting", now + backoff, Some(error.to_string())),
            };
            if let Err(error) = &outcome {
                tracing::warn!(mail_id = %mail.id, account_id = %mail.account_id, attempts = mail.attempts, %error, "a mail did not go out");
            }
            store.settle_mail(&mail.id, state, next_at, problem.as_deref(), now).await?;
        }
        Ok(due.len())
    }

    async fn send(&self, connections: &Connections, mail: &DueMail) -> Result<(), MailError> {
        if mail.kind == "moment" {
            return self.alert(connections, mail).await;
        }
        let detail: MailDetail = serde_json::from_str(&mail.detail).map_err(|_| MailError::Unwritable)?;
        let token = opened(connections, mail).ok_or(MailError::Unwritable)?;
        let (occasion, path) = match mail.kind.as_str() {
            "invitation" if detail.first => (Occasion::First, "invitations"),
            "invitation" => (Occasion::Invitation, "invitations"),
            _ => (Occasion::SignIn, "sign-in/link"),
        };
        let link = format!("{}/{path}/{}", self.public_url, token.expose_secret());
        let letter =
            self.letters.write(occasion, &mail.language, &detail.account, &detail.inviter, detail.expires_at, &link).map_err(|error| {
                tracing::error!(%error, "a mail cannot be written");
                MailError::Unwritable
            })?;
        let outgoing = Outgoing {
            message_id: format!("<{}@msi-gateway>", mail.id),
            from: &self.from,
            to: &mail.recipient,
            subject: &letter.subject,
            text: letter.text,
            html: letter.html,
            way_out: None,
        };
        self.mailer.send(&outgoing).await
    }

    // An interesting moment, with the way out of the subscription.
    async fn alert(&self, connections: &Connections, mail: &DueMail) -> Result<(), MailError> {
        let alert: Alert = serde_json::from_str(&mail.detail).map_err(|_| MailError::Unwritable)?;
        let token = LinkKey::new(&connections.settings().account.key).write(Purpose::Alerts, &mail.about, "");
        let way_out = format!("{}/unsubscribe/{}", self.public_url, token.ok_or(MailError::Unwritable)?);
        let letter = self.letters.alert(&mail.language, &alert, &way_out).map_err(|error| {
            tracing::error!(%error, "a mail cannot be written");
            MailError::Unwritable
        })?;
        let outgoing = Outgoing {
            message_id: format!("<{}@msi-gateway>", mail.id),
            from: &self.from,
            to: &mail.recipient,
            subject: &letter.subject,
            text: letter.text,
            html: letter.html,
            way_out: Some(way_out),
        };
        self.mailer.send(&outgoing).await
    }
}

fn opened(connections: &Connections, mail: &DueMail) -> Option<SecretString> {
    let (sealed, key) = (mail.token_sealed.as_ref()?, mail.sealing_key_id.as_ref()?);
    connections.sealer().open(&mail.account_id, &place(&mail.id), key, sealed).ok()
}

/// Where a mail's token is sealed for.
#[must_use]
pub(super) fn place(mail_id: &str) -> String {
    format!("mail.{mail_id}")
}
