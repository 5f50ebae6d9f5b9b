-- Every entry has the hash of the one before in its own, so that a changed, removed or inserted entry is found.
-- Entries from before the chain have no sequence; the constraint is not validated for them.
alter table audit_entry
  -- Subjects in all; subject_ids has the first of them. Null for an export, whose rows are sent while they are read.
  add column subject_count int,
  add column sequence bigint,
  -- SHA-256 over the hash of the entry before and the fields of this one.
  add column hash bytea,
  add constraint audit_entry_chained check (sequence is not null and hash is not null) not valid;
create unique index audit_entry_sequence on audit_entry (sequence);

-- Lists are newest first, or of one subject.
create index audit_entry_newest on audit_entry (at, audit_id);
drop index audit_entry_at;
create index audit_entry_subject_ids on audit_entry using gin (subject_ids);

-- The newest entry. Who appends locks this row, so that concurrent writers do not fork the chain.
create table audit_head (
  id int primary key default 1 check (id = 1),
  sequence bigint not null,
  hash bytea not null
);
insert into audit_head (sequence, hash) values (0, decode(repeat('00', 32), 'hex'));

-- The owner of the schema can grant these again and drop the trigger; the chain shows what is changed then.
revoke update, delete, truncate on audit_entry from current_user;
alter table audit_entry enable always trigger audit_entry_append_only;
