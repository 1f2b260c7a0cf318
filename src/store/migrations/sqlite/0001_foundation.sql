create table accounts (
    id text primary key,
    name text not null,
    status text not null,
    created_at bigint not null
);

create table orgs (
    org_id text primary key,
    account_id text not null references accounts (id),
    name text not null,
    instance_url text not null,
    frame_ancestors text not null,
    is_sandbox boolean not null,
    status text not null,
    created_at bigint not null
);
create index orgs_by_account on orgs (account_id);

create table org_certificates (
    id text primary key,
    account_id text not null references accounts (id),
    org_id text not null references orgs (org_id),
    name text not null,
    public_key_pem text not null,
    fingerprint text not null,
    not_before bigint not null,
    not_after bigint not null,
    created_at bigint not null,
    revoked_at bigint,
    unique (org_id, fingerprint)
);

create table connections (
    account_id text not null references accounts (id),
    kind text not null,
    endpoint text not null,
    client_id text not null,
    secret_sealed blob not null,
    sealing_key_id text not null,
    state text not null,
    state_reason text,
    checked_at bigint,
    created_at bigint not null,
    primary key (account_id, kind)
);

create table people (
    id text primary key,
    account_id text not null references accounts (id),
    lead_id bigint not null,
    sfdc_type text not null,
    sfdc_id text not null,
    sfdc_lead_id text,
    sfdc_contact_id text,
    sfdc_account_id text,
    owner_id text not null,
    first_name text,
    last_name text,
    company text,
    title text,
    email text,
    phone text,
    score bigint,
    relative_score bigint,
    relative_urgency bigint,
    priority bigint,
    created_at bigint not null,
    updated_at bigint not null,
    synced_at bigint not null,
    history_since bigint,
    unique (account_id, lead_id)
);
create index people_by_sfdc_id on people (account_id, sfdc_id);
-- Only people with a second record: a lead that became a contact is found by both.
create index people_by_other_lead on people (account_id, sfdc_lead_id) where sfdc_lead_id <> sfdc_id;
create index people_by_other_contact on people (account_id, sfdc_contact_id) where sfdc_contact_id <> sfdc_id;

create table activities (
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
create index activities_by_person on activities (account_id, lead_id, tab, happened_at, guid);

create table sync_jobs (
    account_id text not null references accounts (id),
    job text not null,
    state text not null,
    checkpoint text,
    progress text,
    problem text,
    lease_owner text,
    lease_until bigint not null,
    fence bigint not null,
    next_run_at bigint not null,
    updated_at bigint not null,
    primary key (account_id, job)
);
