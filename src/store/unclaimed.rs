//! Activities of people whom we do not know yet. The tail sees everybody's activities anyway; those that are kept here
//! need not be asked for again when somebody new is looked at.

use sqlx::AssertSqlSafe;

use super::timeline::Activity;
use super::{StoreError, Tenant, batch, commit};

impl Tenant {
    /// Keeps activities of people who are not known.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn keep_unclaimed(&self, activities: &[Activity]) -> Result<(), StoreError> {
        if activities.is_empty() {
            return Ok(());
        }
        let text = batch::text!(
            self.store,
            "insert into unclaimed_activities (account_id, guid, lead_id, tab, kind, happened_at, subject, asset_id, detail) \
             select $1, item ->> 0, cast(item ->> 1 as bigint), cast(item ->> 2 as bigint), item ->> 3, \
             cast(item ->> 4 as bigint), item ->> 5, item ->> 6, item ->> 7",
            " on conflict (account_id, guid) do nothing"
        );
        let rows = batch::rows(activities.iter().map(|activity| {
            (
                &activity.guid,
                activity.lead_id,
                activity.tab,
                &activity.kind,
                activity.happened_at,
                &activity.subject,
                &activity.asset_id,
                &activity.detail,
            )
        }))?;
        commit!(&self.store, transaction => {
            sqlx::query(text).bind(&self.account_id).bind(&rows).execute(&mut *transaction).await?;
        });
        Ok(())
    }

    /// Gives these people what was kept of them. Returns how many activities that were.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn claim_activities(&self, lead_ids: &[i64]) -> Result<u64, StoreError> {
        let claim = batch::among!(
            self.store,
            "insert into activities (account_id, guid, lead_id, tab, kind, happened_at, subject, asset_id, detail) \
             select account_id, guid, lead_id, tab, kind, happened_at, subject, asset_id, detail from unclaimed_activities \
             where account_id = $1 and lead_id in",
            " on conflict (account_id, guid) do nothing"
        );
        let drop = batch::among!(self.store, "delete from unclaimed_activities where account_id = $1 and lead_id in", "");
        let ids = batch::rows(lead_ids.iter())?;
        Ok(commit!(&self.store, transaction => {
            let claimed = sqlx::query(claim).bind(&self.account_id).bind(&ids).execute(&mut *transaction).await?.rows_affected();
            sqlx::query(drop).bind(&self.account_id).bind(&ids).execute(&mut *transaction).await?;
            claimed
        }))
    }

    /// The same for everybody who is known by now; after a load.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn claim_all_activities(&self) -> Result<(), StoreError> {
        let of_known = "from unclaimed_activities where account_id = $1 and lead_id in (select lead_id from people where account_id = $1)";
        let claim = format!(
            "insert into activities (account_id, guid, lead_id, tab, kind, happened_at, subject, asset_id, detail) \
             select account_id, guid, lead_id, tab, kind, happened_at, subject, asset_id, detail {of_known} \
             on conflict (account_id, guid) do nothing"
        );
        let drop = format!("delete {of_known}");
        commit!(&self.store, transaction => {
            for text in [&claim, &drop] {
                sqlx::query(AssertSqlSafe(text.as_str())).bind(&self.account_id).execute(&mut *transaction).await?;
            }
        });
        Ok(())
    }

    /// Forgets what nobody claimed.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn prune_unclaimed(&self, before_ms: i64) -> Result<u64, StoreError> {
        let text = "delete from unclaimed_activities where account_id = $1 and happened_at < $2";
        Ok(commit!(&self.store, transaction =>
            sqlx::query(text).bind(&self.account_id).bind(before_ms).execute(&mut *transaction).await?.rows_affected()))
    }

    /// A job's checkpoint.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn checkpoint(&self, job: &str) -> Result<Option<String>, StoreError> {
        let text = "select checkpoint from sync_jobs where account_id = $1 and job = $2";
        let found: Option<Option<String>> =
            super::on!(&self.store, pool => sqlx::query_scalar(text).bind(&self.account_id).bind(job).fetch_optional(pool).await)?;
        Ok(found.flatten())
    }
}

#[cfg(test)]
mod tests {
    use crate::store::testing::{every_engine, person, visit};

    #[tokio::test]
    async fn what_somebody_did_before_they_were_known_is_theirs_when_they_are() {
        for test in every_engine().await {
            test.store.create_account("a", "A", 1).await.unwrap();
            let tenant = test.store.tenant("a");
            tenant.keep_unclaimed(&[visit("old", 1, 5), visit("new", 1, 50), visit("other", 2, 50)]).await.unwrap();
            tenant.keep_unclaimed(&[visit("new", 1, 50)]).await.unwrap();
            assert_eq!(tenant.prune_unclaimed(10).await.unwrap(), 1, "{}", test.engine);
            tenant.upsert_people(&[person(1)], 1, None).await.unwrap();
            assert_eq!(tenant.claim_activities(&[1]).await.unwrap(), 1, "{}", test.engine);
            assert_eq!(tenant.claim_activities(&[1]).await.unwrap(), 0, "{}", test.engine);
            assert_eq!(tenant.timeline(1, None, None, 10).await.unwrap().len(), 1);
            tenant.upsert_people(&[person(2)], 1, None).await.unwrap();
            tenant.claim_all_activities().await.unwrap();
            assert_eq!(tenant.timeline(2, None, None, 10).await.unwrap()[0].guid, "other", "{}", test.engine);
        }
    }

    #[tokio::test]
    async fn who_wins_a_merge_has_what_the_losers_did_and_who_is_not_known_leaves_nothing() {
        for test in every_engine().await {
            test.store.create_account("a", "A", 1).await.unwrap();
            let tenant = test.store.tenant("a");
            tenant.upsert_people(&[person(1), person(2), person(3)], 1, None).await.unwrap();
            tenant.insert_activities(&[visit("w", 1, 5), visit("l", 2, 6), visit("x", 3, 7)], None).await.unwrap();
            tenant.keep_unclaimed(&[visit("u", 2, 8)]).await.unwrap();
            tenant.merge_people(1, &[2, 1]).await.unwrap();
            tenant.claim_activities(&[1]).await.unwrap();
            tenant.merge_people(9, &[3]).await.unwrap();
            let guids: Vec<String> = tenant.timeline(1, None, None, 10).await.unwrap().into_iter().map(|activity| activity.guid).collect();
            assert_eq!(guids, ["u", "l", "w"], "{}", test.engine);
            assert_eq!(tenant.count_people().await.unwrap(), 1, "{}", test.engine);
            assert!(tenant.timeline(9, None, None, 10).await.unwrap().is_empty());
        }
    }
}
