-- An extract can be withdrawn: its households are not current.
alter table household_run
  add column withdrawn_at timestamptz,
  add constraint household_run_withdrawal check (withdrawn_at is null or not is_current);
comment on column household_run.withdrawn_at is 'When its extract was withdrawn; it is read by its id only.';
