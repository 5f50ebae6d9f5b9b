-- A dry run checks a file and compares it with what is visible; nothing of it becomes visible.
alter table import add column is_dry_run boolean not null default false;
-- What it would change, by table.
alter table import add column changes jsonb not null default '[]';
alter table import drop constraint import_state_check;
alter table import add constraint import_state_check
  check (state in ('receiving', 'received', 'loaded', 'failed', 'held', 'discarded', 'checked'));
comment on column import.changes is 'Of a dry run: rows by table that it would add and change, and visible ones that it lacks.';
