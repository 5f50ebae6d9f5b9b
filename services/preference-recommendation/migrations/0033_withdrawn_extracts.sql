-- An extract can be withdrawn: its fits are not current.
alter table fit_run
  add column withdrawn_at timestamptz,
  add constraint fit_run_withdrawal check (withdrawn_at is null or not is_current);
comment on column fit_run.withdrawn_at is 'When the extract that it was fitted by was withdrawn; it is read by its id only.';
