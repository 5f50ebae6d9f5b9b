-- Campaigns with authors and approvers, assignments, and queues.

create table campaign (
  id uuid primary key,
  state text not null check (state in
    ('draft', 'submitted', 'rejected', 'enrolling', 'running', 'paused', 'cancelled', 'closed')),
  revision bigint not null check (revision > 0),
  plan jsonb not null,
  author_client text not null,
  author_person text,
  approver_client text,
  approver_person text,
  decision_comment text not null default '',
  org_unit_path text not null,
  created_at timestamptz not null,
  enrol_job_id text,
  run_id uuid,
  assigned_at timestamptz,
  started_at timestamptz,
  contact_until timestamptz,
  holdout_until timestamptz,
  notices jsonb not null default '[]',
  check ((assigned_at is null) = (run_id is null))
);
comment on table campaign is 'Campaigns in their current state; campaign_step has their history.';
comment on column campaign.plan is 'A CampaignPlan message as JSON, with defaults.';
comment on column campaign.contact_until is 'End of the contact period, exclusive.';
comment on column campaign.holdout_until is 'End of the holdout of its control group, exclusive.';
create index campaign_newest on campaign (created_at desc, id desc);

create table campaign_step (
  campaign_id uuid not null references campaign,
  revision bigint not null,
  at timestamptz not null,
  step text not null check (step in ('created', 'updated', 'submit', 'approve', 'reject', 'started', 'enrolFailed',
    'pause', 'resume', 'cancel', 'close')),
  client text not null,
  person text,
  primary key (campaign_id, revision)
);
comment on table campaign_step is 'Every change of a campaign and its actor; authors and editors may not approve it.';

create table assignment (
  subscription_id uuid not null,
  campaign_id uuid not null references campaign,
  customer_id uuid,
  household_id uuid,
  randomisation_unit_id uuid not null,
  in_audience boolean not null,
  arm text not null,
  stratum text not null,
  propensity double precision not null check (propensity > 0 and propensity < 1),
  probability double precision,
  org_unit_path text not null,
  assigned_at timestamptz not null,
  check (in_audience = (probability is not null)),
  primary key (subscription_id, campaign_id)
);
comment on table assignment is 'Assignments of subscriptions to the groups of campaigns. Never changed.';
comment on column assignment.randomisation_unit_id is 'A household, a customer or a subscription.';
comment on column assignment.in_audience is
  'False for other members of a household: not in a queue, but held out with the control group.';
create index assignment_campaign on assignment (campaign_id, subscription_id);
create index assignment_customer on assignment (customer_id);

create table assigned_arm (
  campaign_id uuid not null references campaign,
  ordinal int not null,
  arm text not null,
  subscriptions bigint not null,
  units bigint not null,
  propensity double precision not null,
  mean_probability double precision not null,
  primary key (campaign_id, ordinal)
);
comment on table assigned_arm is 'The assigned groups of a campaign, the control group last.';

create table household_member (
  subscription_id uuid primary key,
  household_id uuid not null,
  size int not null check (size > 0),
  role text not null,
  confidence double precision not null,
  org_unit_path text not null
);
comment on table household_member is 'Copy of the newest published households, for the gate and for enrolment.';
create index household_member_household on household_member (household_id);

create table household_copy (
  copied boolean primary key default true check (copied),
  run_id uuid not null,
  month text not null,
  published_at timestamptz not null
);
comment on table household_copy is 'The run of household_member: one row.';

-- One run has the list of its table and the queues of campaigns.
alter table list_build drop constraint list_build_run_id_key;
create unique index list_build_of_run on list_build (queue, run_id);
alter table list_build add column campaign_id uuid references campaign;
alter table list_build add column table_name text;
comment on column list_build.table_name is 'The scored table, if the queue has another name.';
alter table list_build add column month text not null default '';
comment on column list_build.month is 'Of the scored rows, YYYY-MM; empty if the table has a single snapshot.';
alter table list_build add column household_run_id uuid;
alter table list_build add column household_month text;

alter table work_item add column arm text;
alter table work_item add column household_id uuid;
alter table work_item add column household_size int;
alter table work_item add column household_role text;
alter table work_item add column plan_fit bytea;
comment on column work_item.plan_fit is 'A PlanFit message; empty if none is calculated; null if not fetched.';

alter table lease add column household_id uuid;
create unique index lease_one_per_household on lease (household_id) where ended_at is null;

alter table touch add column campaign_id uuid references campaign;
alter table touch add column arm text;
create index touch_subscription on touch (subscription_id, at);
create index touch_campaign on touch (campaign_id, at, id) where campaign_id is not null;
