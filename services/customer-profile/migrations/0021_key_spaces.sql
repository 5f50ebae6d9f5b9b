-- Within what the keys of plain tables name subscribers, and which subscriptions are rows that no key identifies.

create table key_space (
  table_name text not null,
  key_space text not null check (key_space in ('operator', 'table', 'row')),
  version text not null,
  loaded_at timestamptz not null,
  primary key (table_name, key_space)
);
comment on table key_space is
  'Key spaces of plain tables, each with its newest version; the newest of a table''s rows is the version in force.';

alter table subscription
  add column row_of_table text,
  add column row_of_version text,
  add constraint subscription_row check ((row_of_table is null) = (row_of_version is null));
create index subscription_row_of on subscription (row_of_table) where row_of_table is not null;
comment on column subscription.row_of_table is
  'Set where a row number is all that names it: it exists within one version of one table only.';
