-- Contracts change when a subscription may leave, and so when to contact it (decision 058).
alter table score add column contract_months smallint check (contract_months >= 0);
comment on column score.contract_months is 'Months from that of the row to the last one under contract; null without one in force, or if not known.';
alter table scoring_run add column gap_months smallint not null default 0 check (gap_months >= 0);
comment on column scoring_run.gap_months is 'Months between that of the rows and the first one of the horizons.';
