-- Who lives together, by run; and what people said about it.

create table household_run (
  id uuid primary key,
  month text not null check (month ~ '^\d{4}-\d{2}$'),
  sequence bigint not null,
  settings jsonb not null,
  evidence_hash text not null default '',
  paired_to int not null default -1,
  is_paired boolean not null default false,
  subscriptions bigint not null default 0,
  households bigint not null default 0,
  members bigint not null default 0,
  pairs jsonb not null default '{}',
  by_size jsonb not null default '{}',
  unavailable text[] not null default '{}',
  capped text[] not null default '{}',
  holidays int not null default 0,
  method text not null default '',
  is_current boolean not null default false,
  started_at timestamptz not null,
  published_at timestamptz,
  purged_at timestamptz,
  check (not is_current or (published_at is not null and purged_at is null))
);
comment on table household_run is 'A recognition of the households of a month; its id is that of its job. Readers see it once published_at is set.';
comment on column household_run.paired_to is 'Number of the last subscription whose pairs are stored: a run that was killed goes on behind it, if the evidence is the same.';
comment on column household_run.is_current is 'The one of the latest month and extract.';
create unique index household_run_current on household_run (is_current) where is_current;
create index household_run_newest on household_run (published_at desc, id desc) where published_at is not null;

-- No org_unit_path: pairs are read by services and by those who see all units, as a whole.
create table pair_batch (
  run_id uuid not null references household_run on delete cascade,
  part int not null,
  rows int not null check (rows > 0),
  counts jsonb not null,
  evidence bytea not null,
  verdict bytea,
  primary key (run_id, part)
);
alter table pair_batch alter evidence set storage external, alter verdict set storage external;
comment on table pair_batch is 'Pairs of a run in column batches: tens for each subscription, read one after the other and never one by one.';
comment on column pair_batch.evidence is 'A holdfast.platform.v1.ColumnBatch, deflated; verdict has further columns of the same rows.';

create table household (
  run_id uuid not null references household_run on delete cascade,
  id uuid not null,
  size int not null check (size > 1),
  confidence double precision not null check (confidence between 0 and 1),
  state text not null check (state in ('identified', 'known', 'confirmed', 'rejected')),
  evidence jsonb not null,
  primary key (run_id, id)
);
comment on table household is 'Has no org unit: a caller that may see one of its members may see it, and the number of the others.';
comment on column household.evidence is 'What holds it together, strongest first.';

create table household_member (
  subscription_id uuid not null,
  run_id uuid not null,
  household_id uuid not null,
  customer_id uuid,
  role text not null check (role in ('head', 'spouse', 'elder', 'child', 'member')),
  confidence double precision not null check (confidence between 0 and 1),
  org_unit_path text not null,
  primary key (subscription_id, run_id),
  foreign key (run_id, household_id) references household on delete cascade
);
create index household_member_household on household_member (run_id, household_id);
create index household_member_customer on household_member (customer_id, run_id);

create table household_decision (
  id uuid primary key,
  household_id uuid not null,
  verdict text not null check (verdict in ('confirmed', 'rejected')),
  members uuid[] not null,
  evidence text not null,
  decided_by text not null,
  decided_at timestamptz not null
);
comment on table household_decision is 'What a person who asked says; the newest about two members holds for all later runs.';
comment on column household_decision.evidence is 'A reference, such as the id of a call; never a text about persons.';
create index household_decision_order on household_decision (decided_at, id);
