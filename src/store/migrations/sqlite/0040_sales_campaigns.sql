-- Sales campaigns: sequences of e-mails, calls and tasks, and the people who are on their way through them.
create table sales_campaigns (
    id text primary key,
    account_id text not null references accounts (id),
    owner_id text not null,
    name text not null,
    category text not null,
    -- A JSON list of teams.
    shared text not null,
    skip_weekends boolean not null,
    -- end, success or nothing
    on_reply text not null,
    remove_on_bounce boolean not null,
    plan_id text not null,
    created_at bigint not null,
    updated_at bigint not null
);
create index sales_campaigns_by_account on sales_campaigns (account_id, category, name, id);

-- The steps as they were at some time; whoever follows a plan goes on with it unless an edit takes them along.
create table sales_campaign_plans (
    id text primary key,
    account_id text not null references accounts (id),
    campaign_id text not null,
    steps text not null,
    created_at bigint not null
);
create index sales_campaign_plans_by_campaign on sales_campaign_plans (campaign_id);

-- People on whom somebody is about to start a campaign, or did.
create table sales_launches (
    id text primary key,
    account_id text not null references accounts (id),
    member_id text not null,
    campaign_id text,
    -- draft or started
    state text not null,
    zone text not null,
    start_at bigint,
    -- JSON: the people, those who were left out at once, what was written for single people, what came of it
    people text not null,
    left_out text not null,
    edits text not null,
    outcome text,
    created_at bigint not null,
    started_at bigint
);
create index sales_launches_by_member on sales_launches (account_id, member_id, started_at);

create table sales_runs (
    id text primary key,
    account_id text not null references accounts (id),
    campaign_id text not null,
    plan_id text not null,
    launch_id text not null,
    member_id text not null,
    person_id text not null,
    lead_id bigint not null,
    sfdc_type text not null,
    sfdc_id text not null,
    email_key text not null,
    zone text not null,
    start_at bigint not null,
    start_chosen boolean not null,
    -- running, waiting (for a task), blocked; finished, succeeded, ended
    state text not null,
    -- Why it ended, or what it is blocked by.
    reason text,
    problem text,
    -- Place of the next step in the plan.
    step bigint not null,
    -- JSON that the schedule understands; empty at the beginning.
    reached text not null,
    due_at bigint,
    -- The task, or the e-mail, without which it does not go on.
    waits_for text,
    -- JSON: what was written for this person's first e-mail.
    edit text,
    -- Grows with every word that is written about it.
    turn bigint not null,
    -- JSON that goes to other systems.
    detail text not null,
    started_at bigint not null,
    ended_at bigint
);
create unique index sales_runs_once on sales_runs (campaign_id, person_id) where state in ('running', 'waiting', 'blocked');
create index sales_runs_due on sales_runs (due_at, account_id) where state = 'running' and due_at is not null;
create index sales_runs_by_address on sales_runs (account_id, email_key) where state in ('running', 'waiting', 'blocked');
create index sales_runs_by_lead on sales_runs (account_id, lead_id, started_at);
create index sales_runs_by_campaign on sales_runs (account_id, campaign_id, state, started_at, id);
create index sales_runs_by_member on sales_runs (account_id, member_id, launch_id) where state in ('running', 'waiting', 'blocked');
create index sales_runs_by_launch on sales_runs (launch_id);
create index sales_runs_by_wait on sales_runs (waits_for) where waits_for is not null;

-- What a run has caused.
create table sales_deeds (
    run_id text not null references sales_runs (id) on delete cascade,
    turn bigint not null,
    account_id text not null references accounts (id),
    campaign_id text not null,
    step_id text not null,
    activity_id text not null,
    kind text not null,
    at bigint not null,
    primary key (run_id, turn)
);
create unique index sales_deeds_once on sales_deeds (run_id, step_id);
create index sales_deeds_by_activity on sales_deeds (activity_id);
create index sales_deeds_by_campaign on sales_deeds (account_id, campaign_id, step_id);
