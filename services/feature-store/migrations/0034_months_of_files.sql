-- A version of a plain table has the months of earlier files, too.
alter table table_version add column file_months text[] default '{}' not null;
comment on column table_version.file_months is
  'Months of the version''s own file, with which later files are joined; empty if its rows have no key or no known month.';
update table_version set file_months = months from import
where import.id = table_version.import_id and import.mapping ? 'key' and import.mapping ? 'asOf';
