-- Tables that the platform needs in every service's schema.

create table outbox (
  id uuid primary key,
  subject text not null,
  headers jsonb not null,
  payload bytea not null,
  created_at timestamptz not null default now()
);
comment on table outbox is 'Events and work that committed but have not reached JetStream yet; the relay empties it.';

create table consumed_event (
  consumer text not null,
  event_id uuid not null,
  consumed_at timestamptz not null default now(),
  primary key (consumer, event_id)
);
comment on table consumed_event is 'What was handled, so that a message that comes again does nothing. Purged after a month.';
create index consumed_event_consumed_at on consumed_event (consumed_at);

create table job (
  id uuid primary key,
  kind text not null,
  natural_key text not null,
  state text not null check (state in ('queued', 'running', 'done', 'failed', 'cancelled')),
  cancel_requested boolean not null default false,
  phase text not null default '',
  fraction double precision not null default 0 check (fraction between 0 and 1),
  rows_done bigint not null default 0,
  rows_total bigint,
  shards_done int not null default 0,
  shards_total int,
  params jsonb not null,
  caller jsonb not null,
  result jsonb not null default '{}',
  failure jsonb,
  org_unit_path text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  ended_at timestamptz,
  check ((ended_at is not null) = (state in ('done', 'failed', 'cancelled')))
);
-- A job that failed or was cancelled may be asked for again under the same key.
create unique index job_natural_key on job (kind, natural_key) where state in ('queued', 'running', 'done');
create index job_created_at on job (created_at desc, id desc);

create table job_shard (
  job_id uuid not null references job on delete cascade,
  shard int not null,
  rows bigint not null,
  done_at timestamptz not null,
  primary key (job_id, shard)
);
comment on table job_shard is 'Shards that are in: a row stands here in the transaction that stored the shard''s results.';

create table parameter (
  key text not null,
  valid_from timestamptz not null,
  set_at timestamptz not null,
  value jsonb not null,
  set_by text not null,
  primary key (key, valid_from, set_at)
);
