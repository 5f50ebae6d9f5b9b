-- Changes of behaviour of closed months: runs, what each compared, and the subscriptions beyond the thresholds.

create table change_run (
  id uuid primary key,
  month text not null,
  sequence bigint not null,
  knowledge_time timestamptz not null,
  rule_version int not null,
  alarm_share double precision not null,
  measures_done text[] not null default '{}',
  subscriptions bigint not null default 0,
  is_current boolean not null default false,
  started_at timestamptz not null,
  published_at timestamptz,
  withdrawn_at timestamptz,
  purged_at timestamptz,
  check (not is_current or (published_at is not null and purged_at is null and withdrawn_at is null))
);
comment on table change_run is 'A comparison of all subscriptions of a month; its id is that of its job. Readers see it once published_at is set.';
comment on column change_run.sequence is 'Of the newest extract that counted; the facts are those that were known at knowledge_time.';
comment on column change_run.rule_version is 'Of the parameter changes.rule.';
comment on column change_run.measures_done is 'Measures whose rows are stored; a run that begins again computes the others.';
create unique index change_run_current on change_run ((true)) where is_current;
create index change_run_of_month on change_run (month, sequence);

create table change_measure (
  run_id uuid not null references change_run on delete cascade,
  measure text not null,
  org_unit_path text not null,
  compared bigint not null,
  changed bigint not null,
  threshold double precision,
  primary key (run_id, measure, org_unit_path)
);
comment on table change_measure is 'Subscriptions of a run by measure and unit: compared, and of these beyond the threshold.';

-- One partition per run, made with the run and dropped with it.
create table behaviour_change (
  run_id uuid not null,
  measure text not null,
  subscription_id uuid not null,
  org_unit_path text not null,
  value double precision not null,
  usual double precision not null,
  relative_change double precision not null,
  group_change double precision not null,
  score double precision not null,
  since_month text not null,
  primary key (run_id, subscription_id, measure)
) partition by list (run_id);
comment on table behaviour_change is 'A measure of a subscription beyond the threshold.';
comment on column behaviour_change.usual is 'Median of the own months before.';
comment on column behaviour_change.relative_change is 'Beyond that of the same plan and region.';
comment on column behaviour_change.group_change is 'Relative change of the same plan and region.';
create index behaviour_change_by_score on behaviour_change ((-abs(score)), subscription_id, measure);

create table change_announced (
  month text not null,
  subscription_id uuid not null,
  run_id uuid not null references change_run on delete cascade,
  primary key (month, subscription_id)
);
comment on table change_announced is 'Subscriptions whose change of a month was published; another run of the month publishes none of them again.';
