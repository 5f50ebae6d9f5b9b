-- Frequency, objections and leases apply to contact numbers as well as customers, by keyed hashes of customer-profile,
-- which is the only holder of the key.

alter table lease add column numbers bytea[] not null default '{}';
comment on column lease.numbers is 'Keyed hashes of the contact numbers of the subscription.';
create index lease_numbers on lease using gin (numbers) where ended_at is null;

create table touch_number (
  lookup bytea not null check (octet_length(lookup) = 32),
  touch_id uuid not null references touch,
  channel text not null,
  at timestamptz not null,
  primary key (lookup, touch_id)
);
comment on table touch_number is 'The numbers that a contact may have used.';
create index touch_number_at on touch_number (lookup, channel, at);

alter table objection add column numbers bytea[] not null default '{}';
create index objection_open on objection (handed_over_at);

create table wrong_number (
  touch_id uuid primary key references touch,
  customer_id uuid not null,
  numbers bytea[] not null,
  since timestamptz not null,
  handed_over_at timestamptz
);
comment on table wrong_number is
  'Contacts answered by another person. This row closes the gate until customer-profile has suspended the numbers.';
create index wrong_number_customer on wrong_number (customer_id);
