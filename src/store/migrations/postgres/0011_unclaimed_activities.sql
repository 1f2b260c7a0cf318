-- What the tail saw of people whom we do not know (yet): whoever is looked at for the first time brings it along.
create table unclaimed_activities (
    account_id text not null,
    guid text not null,
    lead_id bigint not null,
    tab bigint not null,
    kind text not null,
    happened_at bigint not null,
    subject text,
    asset_id text,
    detail text not null,
    primary key (account_id, guid)
);
create index unclaimed_by_person on unclaimed_activities (account_id, lead_id);
create index unclaimed_by_time on unclaimed_activities (account_id, happened_at);
