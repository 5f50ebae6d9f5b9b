-- How churn may follow a column, from the mapping or the view.
alter table table_column add column monotone text default '' not null
  constraint table_column_monotone check (monotone in ('', 'increasing', 'decreasing'));
