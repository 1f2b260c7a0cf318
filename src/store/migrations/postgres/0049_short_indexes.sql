-- The ids of users and addresses tell accounts apart by themselves; a key without the account is a third as long, which the first
-- load of many people feels.
drop index people_by_owner;
create index people_by_owner on people (owner_id);
drop index people_by_email;
create index people_by_email on people (lower(email)) where email is not null;
