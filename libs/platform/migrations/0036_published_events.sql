create table published_event (
  id uuid primary key,
  subject text not null,
  headers jsonb not null,
  payload bytea not null,
  published_at timestamptz not null default now()
);
comment on table published_event is 'Events that reached JetStream, for a week: a restore publishes them again, because its streams are empty.';
create index published_event_published_at on published_event (published_at);
