-- The mail servers of the team (member_id is empty) and of single members: where mails go out, and where answers come in.
create table mail_channels (
    account_id text not null references accounts (id),
    member_id text not null,
    smtp_host text not null,
    smtp_port bigint not null,
    -- tls, starttls or plain
    smtp_security text not null,
    smtp_user text not null,
    smtp_sealed blob,
    -- Empty: answers are not looked for.
    imap_host text not null,
    imap_port bigint not null,
    imap_security text not null,
    imap_user text not null,
    imap_sealed blob,
    sealing_key_id text not null,
    -- How far the mailbox was read.
    imap_validity bigint,
    imap_next bigint,
    looked_at bigint,
    problem text,
    changed_at bigint not null,
    primary key (account_id, member_id)
);
