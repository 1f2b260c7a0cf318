//! What is known of the package in an org: by its own report, and by asking the org.

use super::{StoreError, Tenant, commit, on};

/// What is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct OrgPackage {
    /// Version that the package reported.
    pub reported_version: Option<String>,
    pub reported_at: Option<i64>,
    /// Salesforce user on whose behalf.
    pub reported_by: Option<String>,
    /// What the org answered when it was last asked, as JSON of whoever asked.
    pub seen: Option<String>,
    pub seen_at: Option<i64>,
}

impl Tenant {
    /// What is known of an org's package; nothing, if nobody ever said or asked.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn org_package(&self, org_id: &str) -> Result<OrgPackage, StoreError> {
        let text =
            "select reported_version, reported_at, reported_by, seen, seen_at from org_packages where org_id = $1 and account_id = $2";
        let found: Option<OrgPackage> =
            on!(&self.store, pool => sqlx::query_as(text).bind(org_id).bind(&self.account_id).fetch_optional(pool).await)?;
        Ok(found.unwrap_or_default())
    }

    /// Notes a report of the package.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn note_package_report(&self, org_id: &str, version: &str, user_id: &str, now_ms: i64) -> Result<(), StoreError> {
        let text = "insert into org_packages (org_id, account_id, reported_version, reported_at, reported_by) values ($1, $2, $3, $4, $5) \
                    on conflict (org_id) do update set reported_version = excluded.reported_version, reported_at = excluded.reported_at, \
                    reported_by = excluded.reported_by where org_packages.account_id = excluded.account_id";
        commit!(&self.store, transaction => {
            sqlx::query(text)
                .bind(org_id)
                .bind(&self.account_id)
                .bind(version)
                .bind(now_ms)
                .bind(user_id)
                .execute(&mut *transaction)
                .await?;
        });
        Ok(())
    }

    /// Notes what the org answered.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn note_package_seen(&self, org_id: &str, seen: &str, now_ms: i64) -> Result<(), StoreError> {
        let text = "insert into org_packages (org_id, account_id, seen, seen_at) values ($1, $2, $3, $4) \
                    on conflict (org_id) do update set seen = excluded.seen, seen_at = excluded.seen_at \
                    where org_packages.account_id = excluded.account_id";
        commit!(&self.store, transaction => {
            sqlx::query(text).bind(org_id).bind(&self.account_id).bind(seen).bind(now_ms).execute(&mut *transaction).await?;
        });
        Ok(())
    }
}
