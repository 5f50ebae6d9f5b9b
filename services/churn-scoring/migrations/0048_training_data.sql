-- What the card of a model shows of the rows that it learned from (CS-28).
alter table model add column training_data jsonb;
comment on column model.training_data is 'A holdfast.churn_scoring.v1.TrainingData; null for models of former releases.';
