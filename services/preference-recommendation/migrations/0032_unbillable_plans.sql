-- Subscriptions of a run that cannot be billed on their present plan, per plan, so that a summary names the plans.

create table fit_unbillable (
  run_id uuid not null references fit_run on delete cascade,
  org_unit_path text not null,
  present_plan_id text not null,
  subscriptions bigint not null,
  primary key (run_id, org_unit_path, present_plan_id)
);
comment on table fit_unbillable is 'Counted once per unit and present plan when a run is published; the empty plan is none.';
