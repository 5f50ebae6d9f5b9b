alter table scoring_run add column efficiency_source jsonb;
comment on column scoring_run.efficiency_source is 'A holdfast.churn_scoring.v1.EfficiencySource as of the request for scoring; null for runs of former releases, which have value ÷ cost.';
