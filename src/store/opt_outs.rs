//! Who wants no more mail, side by side with the records of Salesforce.

use super::{StoreError, Tenant, batch, on};

/// Somebody who wants no more mail, and a record of theirs.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct OptedOut {
    pub email_key: String,
    pub person_id: String,
    pub lead_id: i64,
    pub sfdc_type: String,
    pub sfdc_id: String,
}

impl Tenant {
    /// Addresses of the people behind these records (18 characters), as Marketo writes them.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn addresses_of_records(&self, sfdc_ids: &[String]) -> Result<Vec<String>, StoreError> {
        let text = self.store.text(
            "select email from people where account_id = $1 and email is not null and sfdc_id in (select value from json_each($2))",
            "select email from people where account_id = $1 and email is not null and sfdc_id in \
             (select jsonb_array_elements_text(cast($2 as jsonb)))",
        );
        let ids = batch::rows(sfdc_ids.iter())?;
        Ok(on!(&self.store, pool => sqlx::query_scalar(text).bind(&self.account_id).bind(&ids).fetch_all(pool).await)?)
    }

    /// Records of those who want no more mail, of whom nothing is on its way to Salesforce already, behind the place `after` (address
    /// and person).
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn opted_out_records(&self, after: (&str, &str), limit: i64) -> Result<Vec<OptedOut>, StoreError> {
        // `|| ''` keeps the engine from reading the whole account for each address in place of the addresses' index.
        let text = "select u.email_key, p.id as person_id, p.lead_id, p.sfdc_type, p.sfdc_id from unsubscribes u \
                    join people p on p.account_id || '' = u.account_id and lower(p.email) = u.email_key and p.email is not null \
                    where u.account_id = $1 and (u.email_key, p.id) > ($2, $3) and not exists (select 1 from sales_activities a \
                    join deliveries d on d.account_id = a.account_id and d.activity_id = a.id where a.account_id = $1 \
                    and a.lead_id = p.lead_id and a.kind = 'unsubscribed' and d.state in ('held', 'waiting', 'sending', 'unsettled')) \
                    order by u.email_key, p.id limit $4";
        Ok(on!(&self.store, pool => sqlx::query_as(text)
            .bind(&self.account_id)
            .bind(after.0)
            .bind(after.1)
            .bind(limit)
            .fetch_all(pool)
            .await)?)
    }
}
