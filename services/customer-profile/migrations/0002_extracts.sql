-- Facts of full extracts about customers, accounts and subscriptions, bitemporal.

create table extract (
  sequence bigint primary key check (sequence > 0),
  extract_id text not null,
  extracted_at timestamptz not null,
  tables text[] not null,
  time_zone text,
  currency text,
  closed_months text[] not null default '{}',
  imported_at timestamptz
);
comment on table extract is 'Extracts by their order; one without imported_at is still coming in.';

create table extract_piece (
  sequence bigint not null references extract,
  source text not null,
  piece text not null,
  rows bigint not null,
  primary key (sequence, source, piece)
);
comment on table extract_piece is 'Imported pieces of an extract; a row is written in the transaction that stores the piece.';

create table fact (
  subject_id uuid not null,
  kind text not null,
  fact_id uuid not null,
  sequence bigint not null,
  valid_from timestamptz not null,
  valid_to timestamptz,
  knowledge_from timestamptz not null,
  end_knowledge_from timestamptz,
  knowledge_to timestamptz check (knowledge_to >= knowledge_from),
  other_id uuid,
  detail jsonb not null,
  sealed bytea,
  lookup bytea check (octet_length(lookup) = 32),
  digest bytea not null check (octet_length(digest) = 32),
  org_unit_path text not null check (org_unit_path ~ '^([^/]+/)+$'),
  primary key (subject_id, kind, fact_id, sequence)
);
comment on table fact is
  'What held of a subscription, a customer, an account or a catalogue entry from valid_from to before valid_to, and from '
  'when to when that was what the operator knew. A later extract ends what was known; it changes nothing.';
comment on column fact.fact_id is 'Keyed hash of the natural key in the contract; versions of one row have the same.';
comment on column fact.end_knowledge_from is 'From when on valid_to was known; before, the fact had no end.';
comment on column fact.other_id is 'Related entity: a customer, an account, a household.';
comment on column fact.sealed is 'Personal columns as sealed JSON.';
comment on column fact.lookup is 'Keyed hash of a number or a document, to find it again.';
-- All versions of a row, by its natural key.
create index fact_versions on fact (fact_id);
create index fact_lookup on fact (kind, lookup) where lookup is not null;
create index fact_other on fact (other_id, kind) where other_id is not null;

create index subscription_org_unit_path on subscription (org_unit_path);
