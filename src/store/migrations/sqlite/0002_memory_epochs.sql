create table memory_epochs (
    account_id text primary key references accounts (id),
    epoch text not null,
    began_at bigint not null
);
