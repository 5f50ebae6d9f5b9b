alter table list_build add column column_labels jsonb not null default '{}';
comment on column list_build.column_labels is 'What people call the columns of the table: by column and language, as far as its mapping says.';
