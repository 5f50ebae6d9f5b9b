-- Lists are filtered by the best month to contact, and runs selections for contact compared (decision 058).
alter table score add column net_now numeric;
alter table score add column best_after_months smallint check (best_after_months >= -1);
comment on column score.net_now is 'Of the kind status: expected net of a contact in the first month; null without a value, and in runs of former releases.';
comment on column score.best_after_months is 'Months until the best moment to contact; -1 if no contact pays, null where it is not known.';
alter table scoring_run add column timing_at timestamptz;
comment on column scoring_run.timing_at is 'Moment of the timing.rule that its scores were stored with; null in runs of former releases, which have that of their publication.';
alter table scoring_run add column quadrant_value_min numeric check (quadrant_value_min >= 0);
comment on column scoring_run.quadrant_value_min is 'An efficiency is high where the value of a month is at least this; null for quadrant_efficiency_min.';
