create table org_unit_name (
  org_unit_path text primary key,
  name text not null
);
comment on table org_unit_name is 'What the operator calls its units, as of the newest draw: a script is read in one statement.';
