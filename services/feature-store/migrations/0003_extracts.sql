-- Full extracts: an import of many tables, their files, and the facts that came of them. What is personal among the
-- facts lies in files of its own in the lake, encrypted under the import's key: dropping its row of data_key erases it.

alter table import
  add column kind text not null default 'table' check (kind in ('table', 'extract')),
  -- Where the files of an extract are: their folder of the inbox; empty if they were uploaded.
  add column folder text not null default '',
  -- An extract's manifest as read.
  add column manifest jsonb not null default '{}';

alter table reject
  add column table_name text not null default '',
  add column file text not null default '';
create index reject_table on reject (import_id, table_name, ordinal);

create table raw_file (
  import_id uuid not null references import on delete cascade,
  ordinal int not null,
  -- Below the extract's folder, as the manifest names it.
  path text not null,
  size_bytes bigint not null,
  sha256 text not null,
  primary key (import_id, ordinal),
  unique (import_id, path)
);
comment on table raw_file is 'Files of an uploaded extract, encrypted in the lake as raw/<import>-<ordinal>.sealed.';

create table import_table (
  import_id uuid not null references import on delete cascade,
  place int not null,
  table_name text not null,
  -- Empty where the table was stopped, or nothing of it accepted.
  version text not null,
  rows_read bigint not null,
  rows_accepted bigint not null,
  rows_rejected bigint not null,
  rows_duplicate bigint not null,
  -- Months with rows, ascending; empty for tables without months.
  months text[] not null,
  -- Columns beside the contract's: [{ name, type }].
  free_columns jsonb not null,
  notices jsonb not null,
  primary key (import_id, table_name),
  check (rows_read = rows_accepted + rows_rejected + rows_duplicate)
);
comment on table import_table is 'What became of each table of an extract; a run that begins again goes on after these.';

create table extract (
  sequence bigint primary key,
  extract_id text not null,
  import_id uuid not null unique references import,
  org_unit_path text not null,
  extracted_at timestamptz not null,
  from_month text not null,
  to_month text not null,
  currency text not null,
  time_zone text not null,
  is_complete boolean not null,
  tables text[] not null,
  -- Months that this extract made complete, ascending.
  closed_months text[] not null,
  loaded_at timestamptz not null
);
comment on table extract is 'Extracts that are visible; sequence says which one supersedes.';

create table fact_part (
  import_id uuid not null references import on delete cascade,
  table_name text not null,
  -- Month of its rows; empty where the table is not kept by month.
  month text not null,
  rows bigint not null,
  primary key (import_id, table_name, month)
);
comment on table fact_part is 'Files of facts: facts/<import>/<table>/<month>.parquet in the lake, visible with their extract.';
