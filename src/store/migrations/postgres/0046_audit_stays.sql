-- What was noted stays as it was noted: not even a mistake of the program can change or shorten the audit log.
create function audit_stays() returns trigger language plpgsql as $$
begin
    raise exception 'the audit log is neither changed nor shortened';
end;
$$;

create trigger audit_is_not_changed before update or delete on audit
for each row execute function audit_stays();

create trigger audit_is_not_emptied before truncate on audit
for each statement execute function audit_stays();
