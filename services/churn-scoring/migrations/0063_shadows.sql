-- Shadows: a model that scores the rows of the champion's runs without being used (decision 056).

create table shadow (
  id uuid primary key,
  model_id uuid not null references model,
  kind text not null,
  table_name text not null,
  reason text not null,
  started_at timestamptz not null,
  starter_client text not null,
  starter_person text,
  ended_at timestamptz,
  ended_how text check (ended_how in ('stopped', 'promotion', 'withdrawal')),
  ender_client text,
  ender_person text,
  check ((ended_at is null) = (ended_how is null) and (ended_how = 'stopped') = (ender_client is not null))
);
comment on table shadow is 'Spans in which a model was in shadow of the champion of its kind and table.';
create unique index shadow_open on shadow (kind, table_name) where ended_at is null;
create index shadow_of_model on shadow (model_id, started_at);

create table shadow_run (
  run_id uuid primary key references scoring_run on delete cascade,
  shadow_id uuid not null references shadow,
  at_risk_probability_min double precision not null,
  figures jsonb,
  outcome jsonb
);
comment on table shadow_run is 'Runs in which a model was in shadow. Its probabilities are in score.shadow_probability, until the run is purged.';
comment on column shadow_run.at_risk_probability_min is 'From here on a subscription would be at risk by the shadow.';
comment on column shadow_run.figures is 'A holdfast.churn_scoring.v1.ShadowFigures; null until they are computed.';
comment on column shadow_run.outcome is 'A holdfast.churn_scoring.v1.ShadowOutcome; null until the labels of the month are known.';
create index shadow_run_of_shadow on shadow_run (shadow_id);

-- Null takes no space in a row.
alter table score add column shadow_probability double precision;
comment on column score.shadow_probability is 'By the model in shadow; in no list, campaign, script or event.';
