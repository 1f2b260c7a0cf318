//! How much people did, and what, over some weeks: what the Insights Dashboard draws.

use super::timeline::{Activity, Tab};
use super::{StoreError, Tenant, batch, on};

/// Milliseconds of the slots that activities are counted in. Every time zone's midnight falls between two slots.
pub const SLOT_MS: i64 = 15 * 60_000;

/// How many activities of one tab fell into one slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Count {
    /// [`Tab::code`].
    pub tab: i64,
    /// Slots since the epoch.
    pub slot: i64,
    pub count: i64,
}

impl Tenant {
    /// What these people did since a time, counted. That a mail was delivered, and a change of score, are no deeds.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn engagement(&self, lead_ids: &[i64], since_ms: i64) -> Result<Vec<Count>, StoreError> {
        let text = batch::among!(
            self.store,
            "select tab, happened_at / $4 as slot, count(*) as count from activities where account_id = $1 and lead_id in",
            " and tab <> $5 and happened_at >= $3 and kind <> 'delivered' group by 1, 2"
        );
        let leads = batch::rows(lead_ids.iter())?;
        Ok(on!(&self.store, pool => {
            sqlx::query_as(text)
                .bind(&self.account_id)
                .bind(&leads)
                .bind(since_ms)
                .bind(SLOT_MS)
                .bind(Tab::Score.code())
                .fetch_all(pool)
                .await
        })?)
    }

    /// The same deeds one by one between two times, newest first, at most `limit`.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn deeds(&self, lead_ids: &[i64], since_ms: i64, until_ms: i64, limit: u32) -> Result<Vec<Activity>, StoreError> {
        let text = batch::among!(
            self.store,
            "select guid, lead_id, tab, kind, happened_at, subject, asset_id, detail from activities where account_id = $1 and lead_id in",
            " and tab <> $5 and happened_at >= $3 and happened_at < $4 and kind <> 'delivered' order by happened_at desc, guid desc limit $6"
        );
        let leads = batch::rows(lead_ids.iter())?;
        Ok(on!(&self.store, pool => {
            sqlx::query_as(text)
                .bind(&self.account_id)
                .bind(&leads)
                .bind(since_ms)
                .bind(until_ms)
                .bind(Tab::Score.code())
                .bind(i64::from(limit))
                .fetch_all(pool)
                .await
        })?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{every_engine, person};
    use super::*;

    fn deed(guid: &str, lead_id: i64, tab: Tab, kind: &str, happened_at: i64) -> Activity {
        let (guid, kind) = (guid.to_owned(), kind.to_owned());
        Activity { guid, lead_id, tab: tab.code(), kind, happened_at, subject: None, asset_id: None, detail: "{}".to_owned() }
    }

    #[tokio::test]
    async fn deeds_of_some_people_are_counted_by_slots_and_told_one_by_one() {
        for test in every_engine().await {
            test.store.create_account("a", "Acme", 1).await.unwrap();
            let tenant = test.store.tenant("a");
            tenant.upsert_people(&[person(1), person(2), person(3)], 10, None).await.unwrap();
            let deeds = [
                deed("1", 1, Tab::Web, "visit", SLOT_MS),
                deed("2", 1, Tab::Web, "visit", SLOT_MS * 2 - 1),
                deed("3", 2, Tab::Web, "form", SLOT_MS * 2),
                deed("4", 1, Tab::Email, "delivered", SLOT_MS),
                deed("5", 1, Tab::Score, "score", SLOT_MS),
                deed("6", 3, Tab::Moments, "moment", SLOT_MS),
                deed("7", 1, Tab::Moments, "moment", SLOT_MS - 1),
            ];
            tenant.insert_activities(&deeds, None).await.unwrap();
            let mut counts = tenant.engagement(&[1, 2], SLOT_MS).await.unwrap();
            counts.sort_by_key(|count| count.slot);
            let web = Tab::Web.code();
            assert_eq!(counts, [Count { tab: web, slot: 1, count: 2 }, Count { tab: web, slot: 2, count: 1 }], "{}", test.engine);
            let told = tenant.deeds(&[1, 2], SLOT_MS, SLOT_MS * 2, 10).await.unwrap();
            assert_eq!(told.iter().map(|deed| deed.guid.as_str()).collect::<Vec<_>>(), ["2", "1"], "{}", test.engine);
            assert_eq!(tenant.deeds(&[1, 2, 3], 0, i64::MAX, 1).await.unwrap().len(), 1);
            assert!(test.store.tenant("b").engagement(&[1, 2], 0).await.unwrap().is_empty());
        }
    }
}
