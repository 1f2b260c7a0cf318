//! What a rep has in front of them when no record is open: the best of their own people, those whom they watch, their mails, and
//! what is happening.

use super::{StoreError, Tenant, commit, on};

/// A person in a list of the desk.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Bet {
    pub id: String,
    pub lead_id: i64,
    pub sfdc_type: String,
    pub sfdc_id: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub company: Option<String>,
    pub title: Option<String>,
    pub email: Option<String>,
    pub relative_score: Option<i64>,
    pub relative_urgency: Option<i64>,
    /// The last interesting moment, if there is one.
    pub moment_at: Option<i64>,
    pub moment_type: Option<String>,
    pub moment_detail: Option<String>,
    pub watched: bool,
}

/// A moment of the feed.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct FeedMoment {
    pub guid: String,
    pub happened_at: i64,
    /// The moment's type.
    pub subject: Option<String>,
    pub detail: String,
    pub person_id: String,
    pub sfdc_id: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub company: Option<String>,
    pub email: Option<String>,
    pub relative_score: Option<i64>,
    pub relative_urgency: Option<i64>,
}

/// A mail that a member sent.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct SentMail {
    pub id: String,
    pub at: i64,
    pub subject: String,
    pub status: String,
    pub opened: i64,
    pub clicked: i64,
    pub replied: i64,
    pub recipient: String,
    pub person_id: String,
    pub sfdc_id: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub company: Option<String>,
}

macro_rules! bets {
    ($from:literal, $order:literal) => {
        concat!(
            "select b.*, a.happened_at as moment_at, a.subject as moment_type, a.detail as moment_detail from \
             (select p.id, p.account_id, p.lead_id, p.sfdc_type, p.sfdc_id, p.first_name, p.last_name, p.company, p.title, p.email, p.relative_score, \
             p.relative_urgency, exists (select 1 from watch_list w where w.account_id = p.account_id and w.member_id = $3 and \
             w.person_id = p.id) as watched, (select m.guid from activities m where m.account_id = p.account_id and \
             m.lead_id = p.lead_id and m.tab = 1 order by m.happened_at desc, m.guid desc limit 1) as moment_guid, \
             coalesce(p.relative_urgency, 0) as urgency, coalesce(p.relative_score, 0) as standing, coalesce(p.priority, 0) as rank ",
            $from,
            ") b left join activities a on a.account_id = b.account_id and a.guid = b.moment_guid ",
            $order
        )
    };
}

impl Tenant {
    /// The user's own people (`leads`, `contacts` or both) who are not put aside, the most urgent first; of two who are equally
    /// urgent the one with the better score. `member_id` is the user's, if they are a member.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn best_bets(
        &self,
        user_id: &str,
        member_id: Option<&str>,
        kinds: (bool, bool),
        now_ms: i64,
        limit: i64,
    ) -> Result<Vec<Bet>, StoreError> {
        // `|| ''` keeps the engine from reading the whole account in place of the owner's index.
        let text = bets!(
            "from people p where p.account_id || '' = $1 and p.owner_id = $2 and (p.sfdc_type = $4 or p.sfdc_type = $5) and not exists \
             (select 1 from best_bet_hides h where h.account_id = p.account_id and h.user_id = $2 and h.person_id = p.id and h.until > $6) \
             order by urgency desc, standing desc, rank desc, p.lead_id limit $7",
            "order by b.urgency desc, b.standing desc, b.rank desc, b.lead_id"
        );
        let kind = |wanted: bool, name: &'static str| if wanted { name } else { "" };
        Ok(on!(&self.store, pool => sqlx::query_as(text)
            .bind(&self.account_id)
            .bind(user_id)
            .bind(member_id.unwrap_or_default())
            .bind(kind(kinds.0, "Lead"))
            .bind(kind(kinds.1, "Contact"))
            .bind(now_ms)
            .bind(limit)
            .fetch_all(pool)
            .await)?)
    }

    /// The people whom a member watches, the most urgent first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn watched_people(&self, member_id: &str, limit: i64) -> Result<Vec<Bet>, StoreError> {
        let text = bets!(
            "from people p join watch_list on watch_list.account_id = p.account_id and watch_list.person_id = p.id \
             where p.account_id = $1 and watch_list.member_id = $2 order by urgency desc, standing desc, rank desc, p.lead_id limit $4",
            "order by b.urgency desc, b.standing desc, b.rank desc, b.lead_id"
        );
        Ok(on!(&self.store, pool => sqlx::query_as(text)
            .bind(&self.account_id)
            .bind(member_id)
            .bind(member_id)
            .bind(limit)
            .fetch_all(pool)
            .await)?)
    }

    /// Puts one of the user's people aside until a time, or takes them back (`until_ms` of 0).
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn hide_best_bet(&self, user_id: &str, person_id: &str, until_ms: i64) -> Result<(), StoreError> {
        let text = "insert into best_bet_hides (account_id, user_id, person_id, until) values ($1, $2, $3, $4) \
                    on conflict (account_id, user_id, person_id) do update set until = excluded.until";
        commit!(&self.store, transaction => {
            sqlx::query(text).bind(&self.account_id).bind(user_id).bind(person_id).bind(until_ms).execute(&mut *transaction).await?;
        });
        Ok(())
    }

    /// The newest moments since a time of people whom the user owns or, as a member, watches.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn lead_feed(
        &self,
        user_id: &str,
        member_id: Option<&str>,
        since_ms: i64,
        limit: i64,
    ) -> Result<Vec<FeedMoment>, StoreError> {
        let text = "select a.guid, a.happened_at, a.subject, a.detail, p.id as person_id, p.sfdc_id, p.first_name, p.last_name, p.company, \
                    p.email, p.relative_score, p.relative_urgency from activities a join people p on p.account_id = a.account_id and \
                    p.lead_id = a.lead_id where a.account_id = $1 and a.tab = 1 and a.happened_at >= $4 and (p.owner_id = $2 or exists \
                    (select 1 from watch_list w where w.account_id = a.account_id and w.member_id = $3 and w.person_id = p.id)) \
                    order by a.happened_at desc, a.guid desc limit $5";
        Ok(on!(&self.store, pool => sqlx::query_as(text)
            .bind(&self.account_id)
            .bind(user_id)
            .bind(member_id.unwrap_or_default())
            .bind(since_ms)
            .bind(limit)
            .fetch_all(pool)
            .await)?)
    }

    /// The mails that a member sent, the newest first, older than `before` (time and id).
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn mails_of_member(&self, member_id: &str, before: Option<(i64, &str)>, limit: i64) -> Result<Vec<SentMail>, StoreError> {
        let (time, id) = before.unwrap_or((i64::MAX, ""));
        let text = "select e.activity_id as id, e.sent_at as at, e.subject, e.status, e.opened, e.clicked, e.replied, e.recipient, \
                    s.person_id, s.sfdc_id, p.first_name, p.last_name, p.company from sales_emails e \
                    join sales_activities s on s.id = e.activity_id \
                    left join people p on p.account_id = e.account_id and p.id = s.person_id \
                    where e.account_id = $1 and e.member_id = $2 and e.sent_at is not null and (e.sent_at, e.activity_id) < ($3, $4) \
                    order by e.sent_at desc, e.activity_id desc limit $5";
        Ok(on!(&self.store, pool => sqlx::query_as(text)
            .bind(&self.account_id)
            .bind(member_id)
            .bind(time)
            .bind(id)
            .bind(limit)
            .fetch_all(pool)
            .await)?)
    }
}

#[cfg(test)]
mod tests {
    use crate::store::people::NewPerson;
    use crate::store::testing::{every_engine, person};
    use crate::store::timeline::{Activity, Tab};

    const USER: &str = "005000000000001AAA";

    fn moment(guid: &str, lead_id: i64, happened_at: i64) -> Activity {
        let text = |text: &str| text.to_owned();
        let (tab, kind, detail) = (Tab::Moments.code(), text("moment"), text(r#"{"description":"x"}"#));
        Activity { guid: text(guid), lead_id, tab, kind, happened_at, subject: Some(text("Web")), asset_id: None, detail }
    }

    #[tokio::test]
    async fn the_best_of_ones_own_come_first_and_those_put_aside_come_back() {
        for test in every_engine().await {
            test.store.create_account("a", "A", 1).await.unwrap();
            let tenant = test.store.tenant("a");
            let of = |lead_id, urgency, score| NewPerson { relative_urgency: urgency, relative_score: score, ..person(lead_id) };
            let other = NewPerson { owner_id: "005000000000009AAA".to_owned(), ..of(5, Some(3), Some(3)) };
            let contact = NewPerson { sfdc_type: "Contact", sfdc_id: "003000000000004AAA".to_owned(), ..of(4, Some(3), Some(1)) };
            let people = vec![of(1, None, None), of(2, Some(3), Some(2)), of(3, Some(1), Some(3)), contact, other];
            tenant.upsert_people(people, 1, None).await.unwrap();
            tenant.insert_activities(&[moment("1", 2, 10), moment("2", 2, 20), moment("3", 5, 30)], None).await.unwrap();
            let ids = async |kinds, now| {
                let bets = tenant.best_bets(USER, None, kinds, now, 10).await.unwrap();
                bets.into_iter().map(|bet| bet.lead_id).collect::<Vec<_>>()
            };
            assert_eq!(ids((true, true), 0).await, [2, 4, 3, 1], "{}", test.engine);
            assert_eq!(ids((true, false), 0).await, [2, 3, 1]);
            assert_eq!(ids((false, true), 0).await, [4]);
            let first = tenant.best_bets(USER, None, (true, true), 0, 1).await.unwrap().remove(0);
            assert_eq!((first.moment_at, first.moment_type.as_deref(), first.watched), (Some(20), Some("Web"), false));
            tenant.hide_best_bet(USER, &first.id, 100).await.unwrap();
            assert_eq!(ids((true, true), 99).await, [4, 3, 1], "{}", test.engine);
            assert_eq!(ids((true, true), 100).await, [2, 4, 3, 1]);
            tenant.hide_best_bet(USER, &first.id, 0).await.unwrap();
            assert_eq!(ids((true, true), 99).await, [2, 4, 3, 1]);
            let feed = tenant.lead_feed(USER, None, 0, 10).await.unwrap();
            assert_eq!(feed.iter().map(|moment| moment.guid.as_str()).collect::<Vec<_>>(), ["2", "1"], "{}", test.engine);
            assert!(tenant.watched_people("nobody", 10).await.unwrap().is_empty());
            assert!(tenant.mails_of_member("nobody", None, 10).await.unwrap().is_empty());
            assert!(test.store.tenant("b").best_bets(USER, None, (true, true), 0, 10).await.unwrap().is_empty());
        }
    }
}
