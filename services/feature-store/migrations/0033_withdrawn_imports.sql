-- A visible import can be withdrawn: from then on nothing of it is visible.
alter table import drop constraint import_state_check;
alter table import
  add constraint import_state_check check (state in
    ('receiving', 'received', 'loaded', 'failed', 'held', 'discarded', 'checked', 'withdrawn')),
  add column withdrawn_at timestamptz,
  add column withdrawn_by text,
  add column withdrawal_reason text,
  add column visible_before text,
  add constraint import_withdrawal check (
    (state = 'withdrawn') = (withdrawn_at is not null and withdrawn_by is not null and withdrawal_reason is not null));
comment on column import.visible_before is
  'Sequences of the extracts next to which the tables of an extract were written; next to others they are written again.';

alter table extract
  add column rank bigint generated always as identity unique,
  add column withdrawn_at timestamptz,
  add column withdrawal bigint unique,
  add column withdrawn_after bigint,
  add constraint extract_withdrawal check (
    (withdrawn_at is null) = (withdrawal is null) and (withdrawn_at is null) = (withdrawn_after is null));
comment on table extract is
  'Extracts that are visible, and those that were withdrawn; sequence decides which one supersedes.';
comment on column extract.rank is 'In the order in which they became visible.';
comment on column extract.withdrawal is 'Number of its withdrawal, in their order.';
comment on column extract.withdrawn_after is 'Highest rank at its withdrawal: extracts of a higher one came later.';

alter table table_version
  add column withdrawn_at timestamptz,
  add column extract_sequence bigint,
  add constraint table_version_extract check (extract_sequence is null or origin = 'view');
comment on column table_version.withdrawn_at is 'From then on it is not the newest version; it is read by its name only.';
comment on column table_version.extract_sequence is 'Of a view: the newest extract that it was made of.';
