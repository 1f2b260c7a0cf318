-- Addresses whose data were erased because somebody wanted it: a fingerprint of each, by which they are neither loaded nor written to
-- again. The address itself is nowhere.
create table forgotten (
    account_id text not null references accounts (id),
    fingerprint text not null,
    at bigint not null,
    primary key (account_id, fingerprint)
);
