-- The month that a model was trained in, and what the promotion policy decided about it.

alter table model add column month text not null default '' check (month = '' or month ~ '^\d{4}-\d{2}$');
comment on column model.month is 'Last month of the table that it was trained on; empty for models of former releases.';
alter table model add column verdict jsonb;
comment on column model.verdict is 'A holdfast.churn_scoring.v1.Verdict; null for models of former releases.';
