-- Whose step is due in an account, without a look at anybody else.
create index sales_runs_due_of_account on sales_runs (account_id, due_at) where state = 'running' and due_at is not null;
