-- Kinds of predictions are scored together: rows of the kind `status` know how likely it is that the subscription leaves
-- involuntarily, so that no list of retention begins with it.
alter table score
  add column involuntary_probability double precision check (involuntary_probability between 0 and 1),
  add column silent_months smallint check (silent_months between 0 and 3);
comment on column score.involuntary_probability is 'Of the kind involuntary, in rows of the kind status; null without a model of it.';
comment on column score.silent_months is 'Of the last three months, those without any use (CS-02); null where use is not known.';

alter table scoring_run add column involuntary_probability_min double precision;
comment on column scoring_run.involuntary_probability_min is 'Probability from which on leaving involuntarily is at risk; null without a model of it.';

alter table run_count drop constraint run_count_measure_check;
alter table run_count add constraint run_count_measure_check
  check (measure in ('quadrant', 'at-risk-reason', 'at-risk-cause', 'probability-millionths', 'involuntary', 'silent'));
