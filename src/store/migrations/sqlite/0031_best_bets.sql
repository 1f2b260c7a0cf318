-- Whom a Salesforce user put aside among the Best Bets, and until when.
create table best_bet_hides (
    account_id text not null references accounts (id),
    user_id text not null,
    person_id text not null references people (id) on delete cascade,
    until bigint not null,
    primary key (account_id, user_id, person_id)
);
create index best_bet_hides_by_person on best_bet_hides (person_id);

-- One user's own people.
create index people_by_owner on people (account_id, owner_id);
