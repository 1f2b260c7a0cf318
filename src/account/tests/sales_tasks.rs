//! Tasks of sales campaigns that reps handle in Salesforce itself (#[cfg(test)]).

use serde_json::{Value, json};

use super::acting::Office;
use super::sales_campaigns::{call, mail};
use crate::sync::deliver::Target;
use crate::sync::sales_tasks::run_once;

impl Office {
    // Three people wait for a call each, which Salesforce knows; gives campaign, and Salesforce's ids of the tasks by record.
    async fn waiting(&self) -> (String, Vec<String>) {
        let id = self.campaign("Calls", &[call(1), mail(1, "After the call")]).await;
        let all: Vec<&str> = (0..3).map(|index| self.record(index)).collect();
        self.launch(&id, json!({"sfdc_ids": all})).await.ok();
        self.go_on().await;
        for _ in 0..2 {
            self.deliver(Target::Salesforce).await;
        }
        let (_, salesforce) = self.written().await;
        let task_of = |record: &&str| salesforce.iter().find(|task| task["WhoId"] == **record).unwrap()["Id"].as_str().unwrap().to_owned();
        (id, all.iter().map(task_of).collect())
    }

    async fn in_salesforce(&self, task: &str, change: Value) {
        self.control(reqwest::Method::POST, &format!("/salesforce/tasks/{task}"), change).await;
    }

    // Salesforce is asked, whenever it was asked last.
    async fn asks_about_tasks(&self) -> u64 {
        let lease = self.deps.store.claim_job(&self.account, crate::sync::sales_tasks::JOB, "test", 0).await.unwrap().unwrap();
        self.deps.store.release_job(&lease, "waiting", None, 0).await.unwrap();
        run_once(&self.deps, &self.account, 0).await.unwrap()
    }

    async fn of_record(&self, campaign: &str, index: usize) -> Value {
        self.people_of(campaign).await.into_iter().find(|one| one["sfdc_id"] == self.record(index)).unwrap()
    }

    async fn asked_salesforce(&self) -> u64 {
        let journal = self.control(reqwest::Method::GET, "/journal", json!({})).await;
        let counts = journal["counts"].as_object().unwrap();
        counts.iter().filter(|(path, _)| path.ends_with("/queryAll")).map(|(_, count)| count.as_u64().unwrap()).sum()
    }
}

#[actix_web::test]
async fn a_task_that_was_ticked_off_in_salesforce_moves_its_person_on() {
    for office in Office::all().await {
        let office = office.with_salesforce().await;
        let (id, tasks) = office.waiting().await;
        assert_eq!(office.asks_about_tasks().await, 0, "nothing was done yet");
        assert_eq!(office.asked_salesforce().await, 1, "one call for all of them");
        office.in_salesforce(&tasks[0], json!({"status": "In Progress"})).await;
        office.in_salesforce(&tasks[1], json!({"status": "Completed"})).await;
        assert_eq!(office.asks_about_tasks().await, 1);
        office.go_on().await;
        assert_eq!(office.sorted_subjects().await, ["After the call"]);
        assert_eq!(office.of_record(&id, 0).await["state"], "waiting");
        assert_eq!(office.of_record(&id, 1).await["state"], "finished");
        // Our own task says so as well, and Salesforce is not told what it said itself.
        let tasks_here = office.tenant().sales_activities(office.people[1].lead_id, "task", None, 5).await.unwrap();
        assert!(tasks_here.len() == 1 && tasks_here[0].detail.contains("\"done\":true"), "{tasks_here:?}");
        assert!(office.ledger("?target=salesforce").await.iter().all(|row| row["verb"] == "create"));
        // Whoever was stopped stays stopped.
        let run = office.of_record(&id, 2).await["id"].as_str().unwrap().to_owned();
        office.in_salesforce(&tasks[2], json!({"status": "Completed"})).await;
        office.house.post(&office.admin, &format!("/v1/sales-runs/{run}/stop"), json!({})).await.ok();
        assert_eq!(office.asks_about_tasks().await, 0);
        office.go_on().await;
        assert_eq!(office.sorted_subjects().await.len(), 1);
    }
}

#[actix_web::test]
async fn a_task_that_was_deleted_in_salesforce_leaves_nobody_waiting_in_silence() {
    for office in Office::all().await {
        let office = office.with_salesforce().await;
        let (id, tasks) = office.waiting().await;
        for task in &tasks {
            office.in_salesforce(task, json!({"deleted": true})).await;
        }
        assert_eq!(office.asks_about_tasks().await, 3);
        for index in 0..3 {
            let one = office.of_record(&id, index).await;
            assert_eq!((&one["state"], &one["reason"], &one["number"]), (&json!("blocked"), &json!("task_gone"), &json!(1)), "{one}");
            assert!(one["problem"].as_str().unwrap().contains("Salesforce"));
        }
        assert_eq!(office.asks_about_tasks().await, 0, "said once");
        // Out of the bin again, it is waited for again.
        office.in_salesforce(&tasks[0], json!({"deleted": false})).await;
        assert_eq!(office.asks_about_tasks().await, 1);
        assert_eq!(office.of_record(&id, 0).await["state"], "waiting");
        // Somebody goes on without it.
        let run = office.of_record(&id, 1).await["id"].as_str().unwrap().to_owned();
        office.house.post(&office.admin, &format!("/v1/sales-runs/{run}/resume"), json!({})).await.ok();
        // For somebody else it is said here that it was done; the copy that is gone is not written to.
        let task = office.ledger("?target=salesforce").await;
        let person = office.people[2].first_name.as_deref().unwrap();
        let task = task.iter().find(|row| row["person"].as_str().unwrap().starts_with(person)).unwrap()["activity_id"].as_str().unwrap();
        office.house.post(&office.admin, &format!("/v1/tasks/{task}/complete"), json!({})).await.ok();
        office.go_on().await;
        assert_eq!(office.sorted_subjects().await.len(), 2);
        assert!(office.ledger("?target=salesforce").await.iter().all(|row| row["verb"] == "create"));
    }
}

#[actix_web::test]
async fn salesforce_is_asked_with_measure_and_its_silence_changes_nothing() {
    for office in Office::all().await {
        let office = office.with_salesforce().await;
        let (id, tasks) = office.waiting().await;
        office.fault("/salesforce/services/data/v62.0/queryAll", json!({"http": 503, "times": 5})).await;
        office.in_salesforce(&tasks[0], json!({"status": "Completed"})).await;
        assert_eq!(run_once(&office.deps, &office.account, 60_000).await.unwrap(), 0);
        assert_eq!(run_once(&office.deps, &office.account, 60_000).await.unwrap(), 0);
        assert_eq!(office.asked_salesforce().await, 1, "the pause holds for a call that failed, too");
        let jobs = office.deps.store.tenant(&office.account).jobs().await.unwrap();
        let job = jobs.iter().find(|job| job.job == crate::sync::sales_tasks::JOB).unwrap();
        assert_eq!((job.state.as_str(), job.problem.is_some()), ("paused", true));
        assert!(office.people_of(&id).await.iter().all(|one| one["state"] == "waiting"));
        office.control(reqwest::Method::DELETE, "/faults", json!({})).await;
        assert_eq!(office.asks_about_tasks().await, 1);
        assert_eq!(run_once(&office.deps, &office.account, 60_000).await.unwrap(), 0);
        assert_eq!(office.asked_salesforce().await, 2, "nobody is asked about twice within the pause");
    }
}
