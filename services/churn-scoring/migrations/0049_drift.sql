-- How far inputs and scores of runs have moved from the training of their model (decision 047).

create table drift_piece (
  run_id uuid not null references scoring_run on delete cascade,
  piece integer not null,
  counts jsonb not null,
  primary key (run_id, piece)
);
comment on table drift_piece is 'Rows of each piece of a run by bin of its model''s reference; deleted when the run is published.';

create table run_drift (
  run_id uuid primary key references scoring_run on delete cascade,
  report jsonb not null
);
comment on table run_drift is 'Population stability index by column and of the scores; stays after the scores are purged.';

create table drift_alarm (
  model_id uuid not null references model,
  month text not null check (month = '' or month ~ '^\d{4}-\d{2}$'),
  run_id uuid not null references scoring_run,
  primary key (model_id, month)
);
comment on table drift_alarm is 'Models and months for which model-drifted was published, so that it is published once.';
