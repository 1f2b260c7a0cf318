create table acting_settings (
    account_id text primary key references accounts (id),
    -- Whether mails carry a pixel and counted links.
    tracking boolean not null,
    append_unsubscribe boolean not null,
    unsubscribe_message text not null,
    -- Whether Marketo is asked before each mail.
    marketo_check boolean not null,
    -- A JSON list.
    blocked_domains text not null,
    -- So many mails of one member, then a pause.
    throttle_mails bigint not null,
    throttle_seconds bigint not null
);

create table templates (
    id text primary key,
    account_id text not null references accounts (id),
    owner_id text not null,
    name text not null,
    category text not null,
    subject text not null,
    html text not null,
    shared boolean not null,
    commercial boolean not null,
    created_at bigint not null,
    updated_at bigint not null
);
create index templates_by_account on templates (account_id, category, name, id);

create table template_favourites (
    account_id text not null,
    member_id text not null references members (id) on delete cascade,
    template_id text not null references templates (id) on delete cascade,
    primary key (account_id, member_id, template_id)
);
create index template_favourites_by_template on template_favourites (template_id);

create table sales_emails (
    activity_id text primary key references sales_activities (id) on delete cascade,
    account_id text not null references accounts (id),
    member_id text not null,
    recipient text not null,
    recipient_key text not null,
    cc text not null,
    bcc text not null,
    subject text not null,
    html text not null,
    plain text not null,
    template_id text,
    template_name text,
    tracked boolean not null,
    commercial boolean not null,
    -- in progress, sent, failed, bounced
    status text not null,
    sent_at bigint,
    opened bigint not null,
    clicked bigint not null,
    replied bigint not null,
    bots bigint not null
);
create index sales_emails_by_sender on sales_emails (account_id, member_id, sent_at);

create table drafts (
    account_id text not null,
    member_id text not null references members (id) on delete cascade,
    person_id text not null references people (id) on delete cascade,
    body text not null,
    saved_at bigint not null,
    primary key (account_id, member_id, person_id)
);
create index drafts_by_person on drafts (person_id);

create table unsubscribes (
    account_id text not null references accounts (id),
    email_key text not null,
    what text not null,
    why text not null,
    -- Clicked Link, Manual, Bounce, Salesforce Sync
    source text not null,
    since bigint not null,
    primary key (account_id, email_key)
);

create table unsubscribe_history (
    id text primary key,
    account_id text not null references accounts (id),
    email_key text not null,
    at bigint not null,
    details text not null,
    source text not null
);
create index unsubscribe_history_by_address on unsubscribe_history (account_id, email_key, at);

-- People whose openings and clicks are not to be counted.
create table untracked (
    account_id text not null references accounts (id),
    email_key text not null,
    primary key (account_id, email_key)
);
