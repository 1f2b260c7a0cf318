-- Mails to many in the making: what is said to all, and what differs for one of them.
create table circulars (
    id text primary key,
    account_id text not null references accounts (id),
    member_id text not null references members (id) on delete cascade,
    template_id text,
    subject text not null,
    html text not null,
    -- A local time in the time zone, or nothing: at once.
    send_on text not null,
    time_zone text not null,
    -- More people belong to the record than are written to.
    more boolean not null,
    -- Ids of records that nobody here stands behind (a JSON list).
    unknown text not null,
    -- draft or sent
    state text not null,
    -- What became of it, once it was sent (JSON).
    outcome text,
    created_at bigint not null,
    saved_at bigint not null
);
create index circulars_by_member on circulars (account_id, member_id, saved_at);

create table circular_people (
    circular_id text not null references circulars (id) on delete cascade,
    position bigint not null,
    person_id text not null,
    -- Left out by whoever writes.
    left_out boolean not null,
    -- What this one gets instead.
    subject text,
    html text,
    primary key (circular_id, person_id)
);
