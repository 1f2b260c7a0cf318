-- Who is told by mail of whose interesting moments: one row for each recipient, so that each can leave alone.
create table moment_subscriptions (
    id text primary key,
    account_id text not null references accounts (id),
    -- Who subscribed, and who is told.
    member_id text not null references members (id) on delete cascade,
    recipient_id text not null references members (id) on delete cascade,
    -- person, account, type, description
    basis text not null,
    -- The person's id, the account's in Salesforce, the type or the description itself.
    value text not null,
    label text not null,
    created_at bigint not null,
    unique (account_id, recipient_id, basis, value)
);
create index moment_subscriptions_by_member on moment_subscriptions (account_id, member_id, created_at);
create index moment_subscriptions_by_recipient on moment_subscriptions (recipient_id);

-- Of which moments somebody was told: of each once, however many subscriptions it fits.
create table moment_alerts (
    account_id text not null,
    recipient_id text not null references members (id) on delete cascade,
    guid text not null,
    at bigint not null,
    primary key (account_id, recipient_id, guid)
);
create index moment_alerts_by_recipient on moment_alerts (recipient_id);
create index moment_alerts_by_time on moment_alerts (account_id, at);

-- Moments alone, by time: alerts and the lead feed.
create index activities_moments on activities (account_id, happened_at, guid) where tab = 1;
