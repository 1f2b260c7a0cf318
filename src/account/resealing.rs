//! Another sealing key takes over while everything runs: the new key seals from now on, earlier ones still open, and what they
//! sealed is sealed anew, row by row, wherever nobody changed it meanwhile.

use super::connections::Connections;
use super::{mail_channels, marketo_admins, postbox, salesforce_tokens};
use crate::store::resealing::{SealedRow, Shelf};
use crate::store::{Store, StoreError};

/// What a round over all sealed values came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Round {
    /// Sealed by the present key now.
    pub sealed: u64,
    /// Changed by somebody at the same moment; the next round looks again.
    pub changed: u64,
    /// Cannot be opened by any configured key.
    pub unreadable: u64,
}

impl Round {
    /// Whether no earlier key is needed any more, as far as there is anything that it could open.
    #[must_use]
    pub const fn is_over(self) -> bool {
        self.sealed == 0 && self.changed == 0
    }
}

/// Seals anew what another key than `key_id` sealed.
///
/// # Errors
/// When the database refuses.
pub async fn round(store: &Store, connections: &Connections, key_id: &str) -> Result<Round, StoreError> {
    let mut round = Round::default();
    each(store, key_id, async |shelf, row| {
        match anew(connections, shelf, row) {
            None => round.unreadable += 1,
            Some(fresh) if store.reseal(shelf, row, &fresh).await? => round.sealed += 1,
            Some(_) => round.changed += 1,
        }
        Ok(())
    })
    .await?;
    Ok(round)
}

/// How many values other keys than `key_id` sealed.
///
/// # Errors
/// When the database refuses.
pub async fn left(store: &Store, key_id: &str) -> Result<u64, StoreError> {
    let mut count = 0;
    each(store, key_id, async |_, _| {
        count += 1;
        Ok(())
    })
    .await?;
    Ok(count)
}

// Visits each row that another key sealed, page by page.
async fn each(
    store: &Store,
    key_id: &str,
    mut visit: impl AsyncFnMut(Shelf, &SealedRow) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    for shelf in Shelf::ALL {
        let mut after = (String::new(), String::new());
        loop {
            let rows = store.sealed_otherwise(shelf, key_id, (&after.0, &after.1)).await?;
            let Some(last) = rows.last() else { break };
            after = (last.account_id.clone(), last.row_name.clone());
            for row in &rows {
                visit(shelf, row).await?;
            }
        }
    }
    Ok(())
}

// What each of a row's two values was sealed for.
fn kinds(shelf: Shelf, row: &SealedRow) -> (String, String) {
    match shelf {
        Shelf::Connections => (row.row_name.clone(), String::new()),
        Shelf::Integrations | Shelf::EarlierIntegrations => (marketo_admins::INTEGRATION.to_owned(), String::new()),
        Shelf::SalesforceTokens => (salesforce_tokens::ACCESS.to_owned(), salesforce_tokens::REFRESH.to_owned()),
        Shelf::MailChannels => mail_channels::kinds(&row.row_name),
        Shelf::Letters => (postbox::place(&row.row_name), String::new()),
    }
}

fn anew(connections: &Connections, shelf: Shelf, row: &SealedRow) -> Option<SealedRow> {
    let kinds = kinds(shelf, row);
    let mut fresh = SealedRow { first: None, second: None, ..row.clone() };
    for (kind, sealed, place) in [(&kinds.0, &row.first, &mut fresh.first), (&kinds.1, &row.second, &mut fresh.second)] {
        let Some(sealed) = sealed else { continue };
        let secret = connections.sealer().open(&row.account_id, kind, &row.key_id, sealed).ok()?;
        let (key_id, bytes) = connections.sealer().seal(&row.account_id, kind, &secret).ok()?;
        fresh.key_id = key_id;
        *place = Some(bytes);
    }
    Some(fresh)
}
