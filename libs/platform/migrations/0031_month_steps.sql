create table month_step (
  month text not null check (month ~ '^\d{4}-\d{2}$'),
  table_name text not null,
  step text not null,
  version text not null,
  job_id uuid references job on delete set null,
  reason jsonb,
  org_unit_path text not null,
  primary key (month, table_name, step)
);
comment on table month_step is 'The steps of months that this service owns, once they are due or it is known that they are not.';
comment on column month_step.table_name is 'Name of the plain table; empty for the operator''s extract.';
comment on column month_step.version is 'Sequence of the extract or version of the table; empty where the step does not depend on it.';
comment on column month_step.reason is 'A failure (key and texts) where the input or a policy does not allow the step.';
