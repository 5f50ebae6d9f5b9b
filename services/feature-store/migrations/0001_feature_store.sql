-- Imports, tables of the lake, what they are about, and online values. External keys and personal columns stand here
-- encrypted only, under a key per import: dropping the row of data_key erases them, raw file included.

create table import (
  id uuid primary key,
  job_id text not null,
  state text not null check (state in ('receiving', 'received', 'loaded', 'failed')),
  org_unit_path text not null,
  table_name text not null,
  mapping jsonb not null,
  mapping_hash text not null,
  -- Empty while the file is still coming.
  content_hash text not null default '',
  file_name text not null,
  size_bytes bigint not null default 0,
  -- Month of the rows where the mapping names no column of months.
  as_of text not null,
  version text not null default '',
  rows_read bigint not null default 0,
  rows_accepted bigint not null default 0,
  rows_rejected bigint not null default 0,
  rows_duplicate bigint not null default 0,
  notices jsonb not null default '[]',
  created_at timestamptz not null,
  loaded_at timestamptz,
  -- Machine time of the last bytes, to find uploads whose process died.
  touched_at timestamptz not null default now(),
  check (rows_read = rows_accepted + rows_rejected + rows_duplicate)
);
create index import_created_at on import (created_at desc, id desc);
create index import_content on import (content_hash, mapping_hash);

create table data_key (
  import_id uuid primary key references import on delete cascade,
  wrapped bytea not null,
  created_at timestamptz not null
);
comment on table data_key is 'Key of everything that one import holds encrypted, wrapped by the master key.';

create table reject (
  import_id uuid not null references import on delete cascade,
  ordinal int not null,
  line bigint not null,
  column_name text not null,
  rule text not null,
  value_sealed bytea not null,
  primary key (import_id, ordinal)
);
comment on table reject is 'Rows that broke their contract, in file order, the first 100,000 of an import. The value may be personal.';

create table table_version (
  table_name text not null,
  version text not null,
  import_id uuid not null references import,
  org_unit_path text not null,
  rows bigint not null,
  months text[] not null,
  units text[] not null,
  currency text not null,
  has_split boolean not null,
  labelled_rows bigint not null,
  positive_rows bigint not null,
  rows_hash text not null,
  loaded_at timestamptz not null,
  -- Order in which versions became visible: the newest is the greatest.
  rank bigint generated always as identity,
  primary key (table_name, version)
);
create unique index table_version_rank on table_version (table_name, rank desc);

create table table_column (
  table_name text not null,
  version text not null,
  place int not null,
  name text not null,
  role text not null,
  type text not null,
  missing bigint not null,
  distinct_values bigint not null,
  excluded text not null,
  is_stored boolean not null,
  -- Texts of a category by code.
  dictionary text[] not null,
  primary key (table_name, version, place),
  foreign key (table_name, version) references table_version on delete cascade
);

create table subject_batch (
  table_name text not null,
  version text not null,
  shard int not null,
  part int not null,
  rows int not null,
  sealed bytea not null,
  primary key (table_name, version, shard, part),
  foreign key (table_name, version) references table_version on delete cascade
);
comment on table subject_batch is 'Who the rows are about: packed columns with external keys and personal data, encrypted.';

create table online_value (
  subscription_id uuid not null,
  table_name text not null,
  version text not null,
  month text not null,
  org_unit_path text not null,
  -- Of the version's features, in the order of their places: numbers, or codes of categories; null is missing.
  feature_values float8[] not null,
  knowledge_time timestamptz not null,
  primary key (subscription_id, table_name)
);
comment on table online_value is 'Newest known values of every subscription, for single reads.';
