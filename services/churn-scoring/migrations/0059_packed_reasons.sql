-- Reasons are numbers that refer to the run's model, and are worded when they are read. Those of earlier runs stay as they
-- are: their first byte differs, and they are purged with their runs.
comment on column score.reasons is 'Packed reasons (decision 052), read with the model of the run, or, in runs of former releases, an encoded holdfast.churn_scoring.v1.Reasons; empty for a row that was not explained.';
