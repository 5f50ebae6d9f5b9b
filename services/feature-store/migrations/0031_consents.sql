-- Consents of plain tables, by purpose and channel. A refusal counts in every row; a consent only if its row was accepted
-- and its version is visible.
alter table refusal add column purpose text not null default 'marketing';
alter table refusal add column channel text not null default 'any';
alter table refusal add column granted boolean not null default false;
-- Of a consent: the reference to its proof, as the mapping states it.
alter table refusal add column evidence text not null default '';
alter table refusal drop constraint refusal_pkey;
alter table refusal add primary key (import_id, customer_id, purpose, channel, granted);
comment on table refusal is
  'Refusals in a file, of every row, and consents of rows that were accepted.';
