create table unit_name (
  unit_path text primary key,
  name text not null
);
comment on table unit_name is 'What the operator calls its units, as of the newest draw: a script is read in one statement.';
