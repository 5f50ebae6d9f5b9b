create table dead_letter (
  id uuid primary key,
  consumer text not null,
  event_id uuid not null,
  subject text not null,
  headers jsonb not null,
  payload bytea not null,
  failure jsonb not null,
  failed_at timestamptz not null,
  unique (consumer, event_id)
);
comment on table dead_letter is 'Events whose handler failed for good. They are kept until they are replayed or discarded.';
create index dead_letter_newest on dead_letter (failed_at desc, id desc);
