//! What the people of one Salesforce record did, all together: one statement a page, however many they are.

use super::opportunities::Role;
use super::sales_activities::{SalesActivity, columns};
use super::timeline::{Activity, Before, Tab};
use super::{StoreError, Tenant, batch, on};

/// A person in the few words that a list needs.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Brief {
    /// Our own opaque id.
    pub id: String,
    /// Marketo's lead id.
    pub lead_id: i64,
    pub sfdc_id: String,
    pub sfdc_contact_id: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub title: Option<String>,
    pub company: Option<String>,
    pub email: Option<String>,
    /// As [`super::people::Person::history_since`].
    pub history_since: Option<i64>,
}

impl Brief {
    /// The part that this person plays, by the contact's id.
    #[must_use]
    pub fn part<'a>(&self, roles: &'a [Role]) -> Option<&'a Role> {
        let contact = self.sfdc_contact_id.as_deref()?;
        roles.iter().find(|role| role.contact_id == contact)
    }
}

macro_rules! briefs {
    ($condition:literal) => {
        concat!(
            "select id, lead_id, sfdc_id, sfdc_contact_id, first_name, last_name, title, company, email, history_since from people \
             where account_id = $1 and ",
            $condition,
            " order by coalesce(relative_urgency, -1) desc, coalesce(score, -1) desc, lead_id limit $3"
        )
    };
}

impl Tenant {
    /// People of a Salesforce account in few words, the most urgent first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn briefs_of_account(&self, record: &str, limit: i64) -> Result<Vec<Brief>, StoreError> {
        let text = briefs!("sfdc_account_id = $2");
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(record).bind(limit).fetch_all(pool).await)?)
    }

    /// The same for whoever plays a part in an opportunity, by its contact roles or by what Marketo knows.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn briefs_of_opportunity(&self, record: &str, limit: i64) -> Result<Vec<Brief>, StoreError> {
        let text = briefs!(
            "(sfdc_opportunity_id = $2 or sfdc_contact_id in (select contact_id from opportunity_roles where account_id = $1 and \
             opportunity_id = $2))"
        );
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(record).bind(limit).fetch_all(pool).await)?)
    }

    /// A page of what some people did, newest first, older than `before`; `tabs` of `None` means everything.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn timeline_of(
        &self,
        lead_ids: &[i64],
        tabs: Option<(Tab, Tab)>,
        before: Option<&Before>,
        limit: u32,
    ) -> Result<Vec<Activity>, StoreError> {
        // Of one person the index alone gives the page.
        match (lead_ids, tabs) {
            ([lead], None) => return self.timeline(*lead, None, before, limit).await,
            ([lead], Some((one, other))) if one == other => return self.timeline(*lead, Some(one), before, limit).await,
            _ => {}
        }
        let (time, guid) = before.map_or((i64::MAX, ""), |before| (before.happened_at, before.guid.as_str()));
        let some = batch::among!(
            self.store,
            "select guid, lead_id, tab, kind, happened_at, subject, asset_id, detail from activities where account_id = $1 and lead_id in",
            " and (happened_at, guid) < ($3, $4) and tab in ($6, $7) order by happened_at desc, guid desc limit $5"
        );
        let all = batch::among!(
            self.store,
            "select guid, lead_id, tab, kind, happened_at, subject, asset_id, detail from activities where account_id = $1 and lead_id in",
            " and (happened_at, guid) < ($3, $4) order by happened_at desc, guid desc limit $5"
        );
        let leads = batch::rows(lead_ids.iter())?;
        let text = if tabs.is_some() { some } else { all };
        Ok(on!(&self.store, pool => {
            let query = sqlx::query_as(text).bind(&self.account_id).bind(&leads).bind(time).bind(guid).bind(i64::from(limit));
            match tabs {
                Some((one, other)) => query.bind(one.code()).bind(other.code()),
                None => query,
            }
            .fetch_all(pool)
            .await
        })?)
    }

    /// What reps did to some people, of one kind (`call`, `task`, …), newest first, older than `before` (time and id).
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn sales_activities_of(
        &self,
        lead_ids: &[i64],
        kind: &str,
        before: Option<(i64, &str)>,
        limit: u32,
    ) -> Result<Vec<SalesActivity>, StoreError> {
        if let [lead] = lead_ids {
            return self.sales_activities(*lead, kind, before, limit).await;
        }
        let (time, id) = before.unwrap_or((i64::MAX, ""));
        let text = self.store.text(
            columns!(
                "select ",
                " from sales_activities a where a.account_id = $1 and a.lead_id in (select value from json_each($2)) and a.kind = $3 \
                 and (a.happened_at, a.id) < ($4, $5) order by a.happened_at desc, a.id desc limit $6"
            ),
            columns!(
                "select ",
                " from sales_activities a where a.account_id = $1 and a.lead_id in (select cast(value as bigint) from \
                 jsonb_array_elements_text(cast($2 as jsonb))) and a.kind = $3 and (a.happened_at, a.id) < ($4, $5) \
                 order by a.happened_at desc, a.id desc limit $6"
            ),
        );
        let leads = batch::rows(lead_ids.iter())?;
        Ok(on!(&self.store, pool => sqlx::query_as(text)
            .bind(&self.account_id)
            .bind(&leads)
            .bind(kind)
            .bind(time)
            .bind(id)
            .bind(i64::from(limit))
            .fetch_all(pool)
            .await)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::people::NewPerson;
    use crate::store::testing::{every_engine, person, visit};

    #[tokio::test]
    async fn pages_of_what_several_people_did_leave_nothing_out_and_repeat_nothing() {
        for test in every_engine().await {
            test.store.create_account("a", "A", 1).await.unwrap();
            let tenant = test.store.tenant("a");
            let record = "001000000000001AAA";
            let of = |lead_id| NewPerson { sfdc_account_id: Some(record.to_owned()), ..person(lead_id) };
            tenant.upsert_people(vec![of(1), of(2), person(3)], 1, None).await.unwrap();
            // Times collide between and within people.
            let visits: Vec<_> = (0..60_i64).map(|n| visit(&format!("g{n:02}"), 1 + n % 3, 100 + n / 9)).collect();
            tenant.insert_activities(&visits, None).await.unwrap();
            let people = tenant.briefs_of_account(record, 10).await.unwrap();
            assert_eq!(people.iter().map(|one| one.lead_id).collect::<Vec<_>>(), [2, 1], "{}", test.engine);
            let leads: Vec<i64> = people.iter().map(|one| one.lead_id).collect();
            let mut seen = Vec::new();
            let mut before = None;
            loop {
                let page = tenant.timeline_of(&leads, Some((Tab::Web, Tab::Web)), before.as_ref(), 7).await.unwrap();
                let Some(last) = page.last() else { break };
                before = Some(Before { happened_at: last.happened_at, guid: last.guid.clone() });
                seen.extend(page.into_iter().map(|row| (row.happened_at, row.guid)));
            }
            assert_eq!(seen.len(), 40, "{}", test.engine);
            assert!(seen.windows(2).all(|pair| pair[0] > pair[1]), "{}", test.engine);
            assert!(tenant.timeline_of(&leads, Some((Tab::Email, Tab::Sales)), None, 7).await.unwrap().is_empty());
            assert_eq!(tenant.timeline_of(&leads, None, None, 100).await.unwrap().len(), 40);
            assert!(test.store.tenant("b").timeline_of(&leads, None, None, 7).await.unwrap().is_empty());
            assert!(tenant.sales_activities_of(&leads, "call", None, 7).await.unwrap().is_empty());
        }
    }
}
