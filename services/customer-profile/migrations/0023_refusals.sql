-- A refusal always counts: it may be known before its customer, it follows contact numbers, and a number at which
-- another person answered is not used until it is confirmed.

-- A refusal in a rejected row may belong to a customer that no other row names yet.
alter table consent_decision drop constraint consent_decision_customer_id_fkey;
comment on table consent_decision is
  'Every decision that was ever recorded. A refusal may be here before its customer is.';

create table refusal_import (
  import_id uuid primary key,
  refusals bigint not null,
  imported_at timestamptz not null
);
comment on table refusal_import is 'Imports of feature-store whose refusals are stored.';

create table contact_number (
  customer_id uuid not null,
  -- Keyed hash of the normalised number.
  lookup bytea not null check (octet_length(lookup) = 32),
  source text not null check (source in ('line', 'user', 'contact', 'personal', 'key')),
  -- Of a personal field: its name; else empty.
  name text not null default '',
  -- The line whose number it is; null for a number of the customer's own record.
  subscription_id uuid,
  -- Null: not known.
  valid_from timestamptz,
  valid_to timestamptz
);
comment on table contact_number is
  'Through which numbers customers are reached, by keyed hash: refusals and suppressions follow them.';
create index contact_number_customer on contact_number (customer_id, source);
create index contact_number_line on contact_number (subscription_id) where subscription_id is not null;
create index contact_number_lookup on contact_number (lookup);

create table number_suspension (
  suspension_id uuid primary key,
  customer_id uuid not null,
  -- Null where no number of the customer was known: until one is.
  lookup bytea check (octet_length(lookup) = 32),
  since timestamptz not null,
  -- The touch at which another person answered.
  evidence text not null,
  ended_at timestamptz check (ended_at >= since),
  ended_by text
);
comment on table number_suspension is
  'Numbers at which another person answered: no contact of this customer until they are confirmed.';
create unique index number_suspension_once on number_suspension (customer_id, evidence, lookup) nulls not distinct;
create index number_suspension_in_force on number_suspension (customer_id) where ended_at is null;
