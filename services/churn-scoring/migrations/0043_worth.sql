-- What subscriptions are worth, computed after each scoring of the view over extracts (decision 044).

create table worth_run (
  run_id uuid primary key references scoring_run,
  month text not null check (month ~ '^\d{4}-\d{2}$'),
  rows bigint not null,
  settings jsonb not null,
  definitions text not null,
  missing text[] not null,
  pareto_loss_share double precision,
  computed_at timestamptz not null
);
comment on table worth_run is 'Scoring runs whose subscriptions have their worth; it is withdrawn and purged with its run.';
comment on column worth_run.settings is 'Parameters that it was computed with: value and version by key.';
comment on column worth_run.definitions is 'Versions of the definitions of feature-store, such as midHighEnd=1;cohort=1.';
comment on column worth_run.missing is 'Components of the value that no subscription has, because the extracts lack their facts.';
comment on column worth_run.pareto_loss_share is 'Share of all expected loss that the pareto selection has; null without any loss.';

create table worth (
  run_id uuid not null,
  subscription_id uuid not null,
  customer_id uuid not null,
  org_unit_path text not null,
  region text not null,
  probability double precision not null,
  quadrant text not null,
  cause text not null,
  value_group text,
  in_cohort boolean,
  value_lost boolean,
  potential text not null,
  manager_id text,
  amounts bigint[] not null,
  contacts int,
  complaints int,
  ranks double precision[] not null,
  margin bigint,
  future_value bigint,
  expected_loss bigint,
  value_index double precision,
  percentile double precision,
  grade text,
  in_pareto boolean not null,
  spending_power text,
  customer_kind text,
  vip_level text,
  credit_grade text,
  credit_class text,
  arrears_months smallint,
  fingerprint double precision[] not null,
  bill_change double precision,
  usage_change double precision,
  is_changed boolean,
  tenure_months int,
  lifecycle text not null,
  churn_index double precision,
  churn_index_basis text,
  churn_index_factors jsonb,
  primary key (run_id, subscription_id)
);
comment on column worth.region is 'Org unit below the operator; ranks, percentiles and the pareto selection are within it.';
comment on column worth.amounts is 'Minor units per month: revenue, serve cost, interconnect cost, credit loss, arrears; null unknown.';
comment on column worth.ranks is 'Percent rank of each component within the region, in the order of the weights; null unknown.';
comment on column worth.future_value is 'Discounted expected margin by survival, minor units.';
comment on column worth.expected_loss is 'Probability × future value, at least 0, minor units.';
comment on column worth.fingerprint is 'Shares of the bill: voice, data, messages, value-added services, roaming; of outgoing seconds: other networks.';
create index worth_customer on worth (run_id, customer_id);
create index worth_value on worth (run_id, (coalesce(future_value, '-9223372036854775808')) desc, subscription_id);
