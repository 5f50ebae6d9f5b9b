-- Customers with their accounts and subscriptions, who they are (sealed), what they allow, and where they belong.

create table org_unit (
  org_unit_path text collate "C" primary key check (org_unit_path ~ '^([^/]+/)+$'),
  level text not null
    check (level in ('province', 'city', 'county_company', 'marketing_centre', 'area', 'hall')),
  name text not null check (name <> '')
);
comment on table org_unit is 'The tree of organisation units; a path contains those of its parents.';

create table customer (
  customer_id uuid primary key,
  kind text not null check (kind in ('person', 'group')),
  org_unit_path text not null check (org_unit_path ~ '^([^/]+/)+$'),
  org_unit_knowledge_time timestamptz,
  version bigint not null default 1 check (version > 0),
  first_seen_at timestamptz not null
);
comment on column customer.customer_id is
  'The one identifier of a customer, person or group, by one rule: UUIDv5 of the external key.';
comment on column customer.org_unit_knowledge_time is
  'When the source recorded it; an import of older rows does not move a customer back. Null: the org unit is unknown.';
create index customer_org_unit_path on customer (org_unit_path);

create table account (
  account_id uuid primary key,
  customer_id uuid not null references customer,
  mode text check (mode in ('prepaid', 'postpaid')),
  org_unit_path text not null check (org_unit_path ~ '^([^/]+/)+$')
);
create index account_customer on account (customer_id);

create table subscription (
  subscription_id uuid primary key,
  customer_id uuid not null references customer,
  account_id uuid not null references account,
  service text
    check (service in ('mobile', 'fixed_broadband', 'fixed_voice', 'home_phone', 'mobile_broadband')),
  status text check (status in ('active', 'suspended', 'cancelled')),
  tables text[] not null default '{}',
  org_unit_path text not null check (org_unit_path ~ '^([^/]+/)+$')
);
comment on table subscription is
  'An instance of an ordered product: owned by exactly one customer, paid by exactly one account, which may be '
  'another customer''s. Its brand is not here: it follows from the product.';
comment on column subscription.tables is 'Tables of the lake that have rows about it.';
create index subscription_customer on subscription (customer_id);
create index subscription_account on subscription (account_id);

create table sealing_key (
  is_only boolean primary key default true check (is_only),
  fingerprint bytea not null
);
comment on table sealing_key is 'Which key sealed what is here, so that a service with another key refuses to start.';

create table identifier (
  kind text not null check (kind in ('key')),
  lookup bytea not null check (octet_length(lookup) = 32),
  valid_from timestamptz not null,
  valid_to timestamptz check (valid_to > valid_from),
  customer_id uuid not null references customer,
  sealed bytea not null,
  primary key (kind, lookup, valid_from)
);
comment on table identifier is
  'External identifiers with their validity: found by a keyed hash, readable with the sealing key only.';
-- Who has an identifier now is one customer, and a customer has one key.
create unique index identifier_in_force on identifier (kind, lookup) where valid_to is null;
create unique index identifier_key_of_customer on identifier (customer_id) where kind = 'key' and valid_to is null;

create table personal_field (
  customer_id uuid not null references customer,
  name text not null,
  knowledge_time timestamptz not null,
  digest bytea not null check (octet_length(digest) = 32),
  sealed bytea not null,
  primary key (customer_id, name)
);
comment on column personal_field.digest is 'Keyed hash of customer, name and value: shows whether a value changed.';

create table consent_decision (
  sequence bigint generated always as identity primary key,
  customer_id uuid not null references customer,
  purpose text not null check (purpose in ('marketing', 'profiling', 'research')),
  channel text not null check (channel in ('call', 'sms', 'email', 'app', 'hall', 'any')),
  granted boolean not null,
  basis text not null check (basis in ('stated', 'imported')),
  evidence text not null,
  decided_at timestamptz not null,
  recorded_by text not null,
  on_behalf_of text,
  org_unit_path text not null check (org_unit_path ~ '^([^/]+/)+$')
);
comment on table consent_decision is
  'Every decision that was ever recorded; the latest per purpose and channel is in force.';
create index consent_decision_latest
  on consent_decision (customer_id, purpose, channel, decided_at desc, sequence desc);

create table suppression (
  suppression_id uuid primary key,
  customer_id uuid not null references customer,
  channel text not null check (channel in ('call', 'sms', 'email', 'app', 'hall', 'any')),
  reason text not null
    check (reason in ('complaint_open', 'legal', 'deceased', 'staff', 'request', 'other')),
  valid_from timestamptz not null,
  valid_to timestamptz check (valid_to >= valid_from),
  added_by text not null,
  org_unit_path text not null check (org_unit_path ~ '^([^/]+/)+$')
);
comment on column suppression.valid_to is 'Exclusive; null for ever.';
create index suppression_customer on suppression (customer_id);
