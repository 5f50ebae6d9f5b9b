-- Assignments of campaigns, their outcomes, and results.

create table campaign (
  id text primary key check (length(id) between 1 and 64),
  origin text not null check (origin in ('extract', 'holdfast')),
  name text not null,
  started_on date not null,
  randomisation_unit text not null check (randomisation_unit in ('subscription', 'household')),
  clustered boolean not null default false,
  unplaced bigint not null default 0 check (unplaced >= 0),
  effect_goal double precision,
  mean_probability double precision,
  org_unit_path text not null
);
comment on table campaign is 'Campaigns with assignments: the operator''s past ones, and ours.';
comment on column campaign.id is 'UUID of one of ours; the operator''s id of a past one.';
comment on column campaign.randomisation_unit is 'The recorded randomisation unit.';
comment on column campaign.clustered is
  'Recorded as randomised by subscription, but linked subscriptions always have the same arm.';
comment on column campaign.unplaced is 'Number of assigned units without a known subscription.';
comment on column campaign.mean_probability is 'Mean monthly churn probability of the assigned subscriptions; null if not scored.';

create table assignment (
  subscription_id uuid not null,
  campaign_id text not null references campaign,
  arm text not null,
  stratum text not null,
  propensity double precision,
  month int not null,
  cluster_id uuid not null,
  org_unit_path text not null,
  primary key (subscription_id, campaign_id)
);
comment on table assignment is 'Assignments of subscriptions to arms.';
comment on column assignment.arm is '''control'' for the control group.';
comment on column assignment.propensity is 'Probability of the assignment to this arm; null if not recorded.';
comment on column assignment.month is 'Month of the assignment in the operator''s time zone: year × 12 + month - 1.';
comment on column assignment.cluster_id is 'The same for all members of a randomisation unit.';
create index assignment_campaign on assignment (campaign_id, cluster_id);

create table touch (
  subscription_id uuid not null,
  campaign_id text not null references campaign,
  touch_id text not null,
  channel text not null,
  response text not null,
  hit boolean,
  cost_minor bigint,
  org_unit_path text not null,
  primary key (subscription_id, campaign_id, touch_id)
);
comment on table touch is 'Contacts of campaigns.';
comment on column touch.response is 'accepted, declined, no_answer, …; ''none'' without a response.';
create index touch_campaign on touch (campaign_id);

create table outcome (
  subscription_id uuid not null,
  month int not null,
  at_risk boolean not null,
  churned boolean not null,
  arpu_minor bigint,
  org_unit_path text not null,
  primary key (subscription_id, month)
);
comment on table outcome is 'Outcomes of assigned subscriptions in closed follow-up months.';
comment on column outcome.at_risk is 'Active on the last day of the month, with too few suspended days to count as churned.';

create table result (
  campaign_id text primary key references campaign,
  results bytea not null,
  state text not null check (state in ('due', 'partial', 'final')),
  started_on date not null,
  computed_at timestamptz not null,
  org_unit_path text not null
);
comment on table result is 'The newest results of each campaign.';
comment on column result.results is 'A CampaignResults message.';

create table extract_seen (
  id boolean primary key default true check (id),
  sequence bigint not null check (sequence >= 0)
);
comment on table extract_seen is 'The newest known extract, in one row.';
