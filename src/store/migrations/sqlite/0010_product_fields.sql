alter table people add column sfdc_opportunity_id text;
alter table people add column linkedin_url text;
alter table people add column source text;
-- Only contacts have an account.
create index people_by_sfdc_account on people (account_id, sfdc_account_id, lead_id) where sfdc_account_id is not null;
create index people_by_opportunity on people (account_id, sfdc_opportunity_id, lead_id) where sfdc_opportunity_id is not null;

-- Who plays a part in an opportunity, as Salesforce said when it was asked last.
create table opportunity_looks (
    account_id text not null references accounts (id),
    opportunity_id text not null,
    looked_at bigint not null,
    primary key (account_id, opportunity_id)
);
create table opportunity_roles (
    account_id text not null references accounts (id),
    opportunity_id text not null,
    contact_id text not null,
    role text,
    is_primary boolean not null,
    primary key (account_id, opportunity_id, contact_id)
);
