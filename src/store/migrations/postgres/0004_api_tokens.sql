create table api_tokens (
    id text primary key,
    account_id text not null references accounts (id),
    member_id text not null references members (id) on delete cascade,
    name text not null,
    -- SHA-256 of the token; the token itself is nowhere.
    token_hash text not null unique,
    created_at bigint not null,
    expires_at bigint not null,
    last_used_at bigint,
    revoked_at bigint
);
create index api_tokens_by_member on api_tokens (member_id, created_at);
