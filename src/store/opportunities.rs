//! People of a Salesforce account or opportunity, and who Salesforce said plays a part in an opportunity.

use super::people::Person;
use super::{StoreError, Tenant, batch, commit, on};

/// A contact's part in an opportunity, as Salesforce said.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Role {
    /// 18 characters.
    pub contact_id: String,
    pub role: Option<String>,
    pub is_primary: bool,
}

macro_rules! found {
    ($condition:literal) => {
        concat!(
            "select ",
            super::people::columns!(),
            " from people where account_id = $1 and ",
            $condition,
            " order by coalesce(relative_urgency, -1) desc, coalesce(score, -1) desc, lead_id limit $3"
        )
    };
}

impl Tenant {
    /// People of a Salesforce account, the most urgent first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn people_of_account(&self, record: &str, limit: i64) -> Result<Vec<Person>, StoreError> {
        let text = found!("sfdc_account_id = $2");
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(record).bind(limit).fetch_all(pool).await)?)
    }

    /// People who play a part in an opportunity by its contact roles, or by what Marketo knows; the most urgent first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn people_of_opportunity(&self, record: &str, limit: i64) -> Result<Vec<Person>, StoreError> {
        let text = found!(
            "(sfdc_opportunity_id = $2 or sfdc_contact_id in (select contact_id from opportunity_roles where account_id = $1 and \
             opportunity_id = $2))"
        );
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(record).bind(limit).fetch_all(pool).await)?)
    }

    /// The parts in an opportunity as they were stored.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn opportunity_roles(&self, record: &str) -> Result<Vec<Role>, StoreError> {
        let text = "select contact_id, role, is_primary from opportunity_roles where account_id = $1 and opportunity_id = $2 \
                    order by contact_id";
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(record).fetch_all(pool).await)?)
    }

    /// When Salesforce was asked for them last, in milliseconds since the epoch.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn opportunity_looked_at(&self, record: &str) -> Result<Option<i64>, StoreError> {
        let text = "select looked_at from opportunity_looks where account_id = $1 and opportunity_id = $2";
        Ok(on!(&self.store, pool => sqlx::query_scalar(text).bind(&self.account_id).bind(record).fetch_optional(pool).await)?)
    }

    /// Stores what Salesforce said, in place of what it said before.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn put_opportunity_roles(&self, record: &str, roles: &[Role], now_ms: i64) -> Result<(), StoreError> {
        let look = "insert into opportunity_looks (account_id, opportunity_id, looked_at) values ($1, $2, $3) \
                    on conflict (account_id, opportunity_id) do update set looked_at = excluded.looked_at";
        let insert = batch::text!(
            self.store,
            "insert into opportunity_roles (account_id, opportunity_id, contact_id, role, is_primary) \
             select $1, $3, item ->> 0, item ->> 1, cast(item ->> 2 as boolean)",
            " on conflict (account_id, opportunity_id, contact_id) do nothing"
        );
        // One engine writes truth as a word in JSON, the other reads it as a number.
        let truth = |is_primary: bool| if is_primary { self.store.text("1", "true") } else { self.store.text("0", "false") };
        let rows = batch::rows(roles.iter().map(|role| (&role.contact_id, &role.role, truth(role.is_primary))))?;
        commit!(&self.store, transaction => {
            sqlx::query(look).bind(&self.account_id).bind(record).bind(now_ms).execute(&mut *transaction).await?;
            sqlx::query("delete from opportunity_roles where account_id = $1 and opportunity_id = $2")
                .bind(&self.account_id)
                .bind(record)
                .execute(&mut *transaction)
                .await?;
            sqlx::query(insert).bind(&self.account_id).bind(&rows).bind(record).execute(&mut *transaction).await?;
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::people::NewPerson;
    use crate::store::testing::{every_engine, person};

    fn contact(lead_id: i64) -> NewPerson {
        let id = format!("003{lead_id:012}AAA");
        NewPerson {
            sfdc_type: "Contact",
            sfdc_id: id.clone(),
            sfdc_contact_id: Some(id),
            sfdc_account_id: Some("001000000000001AAA".to_owned()),
            ..person(lead_id)
        }
    }

    #[tokio::test]
    async fn people_are_found_by_account_and_by_opportunity() {
        for test in every_engine().await {
            test.store.create_account("a", "A", 1).await.unwrap();
            test.store.create_account("b", "B", 1).await.unwrap();
            let tenant = test.store.tenant("a");
            let opportunity = "006000000000001AAA";
            let by_marketo = NewPerson { sfdc_opportunity_id: Some(opportunity.to_owned()), ..contact(3) };
            tenant.upsert_people(vec![person(1), contact(2), by_marketo, contact(4)], 1, None).await.unwrap();
            let ids = |people: Vec<Person>| people.into_iter().map(|person| person.lead_id).collect::<Vec<_>>();
            // By score, which follows from the id.
            assert_eq!(ids(tenant.people_of_account("001000000000001AAA", 2).await.unwrap()), [4, 3], "{}", test.engine);
            assert_eq!(tenant.opportunity_looked_at(opportunity).await.unwrap(), None);
            let role = |contact: &str, is_primary| Role { contact_id: contact.to_owned(), role: Some("Buyer".to_owned()), is_primary };
            let first = [role("003000000000002AAA", true), role("003000000000004AAA", false)];
            tenant.put_opportunity_roles(opportunity, &first, 5).await.unwrap();
            assert_eq!(tenant.opportunity_roles(opportunity).await.unwrap(), first, "{}", test.engine);
            assert_eq!(ids(tenant.people_of_opportunity(opportunity, 10).await.unwrap()), [4, 3, 2], "{}", test.engine);
            tenant.put_opportunity_roles(opportunity, &first[..1], 6).await.unwrap();
            assert_eq!(ids(tenant.people_of_opportunity(opportunity, 10).await.unwrap()), [3, 2], "{}", test.engine);
            assert_eq!(tenant.opportunity_looked_at(opportunity).await.unwrap(), Some(6));
            let other = test.store.tenant("b");
            assert!(other.people_of_opportunity(opportunity, 10).await.unwrap().is_empty(), "{}", test.engine);
            assert!(other.opportunity_roles(opportunity).await.unwrap().is_empty(), "{}", test.engine);
        }
    }
}
