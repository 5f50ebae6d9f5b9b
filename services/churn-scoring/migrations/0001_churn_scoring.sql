-- Models with their history, and their scores of each subscription.

create table model (
  id uuid primary key,
  kind text not null,
  table_name text not null,
  number int not null check (number > 0),
  name text not null,
  table_version text not null,
  training_hash text not null,
  method text not null,
  validation jsonb not null,
  importance jsonb not null,
  excluded jsonb not null,
  seed bigint not null,
  prevalence double precision not null check (prevalence > 0 and prevalence < 1),
  bytes bytea not null,
  checksum text not null,
  trained_at timestamptz not null,
  unique (kind, table_name, number)
);
comment on column model.bytes is 'The model itself, so that every replica can score; checksum is its sha256 and is checked whenever it is loaded.';
create index model_newest on model (trained_at desc, id desc);

create table championship (
  id uuid primary key,
  kind text not null,
  table_name text not null,
  model_id uuid not null references model,
  valid_from timestamptz not null,
  valid_to timestamptz,
  appointed_by text not null,
  reason text not null,
  check (valid_to >= valid_from)
);
comment on table championship is 'Who scored when: half-open spans [valid_from, valid_to).';
-- At most one champion at any time; appointing the next closes the one before in the same transaction.
create unique index championship_open on championship (kind, table_name) where valid_to is null;
create index championship_history on championship (kind, table_name, valid_from desc);

create table scoring_run (
  id uuid primary key,
  kind text not null,
  table_name text not null,
  table_version text not null,
  model_id uuid not null references model,
  at_risk_probability_min double precision not null,
  contact_cost numeric not null check (contact_cost > 0),
  currency text not null,
  quadrant_probability_min double precision not null,
  quadrant_efficiency_min double precision,
  pieces int not null,
  rows bigint not null default 0,
  rows_hash text not null default '',
  is_current boolean not null default false,
  started_at timestamptz not null,
  published_at timestamptz,
  purged_at timestamptz,
  check (not is_current or (published_at is not null and purged_at is null))
);
comment on table scoring_run is 'A scoring of a whole table; its id is that of its job. Readers see it once published_at is set.';
comment on column scoring_run.is_current is 'The newest published run of its table.';
comment on column scoring_run.purged_at is 'When its scores were deleted; the row stays as a record of the run.';
comment on column scoring_run.quadrant_efficiency_min is 'Null until published, and afterwards where no row has a value: then no efficiency is high.';
create unique index scoring_run_current on scoring_run (kind, table_name) where is_current;
create index scoring_run_newest on scoring_run (published_at desc, id desc) where published_at is not null;

-- One partition per run, made with the run and dropped with it: old runs go without leaving dead rows.
create table score (
  run_id uuid not null,
  shard smallint not null check (shard between 0 and 255),
  subscription_id uuid not null,
  org_unit_path text not null,
  probability double precision not null check (probability between 0 and 1),
  value numeric,
  efficiency double precision,
  priority double precision not null,
  first_reason text not null,
  reasons bytea not null,
  primary key (run_id, shard, subscription_id)
) partition by list (run_id);
comment on column score.first_reason is 'Column that raises the probability most; empty where none does.';
comment on column score.reasons is 'An encoded holdfast.churn_scoring.v1.Reasons.';
create index score_priority on score (run_id, priority desc, subscription_id);
create index score_probability on score (run_id, probability desc, subscription_id);

create table score_shard (
  run_id uuid not null references scoring_run on delete cascade,
  shard smallint not null,
  rows bigint not null,
  rows_hash text not null,
  primary key (run_id, shard)
);
comment on table score_shard is 'Hash over the rows of each logical shard, so that the hash of a run does not depend on the division into pieces.';

create table run_count (
  run_id uuid not null references scoring_run on delete cascade,
  org_unit_path text not null,
  measure text not null check (measure in ('quadrant', 'at-risk-reason')),
  name text not null,
  rows bigint not null,
  primary key (run_id, measure, org_unit_path, name)
);
comment on table run_count is 'The summary of a run, counted once per unit when it is published, so that every caller sees that of the own region.';
