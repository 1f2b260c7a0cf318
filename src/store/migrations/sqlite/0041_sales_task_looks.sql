-- When Salesforce was last asked whether the task was done that a person waits for in a campaign.
alter table sales_runs add column looked_at bigint not null default 0;
create index sales_runs_by_look on sales_runs (account_id, looked_at, id)
    where waits_for is not null and (state = 'waiting' or reason = 'task_gone');
