-- Whose data a stored answer has, so that giving it out again is recorded in the audit ledger like the first time.
alter table idempotency_key
  add column subject_ids text[] not null default '{}',
  add column subject_count integer default 0,
  add column has_personal_data boolean not null default false;
comment on column idempotency_key.subject_ids is 'Internal ids, at most 100.';
comment on column idempotency_key.subject_count is 'Null if it was not known when the answer began.';
