-- Materialised feature views are tables of the lake too: no import made them, and their columns speak for a reason.

alter table table_version
  alter column import_id drop not null,
  add column origin text not null default 'upload' check (origin in ('upload', 'view')),
  -- Months from a row's month to the month that its label is about.
  add column label_lead_months int not null default 0,
  add constraint table_version_source check ((origin = 'view') = (import_id is null));

alter table table_column
  add column reason text not null default '';
