-- Tables with months: runs are of one, models are judged forward in time, and reasons are grouped into the seven causes.

alter table scoring_run add column month text not null default '' check (month = '' or month ~ '^\d{4}-\d{2}$');
comment on column scoring_run.month is 'Month of the scored rows; empty where the table has a single snapshot.';

alter table score add column first_cause text not null default '';
comment on column score.first_cause is 'Strongest of the seven reasons; empty where none applies.';

alter table run_count drop constraint run_count_measure_check;
alter table run_count add constraint run_count_measure_check
  check (measure in ('quadrant', 'at-risk-reason', 'at-risk-cause'));

create table validated_leaver (
  model_id uuid not null references model on delete cascade,
  subscription_id uuid not null,
  month text not null check (month ~ '^\d{4}-\d{2}$'),
  org_unit_path text not null,
  probability double precision not null check (probability between 0 and 1),
  reasons bytea not null,
  primary key (model_id, subscription_id, month)
);
comment on table validated_leaver is 'Forward-in-time predictions of subscriptions that churned, at most 100,000 per model.';
comment on column validated_leaver.reasons is 'An encoded holdfast.churn_scoring.v1.Reasons.';
