alter table list_build add column column_labels jsonb not null default '{}';
comment on column list_build.column_labels is 'Labels of the columns of the table, by column and language, from its mapping.';
