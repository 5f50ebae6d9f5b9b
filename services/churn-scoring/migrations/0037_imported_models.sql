-- Models that other programs trained.
create table imported_model (
  id uuid primary key,
  format text not null check (format in ('xgboost', 'lightgbm')),
  content text not null,
  columns jsonb not null,
  imported_by text not null,
  imported_at timestamptz not null
);
comment on table imported_model is 'Files of models that other programs trained, as they came; the job that validates one reads it.';
comment on column imported_model.id is 'Follows from format, content and columns.';
comment on column imported_model.columns is 'Column of the table by feature of the model, where the names differ.';
