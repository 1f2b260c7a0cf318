-- Whether who wants no more mail is compared with Salesforce every night.
alter table acting_settings add column opt_out_nightly boolean not null default true;
