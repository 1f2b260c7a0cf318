-- Ways in that work once and shortly: from a panel into the settings, and an operator's into Actions Config.
create table entrances (
    token_hash text primary key,
    account_id text not null references accounts (id),
    -- Absent for an operator's way into Actions Config.
    member_id text references members (id) on delete cascade,
    email text not null,
    created_at bigint not null,
    expires_at bigint not null,
    used_at bigint
);
create index entrances_by_end on entrances (expires_at);
