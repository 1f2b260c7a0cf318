//! What the rest of the house relies on, over every engine at hand.

use std::collections::HashSet;

use super::orgs::{Connection, Org, OrgCertificate};
use super::sync_state::Checkpoint;
use super::testing::{every_engine, person, visit};
use super::timeline::{Before, Tab};
use super::{StoreError, Tenant, on};

pub(super) async fn account(store: &super::Store, id: &str) -> Tenant {
    store.create_account(id, "Acme", 1).await.unwrap();
    store.tenant(id)
}

fn org(account_id: &str) -> Org {
    Org {
        org_id: "00D000000000001EAA".to_owned(),
        account_id: account_id.to_owned(),
        name: "Acme".to_owned(),
        instance_url: "https://acme.my.salesforce.com".to_owned(),
        frame_ancestors: "https://acme.lightning.force.com".to_owned(),
        is_sandbox: true,
        status: "active".to_owned(),
    }
}

#[tokio::test]
async fn writing_people_again_keeps_their_id_and_their_history() {
    for test in every_engine().await {
        let tenant = account(&test.store, "a").await;
        assert_eq!(tenant.upsert_people(&[person(1), person(2)], 10, None).await.unwrap(), 2, "{}", test.engine);
        tenant.set_history_since(&[1], 500).await.unwrap();
        let before = tenant.person_by_sfdc_id(&person(1).sfdc_id).await.unwrap().unwrap();
        assert_eq!(before.last_name.as_deref(), Some("O'Neill \"<>\\ é"));

        let mut changed = person(1);
        changed.score = None;
        changed.title = Some("Buyer\u{0}".to_owned());
        assert_eq!(tenant.upsert_people(&[changed, person(2)], 20, None).await.unwrap(), 1, "{}", test.engine);
        let after = tenant.person(&before.id).await.unwrap().unwrap();
        assert_eq!((after.history_since, after.score, after.title.as_deref(), after.synced_at), (Some(500), None, Some("Buyer"), 20));
        assert_eq!(tenant.count_people().await.unwrap(), 2);
    }
}

#[tokio::test]
async fn of_a_person_who_occurs_twice_in_a_batch_the_last_counts() {
    for test in every_engine().await {
        let tenant = account(&test.store, "a").await;
        let mut second = person(1);
        second.company = Some("Later".to_owned());
        tenant.upsert_people(&[person(1), second], 10, None).await.unwrap();
        let found = tenant.person_by_sfdc_id(&person(1).sfdc_id).await.unwrap().unwrap();
        assert_eq!(found.company.as_deref(), Some("Later"));
    }
}

#[tokio::test]
async fn a_checkpoint_with_an_old_fence_writes_nothing_at_all() {
    for test in every_engine().await {
        let tenant = account(&test.store, "a").await;
        let old = test.store.claim_job("a", "people", "one", 0).await.unwrap().unwrap();
        let new = test.store.claim_job("a", "people", "two", 60_000).await.unwrap().unwrap();
        let stale = Checkpoint { job: "people", fence: old.fence, state: "{\"row\":1}".to_owned() };
        assert!(matches!(tenant.upsert_people(&[person(1)], 10, Some(&stale)).await, Err(StoreError::LeaseLost)), "{}", test.engine);
        assert!(matches!(tenant.insert_activities(&[visit("g", 1, 5)], Some(&stale)).await, Err(StoreError::LeaseLost)));
        assert_eq!(tenant.count_people().await.unwrap(), 0);
        assert!(tenant.timeline(1, None, None, 10).await.unwrap().is_empty());

        let ours = Checkpoint { job: "people", fence: new.fence, state: "{\"row\":2}".to_owned() };
        assert_eq!(tenant.upsert_people(&[person(1)], 10, Some(&ours)).await.unwrap(), 1);
        test.store.release_job(&new, "waiting", None, 0).await.unwrap();
        let next = test.store.claim_job("a", "people", "one", 60_000).await.unwrap().unwrap();
        assert_eq!(next.checkpoint.as_deref(), Some("{\"row\":2}"));
        assert!(next.fence > new.fence);
    }
}

#[tokio::test]
async fn a_lease_is_taken_once_until_it_expires_and_then_the_old_owner_is_refused() {
    for test in every_engine().await {
        account(&test.store, "a").await;
        let first = test.store.claim_job("a", "tail", "one", 150).await.unwrap().unwrap();
        assert!(test.store.claim_job("a", "tail", "two", 150).await.unwrap().is_none(), "{}", test.engine);
        test.store.renew_job(&first, "one", 150).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(250)).await;
        let second = test.store.claim_job("a", "tail", "two", 60_000).await.unwrap().unwrap();
        assert!(matches!(test.store.renew_job(&first, "one", 150).await, Err(StoreError::LeaseLost)));
        assert!(matches!(test.store.release_job(&first, "done", None, 0).await, Err(StoreError::LeaseLost)));
        assert!(matches!(test.store.save_checkpoint(&first, Some("1"), None).await, Err(StoreError::LeaseLost)));
        test.store.save_checkpoint(&second, None, Some("{\"people\":3}")).await.unwrap();

        let later = test.store.now_ms().await.unwrap() + 60_000;
        test.store.release_job(&second, "waiting", Some("why"), later).await.unwrap();
        assert!(test.store.claim_due_job("a", "tail", "one", 10).await.unwrap().is_none());
        let jobs = test.store.tenant("a").jobs().await.unwrap();
        assert_eq!(jobs.len(), 1);
        assert_eq!((jobs[0].state.as_str(), jobs[0].problem.as_deref(), jobs[0].next_run_at), ("waiting", Some("why"), later));
        assert_eq!(jobs[0].progress.as_deref(), Some("{\"people\":3}"));
        assert!(test.store.claim_job("a", "tail", "one", 10).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn a_lease_of_one_account_is_none_of_another() {
    for test in every_engine().await {
        account(&test.store, "a").await;
        account(&test.store, "b").await;
        let first = test.store.claim_job("a", "tail", "one", 60_000).await.unwrap().unwrap();
        let other = test.store.claim_job("b", "tail", "one", 60_000).await.unwrap().unwrap();
        assert_eq!(first.fence, other.fence, "only the account tells them apart");
        let of = async |id: &str| test.store.tenant(id).jobs().await.unwrap().remove(0);
        let before = of("b").await;
        test.store.renew_job(&first, "one", 600_000).await.unwrap();
        test.store.save_checkpoint(&first, Some("1"), Some("{}")).await.unwrap();
        test.store.release_job(&first, "waiting", Some("why"), 0).await.unwrap();
        assert_eq!(of("a").await.problem.as_deref(), Some("why"), "{}", test.engine);
        assert_eq!(of("b").await, before, "{}", test.engine);
        assert!(test.store.claim_job("b", "tail", "two", 60_000).await.unwrap().is_none(), "{}", test.engine);
        test.store.release_job(&other, "waiting", None, 0).await.unwrap();
        assert_eq!(test.store.claim_job("b", "tail", "two", 10).await.unwrap().unwrap().checkpoint, None, "{}", test.engine);
    }
}

#[tokio::test]
async fn a_lease_that_is_renewed_is_that_of_its_account_alone() {
    for test in every_engine().await {
        account(&test.store, "a").await;
        account(&test.store, "b").await;
        let first = test.store.claim_job("a", "tail", "one", 60_000).await.unwrap().unwrap();
        test.store.claim_job("b", "tail", "one", 1).await.unwrap().unwrap();
        test.store.renew_job(&first, "one", 600_000).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        assert!(test.store.claim_job("b", "tail", "two", 10).await.unwrap().is_some(), "{}", test.engine);
    }
}

#[tokio::test]
async fn one_of_many_claimers_gets_the_job() {
    for test in every_engine().await {
        account(&test.store, "a").await;
        let claims = (0..8).map(|owner| {
            let store = test.store.clone();
            async move { store.claim_job("a", "tail", &owner.to_string(), 60_000).await.unwrap() }
        });
        let won = futures_util::future::join_all(claims).await.into_iter().flatten().count();
        assert_eq!(won, 1, "{}", test.engine);
    }
}

#[tokio::test]
async fn two_accounts_with_the_same_ids_never_meet() {
    for test in every_engine().await {
        let (a, b) = (account(&test.store, "a").await, account(&test.store, "b").await);
        for (tenant, company, at) in [(&a, "A", 5), (&b, "B", 6)] {
            let mut someone = person(1);
            someone.company = Some(company.to_owned());
            someone.score = Some(at);
            tenant.upsert_people(&[someone], 10, None).await.unwrap();
            assert_eq!(tenant.insert_activities(&[visit("guid", 1, at)], None).await.unwrap(), 1, "{}", test.engine);
        }
        let of_a = a.person_by_sfdc_id(&person(1).sfdc_id).await.unwrap().unwrap();
        let of_b = b.person_by_sfdc_id(&person(1).sfdc_id).await.unwrap().unwrap();
        assert_ne!(of_a.id, of_b.id);
        assert_eq!((of_a.company.as_deref(), of_b.company.as_deref()), (Some("A"), Some("B")));
        assert!(a.person(&of_b.id).await.unwrap().is_none());
        assert_eq!(b.timeline(1, None, None, 9).await.unwrap()[0].happened_at, 6);
        assert_eq!(a.score_counts().await.unwrap(), [(5, 1)]);

        a.put_org(&org("a"), 1).await.unwrap();
        assert!(matches!(b.put_org(&org("b"), 1).await, Err(StoreError::Taken)));
        assert_eq!(test.store.org("00D000000000001EAA").await.unwrap(), Some(org("a")));
        assert_eq!(a.remove_people(&[1]).await.unwrap(), 1);
        assert_eq!((a.count_people().await.unwrap(), b.count_people().await.unwrap()), (0, 1));
        assert!(a.timeline(1, None, None, 9).await.unwrap().is_empty());
        assert_eq!(b.timeline(1, None, None, 9).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn pages_miss_and_repeat_nothing_where_times_are_equal() {
    for test in every_engine().await {
        let tenant = account(&test.store, "a").await;
        let mut all: Vec<_> = (0..25).map(|n| visit(&format!("g{n:02}"), 1, 100 + n / 10)).collect();
        all[3].tab = Tab::Score.code();
        assert_eq!(tenant.insert_activities(&all, None).await.unwrap(), 25, "{}", test.engine);
        assert_eq!(tenant.insert_activities(&all, None).await.unwrap(), 0);
        for (tab, expected) in [(None, 25), (Some(Tab::Web), 24), (Some(Tab::Score), 1), (Some(Tab::Email), 0)] {
            let mut seen = Vec::new();
            let mut before = None;
            loop {
                let page = tenant.timeline(1, tab, before.as_ref(), 4).await.unwrap();
                let Some(last) = page.last() else { break };
                before = Some(Before { happened_at: last.happened_at, guid: last.guid.clone() });
                seen.extend(page.into_iter().map(|activity| (activity.happened_at, activity.guid)));
            }
            let mut sorted = seen.clone();
            sorted.sort_by(|left, right| right.cmp(left));
            sorted.dedup();
            assert_eq!((seen.len(), &seen), (expected, &sorted));
        }
        assert_eq!(tenant.prune_activities(&[Tab::Web], 102).await.unwrap(), 19);
        assert_eq!(tenant.timeline(1, None, None, 100).await.unwrap().len(), 6);
    }
}

#[tokio::test]
async fn thousands_of_lead_ids_are_looked_up_at_once() {
    for test in every_engine().await {
        let tenant = account(&test.store, "a").await;
        let people: Vec<_> = (1..=1_500).map(person).collect();
        assert_eq!(tenant.upsert_people(people.as_slice(), 1, None).await.unwrap(), 1_500, "{}", test.engine);
        let asked: Vec<i64> = (1_000..4_000).collect();
        assert_eq!(tenant.known_leads(&asked).await.unwrap(), (1_000..=1_500).collect::<HashSet<i64>>());
        assert!(tenant.known_leads(&[]).await.unwrap().is_empty());
        assert_eq!(tenant.upsert_people(&[], 1, None).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn scores_are_counted_for_those_who_have_one() {
    for test in every_engine().await {
        let tenant = account(&test.store, "a").await;
        assert_eq!(tenant.score_counts().await.unwrap(), [], "{}", test.engine);
        let mut unscored = person(9);
        unscored.score = None;
        let mut same = person(4);
        same.score = Some(20);
        tenant.upsert_people(&[person(30), person(20), same, unscored], 1, None).await.unwrap();
        assert_eq!(tenant.score_counts().await.unwrap(), [(20, 2), (30, 1)]);
    }
}

#[tokio::test]
async fn a_converted_lead_is_found_by_both_records() {
    for test in every_engine().await {
        let tenant = account(&test.store, "a").await;
        let mut converted = person(1);
        converted.sfdc_type = "Contact";
        converted.sfdc_id = "003000000000001AAA".to_owned();
        converted.sfdc_contact_id = Some("003000000000001AAA".to_owned());
        converted.sfdc_lead_id = Some("00Q000000000001EAA".to_owned());
        tenant.upsert_people(&[converted], 1, None).await.unwrap();
        for id in ["003000000000001AAA", "00Q000000000001EAA"] {
            assert_eq!(tenant.person_by_sfdc_id(id).await.unwrap().unwrap().lead_id, 1, "{}", test.engine);
        }
        assert!(tenant.person_by_sfdc_id("00Q000000000002EAA").await.unwrap().is_none());
    }
}

#[tokio::test]
async fn history_reaches_back_as_far_as_it_was_ever_fetched() {
    for test in every_engine().await {
        let tenant = account(&test.store, "a").await;
        tenant.upsert_people(&[person(1), person(2)], 1, None).await.unwrap();
        tenant.set_history_since(&[1], 300).await.unwrap();
        tenant.set_history_since(&[1], 400).await.unwrap();
        tenant.set_history_since_for_all(200).await.unwrap();
        let since = async |lead: i64| tenant.person_by_sfdc_id(&person(lead).sfdc_id).await.unwrap().unwrap().history_since;
        assert_eq!((since(1).await, since(2).await), (Some(300), Some(200)), "{}", test.engine);
    }
}

#[tokio::test]
async fn certificates_and_connections_belong_to_their_account() {
    for test in every_engine().await {
        let (a, b) = (account(&test.store, "a").await, account(&test.store, "b").await);
        a.put_org(&org("a"), 1).await.unwrap();
        let certificate = OrgCertificate {
            id: "c1".to_owned(),
            org_id: "00D000000000001EAA".to_owned(),
            name: "key".to_owned(),
            public_key_pem: "pem".to_owned(),
            fingerprint: "ff".to_owned(),
            not_before: 1,
            not_after: 2,
            revoked_at: None,
        };
        a.put_certificate(&certificate, 1).await.unwrap();
        a.put_certificate(&OrgCertificate { id: "c2".to_owned(), ..certificate.clone() }, 1).await.unwrap();
        assert_eq!(a.certificates("00D000000000001EAA").await.unwrap(), vec![certificate.clone()], "{}", test.engine);
        assert!(matches!(b.put_certificate(&certificate, 1).await, Err(StoreError::Taken)));
        assert!(b.certificates("00D000000000001EAA").await.unwrap().is_empty());

        let mut connection = Connection {
            account_id: "a".to_owned(),
            kind: "marketo".to_owned(),
            endpoint: "https://123-ABC-456.mktorest.com".to_owned(),
            client_id: "id".to_owned(),
            secret_sealed: vec![0, 1, 255],
            sealing_key_id: "k1".to_owned(),
            state: "connected".to_owned(),
            state_reason: None,
            checked_at: Some(3),
        };
        a.put_connection(&connection, 1).await.unwrap();
        assert!(matches!(b.put_connection(&connection, 1).await, Err(StoreError::Taken)));
        a.set_connection_state("marketo", "broken", Some("601"), 9).await.unwrap();
        connection.state = "broken".to_owned();
        connection.state_reason = Some("601".to_owned());
        connection.checked_at = Some(9);
        assert_eq!(a.connection("marketo").await.unwrap(), Some(connection));
        assert_eq!(b.connection("marketo").await.unwrap(), None);
        test.without_twins().await;
        assert_eq!(test.store.active_accounts().await.unwrap(), ["a", "b"]);
    }
}

#[tokio::test]
async fn roles_that_start_at_once_on_a_new_file_all_find_it_migrated() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("new.db").display());
    let starts = (0..4).map(|_| async {
        let store = super::Store::connect(&url, 2).await.unwrap();
        store.migrate().await.unwrap();
        store
    });
    let stores = futures_util::future::join_all(starts).await;
    stores[0].create_account("a", "Acme", 1).await.unwrap();
    assert!(stores[3].tenant("a").account().await.unwrap().is_some());
}

#[tokio::test]
async fn the_version_before_starts_again_on_a_database_that_its_successor_migrated() {
    for test in every_engine().await {
        let tenant = account(&test.store, "a").await;
        let later =
            "insert into _sqlx_migrations (version, description, success, checksum, execution_time) values (9999, 'later', true, $1, 1)";
        let further = "alter table people add column of_the_successor text";
        on!(&test.store, pool => {
            sqlx::query(later).bind(vec![1_u8]).execute(pool).await.unwrap();
            sqlx::query(further).execute(pool).await.unwrap();
        });
        test.store.migrate().await.unwrap();
        assert_eq!(tenant.upsert_people(&[person(1)], 10, None).await.unwrap(), 1, "{}", test.engine);
        assert!(tenant.person_by_sfdc_id(&person(1).sfdc_id).await.unwrap().is_some(), "{}", test.engine);
    }
}

// A full or broken disk, as SQLite tells of it: it ends the transaction by itself.
#[tokio::test]
async fn a_connection_whose_transaction_sqlite_ended_is_not_used_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = super::Store::connect(&format!("sqlite://{}", folder.path().join("test.db").display()), 1).await.unwrap();
    store.migrate().await.unwrap();
    let tenant = account(&store, "a").await;
    let super::Store::Sqlite(file) = &store else { panic!("no file") };
    let mut transaction = file.pool.begin_with("begin immediate").await.unwrap();
    sqlx::raw_sql("rollback").execute(&mut *transaction).await.unwrap();
    transaction.commit().await.unwrap_err();
    assert_eq!(tenant.upsert_people(&[person(1)], 10, None).await.unwrap(), 1);
}
