-- Imports that were read and checked, and wait for a confirmation before anything of them is visible.

alter table import drop constraint import_state_check;
alter table import
  add constraint import_state_check
    check (state in ('receiving', 'received', 'loaded', 'failed', 'held', 'discarded')),
  add column findings jsonb not null default '[]',
  add column comparison jsonb,
  add column examples_sealed bytea,
  add column rows_hash text not null default '',
  add column held_times int not null default 0,
  add column confirmed_at timestamptz,
  add column confirmed_by text;
comment on column import.findings is 'What differs from the version before, and whether it holds the import back.';
comment on column import.comparison is 'With which version it was compared, and how many subscribers it keeps, adds and loses.';
comment on column import.examples_sealed is 'Pairs of keys that may be the same, encrypted with the import''s data key.';
comment on column import.rows_hash is 'Hash over the rows that were checked: a confirmation publishes these and no others.';

create table version_summary (
  table_name text not null,
  version text not null,
  summary jsonb not null,
  primary key (table_name, version),
  foreign key (table_name, version) references table_version (table_name, version) on delete cascade
);
comment on table version_summary is
  'Statistics of a version''s columns, so that the next version is compared without reading this one again.';

create table extract_summary (
  import_id uuid not null,
  table_name text not null,
  summary jsonb not null,
  primary key (import_id, table_name),
  foreign key (import_id, table_name) references import_table on delete cascade
);
comment on table extract_summary is 'Statistics of a table of an extract, for the comparison of the next extract.';
