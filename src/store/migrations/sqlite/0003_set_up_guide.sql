alter table accounts add column munchkin_id text;
alter table accounts add column language text not null default 'en';
alter table accounts add column time_zone text not null default 'UTC';
alter table accounts add column login_method text not null default 'salesforce_only';
alter table accounts add column original_member_id text;
-- idle until somebody starts the sync of an account that was entered by the guide; an operator's account runs.
alter table accounts add column sync_state text not null default 'running';
alter table accounts add column changed_at bigint not null default 0;
create unique index accounts_by_munchkin on accounts (munchkin_id);

alter table connections add column owner_id text;
alter table connections add column owner_email text;

create table members (
    id text primary key,
    account_id text not null references accounts (id),
    email text not null,
    -- In lower case; whoever is invited holds their address too, so it is unique over all accounts.
    email_key text not null unique,
    first_name text,
    last_name text,
    role text not null,
    state text not null,
    language text not null,
    time_zone text not null,
    marketo_access boolean not null,
    salesforce_org_id text,
    salesforce_user_id text,
    created_at bigint not null,
    last_seen_at bigint
);
create index members_by_account on members (account_id, email_key);
create index members_by_salesforce_user on members (account_id, salesforce_user_id);

create table teams (
    account_id text not null references accounts (id),
    id text not null,
    name text not null,
    name_key text not null,
    created_at bigint not null,
    primary key (account_id, id),
    unique (account_id, name_key)
);

create table team_members (
    account_id text not null,
    team_id text not null,
    member_id text not null references members (id) on delete cascade,
    primary key (account_id, team_id, member_id),
    foreign key (account_id, team_id) references teams (account_id, id) on delete cascade
);
create index team_members_by_member on team_members (member_id);

create table invitations (
    id text primary key,
    account_id text not null references accounts (id),
    member_id text not null,
    email text not null,
    -- SHA-256 of the link's token; the token itself is nowhere.
    token_hash text not null unique,
    state text not null,
    is_first boolean not null,
    inviter text not null,
    language text not null,
    created_at bigint not null,
    sent_at bigint not null,
    opened_at bigint,
    accepted_at bigint,
    expires_at bigint not null
);
create index invitations_by_account on invitations (account_id, created_at, id);
create index invitations_by_member on invitations (member_id);

create table sign_in_links (
    token_hash text primary key,
    account_id text not null references accounts (id),
    member_id text not null references members (id) on delete cascade,
    created_at bigint not null,
    expires_at bigint not null,
    used_at bigint
);
create index sign_in_links_by_member on sign_in_links (member_id, created_at);

create table mail_outbox (
    id text primary key,
    account_id text not null references accounts (id),
    kind text not null,
    -- What the mail is about, such as an invitation's id.
    about text not null,
    recipient text not null,
    language text not null,
    detail text not null,
    -- The link's token until the mail is out, then nothing.
    token_sealed blob,
    sealing_key_id text,
    state text not null,
    attempts bigint not null,
    next_at bigint not null,
    lease_until bigint not null,
    last_attempt_at bigint,
    problem text,
    created_at bigint not null,
    sent_at bigint
);
create index mail_outbox_due on mail_outbox (next_at) where state = 'waiting';
create index mail_outbox_by_subject on mail_outbox (account_id, about);

create table audit (
    id text primary key,
    account_id text not null references accounts (id),
    at bigint not null,
    who text not null,
    what text not null,
    target text not null,
    source text,
    request_id text
);
create index audit_by_account on audit (account_id, at, id);

create table idempotency (
    account_id text not null references accounts (id),
    what text not null,
    key text not null,
    asked text not null,
    answer text not null,
    created_at bigint not null,
    primary key (account_id, what, key)
);

create table integrations (
    account_id text primary key references accounts (id),
    endpoint text not null,
    client_id text not null,
    secret_sealed blob not null,
    sealing_key_id text not null,
    created_at bigint not null,
    rotated_at bigint,
    previous_client_id text,
    previous_sealed blob,
    previous_key_id text,
    overlap_until bigint
);

create table oauth_flows (
    id text primary key,
    state_hash text not null unique,
    kind text not null,
    -- The account that connects; nobody's while somebody signs in.
    account_id text references accounts (id),
    session_hash text not null,
    environment text not null,
    login_url text not null,
    redirect_uri text not null,
    return_to text,
    nonce text not null,
    verifier_sealed blob not null,
    sealing_key_id text not null,
    created_at bigint not null,
    expires_at bigint not null,
    used_at bigint
);

create table salesforce_connections (
    account_id text primary key references accounts (id),
    environment text not null,
    login_url text not null,
    org_id text not null,
    instance_url text not null,
    user_id text not null,
    username text not null,
    scopes text not null,
    access_sealed blob not null,
    refresh_sealed blob not null,
    sealing_key_id text not null,
    -- Counts the pairs of tokens; whoever holds an earlier one looks again.
    generation bigint not null,
    state text not null,
    problem text,
    -- Written before a refresh begins: a process that dies in between leaves it behind.
    refresh_started_at bigint,
    refresh_owner text,
    refresh_after bigint not null,
    last_success_at bigint,
    connected_by text not null,
    connected_at bigint not null,
    refreshed_at bigint not null
);

create table sync_runs (
    id text primary key,
    account_id text not null references accounts (id),
    started_at bigint not null,
    started_by text not null,
    ended_at bigint,
    state text not null,
    detail text
);
create index sync_runs_by_account on sync_runs (account_id, started_at, id);

create table imports (
    id text primary key,
    account_id text not null references accounts (id),
    created_by text not null,
    inviter text not null,
    file_name text not null,
    file_hash text not null,
    encoding text not null,
    delimiter text not null,
    header text not null,
    mapping text not null,
    row_count bigint not null,
    state text not null,
    role text not null,
    language text not null,
    problem text,
    created_at bigint not null,
    updated_at bigint not null
);
create index imports_by_account on imports (account_id, created_at, id);
create index imports_to_invite on imports (updated_at) where state = 'inviting';

create table import_rows (
    import_id text not null references imports (id) on delete cascade,
    number bigint not null,
    cells text not null,
    email text,
    email_key text,
    first_name text,
    last_name text,
    role text,
    teams text,
    outcome text not null,
    detail text,
    primary key (import_id, number)
);
create index import_rows_by_email on import_rows (import_id, email_key);
create index import_rows_by_outcome on import_rows (import_id, outcome, number);
