-- What people call a column, by the mapping; empty where it does not say.

alter table table_column
  add column label_en text not null default '',
  add column label_zh_cn text not null default '';
