//! Since when the face's memory of seen signed requests is whole.
//!
//! The memory itself lies in Redis or in a process and may be lost; that it was lost must not be.

use super::{StoreError, Tenant, on};

impl Tenant {
    /// Notes the name of the present memory and says since when (epoch milliseconds) it lasts: 0 for an account's
    /// first one, before which there was nothing to remember; `now_ms` for a new name after another.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn memory_began(&self, epoch: &str, now_ms: i64) -> Result<i64, StoreError> {
        let sql = "insert into memory_epochs (account_id, epoch, began_at) values ($1, $2, 0) \
                   on conflict (account_id) do update set \
                   began_at = case when memory_epochs.epoch = excluded.epoch then memory_epochs.began_at else $3 end, \
                   epoch = excluded.epoch returning began_at";
        let began = on!(self.store(), pool => {
            sqlx::query_scalar(sql).bind(self.account_id()).bind(epoch).bind(now_ms).fetch_one(pool).await?
        });
        Ok(began)
    }

    /// Whether a panel of this account was ever opened by a signed request.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn panel_was_opened(&self) -> Result<bool, StoreError> {
        let sql = "select count(*) from memory_epochs where account_id = $1";
        let count: i64 = on!(self.store(), pool => sqlx::query_scalar(sql).bind(self.account_id()).fetch_one(pool).await)?;
        Ok(count > 0)
    }
}

#[cfg(test)]
mod tests {
    use crate::store::testing::every_engine;

    #[tokio::test]
    async fn only_a_new_name_after_another_is_a_loss() {
        for test in every_engine().await {
            test.store.create_account("a", "A", 1).await.unwrap();
            let tenant = test.store.tenant("a");
            for (epoch, now, began) in [("first", 100, 0), ("first", 200, 0), ("second", 300, 300), ("second", 400, 300)] {
                assert_eq!(tenant.memory_began(epoch, now).await.unwrap(), began, "{}", test.engine);
            }
        }
    }
}
