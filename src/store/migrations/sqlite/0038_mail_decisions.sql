-- How activities are called in Salesforce (empty: as they always were), whether answers are logged there, and which field is
-- told of who wants no more mail: standard, or both.
alter table acting_settings add column subject_pattern text not null default '';
alter table acting_settings add column log_replies boolean not null default true;
alter table acting_settings add column opt_out_field text not null default 'standard';
