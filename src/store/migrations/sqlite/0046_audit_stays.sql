-- What was noted stays as it was noted: not even a mistake of the program can change or shorten the audit log.
create trigger audit_is_not_changed before update on audit
begin
    select raise(abort, 'the audit log is not changed');
end;

create trigger audit_is_not_shortened before delete on audit
begin
    select raise(abort, 'the audit log is not shortened');
end;
