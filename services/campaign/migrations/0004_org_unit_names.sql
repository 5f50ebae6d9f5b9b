create table org_unit_name (
  org_unit_path text primary key,
  name text not null
);
comment on table org_unit_name is 'Names of org units as of the newest enrolment.';
