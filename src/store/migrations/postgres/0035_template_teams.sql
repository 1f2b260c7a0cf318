-- The teams with which a template is shared; what is shared with everybody says so itself.
create table template_teams (
    account_id text not null,
    template_id text not null references templates (id) on delete cascade,
    team_id text not null,
    primary key (account_id, template_id, team_id),
    foreign key (account_id, team_id) references teams (account_id, id) on delete cascade
);
create index template_teams_by_team on template_teams (account_id, team_id);
create index template_teams_by_template on template_teams (template_id);
create index sales_emails_by_template on sales_emails (account_id, template_id, sent_at) where template_id is not null;
-- Whoever answers a mail, or wants no more of it, is known by an address.
create index people_by_email on people (account_id, lower(email)) where email is not null;
