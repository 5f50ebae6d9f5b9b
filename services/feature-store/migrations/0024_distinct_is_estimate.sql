alter table table_column add column distinct_is_estimate boolean not null default false;
comment on column table_column.distinct_is_estimate is
  'Whether distinct_values is an estimate, as of numbers and dates of large tables; nothing is decided by one.';
