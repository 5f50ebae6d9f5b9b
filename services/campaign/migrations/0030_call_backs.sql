-- Call backs that customers asked for, and the limit of leases of an agent.

create table call_back (
  queue text not null,
  subscription_id uuid not null,
  touch_id uuid not null references touch,
  agent text not null,
  channel text not null,
  at timestamptz not null,
  sealed_note bytea,
  primary key (queue, subscription_id)
);
comment on table call_back is
  'Call backs until the next contact. They belong to the queue, so that they outlast the rebuild of its list.';
comment on column call_back.sealed_note is 'Note of the agent, encrypted; null if there is none.';
create index call_back_due on call_back (queue, at);

alter table touch add column call_back_at timestamptz;
comment on column touch.call_back_at is 'When the customer asked to be called; null if not.';

alter table lease add column time_zone text not null default '';
comment on column lease.time_zone is 'IANA time zone of the customer at the lease, for the quiet hours of a call back.';
create index lease_of_agent on lease (agent, client) where ended_at is null;
