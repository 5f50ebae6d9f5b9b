-- Plan fits: runs over all subscriptions, and their results.

create table fit_run (
  id uuid primary key,
  month text not null,
  sequence bigint not null,
  knowledge_time timestamptz not null,
  months text[] not null,
  method text not null check (method in ('events', 'usage')),
  currency text not null,
  time_zone text not null,
  rule jsonb not null,
  catalogue jsonb not null,
  pieces int not null,
  subscriptions bigint not null default 0,
  advised bigint not null default 0,
  is_current boolean not null default false,
  started_at timestamptz not null,
  published_at timestamptz,
  purged_at timestamptz,
  check (not is_current or (published_at is not null and purged_at is null))
);
comment on table fit_run is 'A fit of all subscriptions; its id is that of its job. Readers see it once published_at is set.';
comment on column fit_run.catalogue is 'The plans with their rates as they were priced, so that a bill can be explained later.';
comment on column fit_run.knowledge_time is 'The facts are those that were known then.';
create unique index fit_run_current on fit_run ((true)) where is_current;
create index fit_run_of_month on fit_run (month, sequence);

-- One partition per run, made with the run and dropped with it: old runs go without leaving dead rows.
create table plan_fit (
  run_id uuid not null,
  shard smallint not null check (shard between 0 and 255),
  subscription_id uuid not null,
  org_unit_path text not null,
  present_plan_id text,
  plan_id text,
  present_bill_minor bigint,
  bill_minor bigint,
  saving_minor bigint,
  saving_low_minor bigint,
  saving_high_minor bigint,
  principle text,
  reason text,
  fit bytea not null,
  check ((plan_id is null) = (principle is null) and (plan_id is null) = (reason is not null)),
  primary key (run_id, shard, subscription_id)
) partition by list (run_id);
comment on column plan_fit.plan_id is 'The plan advised; null for no better plan, with the reason.';
comment on column plan_fit.saving_minor is 'Minor units a month, mean over the months; low and high are the ends of its 95 % interval.';
comment on column plan_fit.fit is 'An encoded holdfast.preference_recommendation.v1.PlanFit.';

create table fit_count (
  run_id uuid not null references fit_run on delete cascade,
  org_unit_path text not null,
  outcome text not null,
  subscriptions bigint not null,
  saving_minor bigint not null,
  primary key (run_id, org_unit_path, outcome)
);
comment on table fit_count is 'The summary of a run by principle or reason, counted once per unit when it is published, so that every caller sees that of the own region.';
