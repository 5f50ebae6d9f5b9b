-- The version of a table can be withdrawn: its scores are not current, and its models do not score.
alter table scoring_run
  add column withdrawn_at timestamptz,
  add constraint scoring_run_withdrawal check (withdrawn_at is null or not is_current);
comment on column scoring_run.withdrawn_at is 'When the version that it scores was withdrawn; it is read by its id only.';

create table withdrawn_version (
  table_name text not null,
  version text not null,
  withdrawn_at timestamptz not null,
  primary key (table_name, version)
);
comment on table withdrawn_version is 'Versions of tables that were withdrawn; models that were trained on them do not score.';
