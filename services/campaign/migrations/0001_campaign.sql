-- Ranked lists, leases and outcomes of contacts.

create table list_build (
  id uuid primary key,
  queue text not null,
  run_id uuid not null unique,
  run_published_at timestamptz not null,
  built_at timestamptz not null,
  items bigint not null check (items >= 0),
  efficiency_basis text not null,
  at_risk_probability_min double precision not null,
  contact_cost_minor bigint,
  currency text not null,
  model_id text not null,
  model_name text not null,
  table_version text not null,
  table_as_of timestamptz not null,
  value_column text,
  org_unit_column text
);
comment on table list_build is 'A ranked list built from a published run of scores, with the sources that its scripts cite.';

create table queue (
  name text primary key,
  list_build_id uuid not null references list_build,
  run_id uuid not null,
  run_published_at timestamptz not null,
  version bigint not null check (version > 0)
);
comment on table queue is 'The current list build of each queue.';
comment on column queue.run_published_at is 'Of the run of the list build; compared under the lock of this row.';

create table work_item (
  subscription_id uuid not null,
  list_build_id uuid not null,
  rank bigint not null check (rank > 0),
  probability double precision not null check (probability between 0 and 1),
  value_minor bigint,
  -- A NaN would rank first; in PostgreSQL it is above infinity.
  priority double precision not null check (priority > '-infinity' and priority < 'infinity'),
  quadrant text not null,
  first_reason text not null,
  reasons bytea not null,
  org_unit_path text not null,
  state text not null default 'open' check (state in ('open', 'done')),
  tries int not null default 0 check (tries >= 0),
  deferred_until timestamptz,
  deferred_channel text,
  check ((deferred_until is null) = (deferred_channel is null)),
  primary key (subscription_id, list_build_id)
);
comment on table work_item is
  'A subscription to be contacted. Leased is not a state: leases are rows that expire.';
comment on column work_item.deferred_until is 'Not offered for this channel before: refused by the gate, or not reached.';
create unique index work_item_rank on work_item (list_build_id, rank);
create index work_item_open on work_item (list_build_id, rank) where state = 'open';

create table lease (
  id uuid primary key,
  subscription_id uuid not null,
  list_build_id uuid not null,
  customer_id uuid not null,
  queue text not null,
  channel text not null,
  agent text not null,
  client text not null,
  org_unit_path text not null,
  leased_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz,
  end_reason text check (end_reason in ('disposed', 'released', 'expired')),
  check (expires_at > leased_at),
  check ((ended_at is null) = (end_reason is null))
);
comment on table lease is
  'In force while ended_at is null and expires_at is in the future. The next lease ends an expired one.';
-- One agent at a time per subscription and per customer.
create unique index lease_one_per_subscription on lease (subscription_id) where ended_at is null;
create unique index lease_one_per_customer on lease (customer_id) where ended_at is null;
create index lease_item on lease (subscription_id, list_build_id);

create table touch (
  id uuid primary key,
  lease_id uuid not null unique references lease,
  subscription_id uuid not null,
  customer_id uuid not null,
  queue text not null,
  run_id uuid not null,
  rank bigint not null,
  channel text not null,
  agent text not null,
  outcome text not null check (outcome in
    ('accepted', 'declined', 'no_answer', 'not_reached', 'call_back', 'wrong_person', 'do_not_contact')),
  hit boolean,
  at timestamptz not null,
  recorded_at timestamptz not null,
  org_unit_path text not null
);
comment on table touch is 'Outcomes of contacts, one per lease.';
comment on column touch.hit is 'Whether the customer matches the rule of the list according to the agent; null if unknown.';
create index touch_customer on touch (customer_id, channel, at);

create table objection (
  customer_id uuid primary key,
  touch_id uuid not null references touch,
  since timestamptz not null,
  handed_over_at timestamptz
);
comment on table objection is
  'Customers who refused all contacts. This row closes the gate until customer-profile has the suppression.';
