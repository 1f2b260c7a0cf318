-- The key with which an org's admin registers certificates. Its hash; the key itself is nowhere.
create table secret_keys (
    account_id text primary key references accounts (id),
    key_hash text not null,
    last4 text not null,
    made_at bigint not null,
    made_by text not null
);

alter table org_certificates add column registered_by text;

-- Assertions that came with a registration: each is good for one.
create table certificate_registrations (
    org_id text not null references orgs (org_id),
    jti text not null,
    account_id text not null references accounts (id),
    certificate_id text not null,
    user_id text not null,
    at bigint not null,
    primary key (org_id, jti)
);

-- What an org's package said of itself, and what the org said of the package when it was last asked.
create table org_packages (
    org_id text primary key references orgs (org_id),
    account_id text not null references accounts (id),
    reported_version text,
    reported_at bigint,
    reported_by text,
    seen text,
    seen_at bigint
);
