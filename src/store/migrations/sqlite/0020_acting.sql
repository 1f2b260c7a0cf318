-- What reps did to people, and what is owed to other systems because of it: written together, in one transaction.
create table activity_numbers (
    account_id text primary key references accounts (id),
    last bigint not null
);

create table sales_activities (
    id text primary key,
    account_id text not null references accounts (id),
    -- Counts the account's activities; other systems know one by SIA- and these digits.
    number bigint not null,
    kind text not null,
    -- The e-mail that an opening, a click, a reply or a bounce belongs to.
    about text,
    person_id text not null,
    lead_id bigint not null,
    sfdc_type text not null,
    sfdc_id text not null,
    member_id text not null,
    happened_at bigint not null,
    subject text,
    detail text not null,
    created_at bigint not null,
    unique (account_id, number)
);
create index sales_activities_by_person on sales_activities (account_id, lead_id, kind, happened_at, id);
create index sales_activities_by_about on sales_activities (about) where about is not null;

create table deliveries (
    id text primary key,
    account_id text not null references accounts (id),
    activity_id text not null references sales_activities (id) on delete cascade,
    number bigint not null,
    target text not null,
    verb text not null,
    -- Whose deliveries keep their order.
    lane bigint not null,
    -- held, waiting, sending, unsettled, done, failed, skipped
    state text not null,
    attempts bigint not null,
    next_at bigint not null,
    last_attempt_at bigint,
    code text,
    problem text,
    upstream_id text,
    created_at bigint not null,
    settled_at bigint
);
create index deliveries_open on deliveries (account_id, target, lane, number) where state in ('waiting', 'sending', 'unsettled');
create index deliveries_due on deliveries (target, next_at) where state in ('waiting', 'sending', 'unsettled');
create index deliveries_by_account on deliveries (account_id, created_at, id);
create index deliveries_by_activity on deliveries (activity_id);

create table watch_list (
    account_id text not null references accounts (id),
    member_id text not null references members (id) on delete cascade,
    person_id text not null references people (id) on delete cascade,
    added_at bigint not null,
    primary key (account_id, member_id, person_id)
);
create index watch_list_by_person on watch_list (person_id);
