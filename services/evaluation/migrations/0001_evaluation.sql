-- Who was given what by a campaign, what came of it, and what that says about the campaign.

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
comment on column campaign.randomisation_unit is 'What was drawn, as it is recorded.';
comment on column campaign.clustered is
  'Drawn by subscription, as it is recorded, but those who are linked always got the same.';
comment on column campaign.unplaced is 'Assigned units of which no subscription is known.';
comment on column campaign.mean_probability is 'Of leaving within a month, of those assigned; null where nobody scored them.';

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
comment on table assignment is 'Who was given what. No row ever says that the no-action group was offered something.';
comment on column assignment.arm is '''control'' for the no-action group.';
comment on column assignment.propensity is 'Probability with which it got this arm; null if nobody wrote it down.';
comment on column assignment.month is 'Month of the assignment by the operator''s clocks: year × 12 + month - 1.';
comment on column assignment.cluster_id is 'Who was drawn as one has the same.';
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
comment on table touch is 'What was done to whom.';
comment on column touch.response is 'accepted, declined, no_answer, …; ''none'' where nothing came back.';
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
comment on table outcome is 'What became of those who were ever assigned, in the months that count and are closed.';
comment on column outcome.at_risk is 'Active on the last day of the month, and too few suspended days to count as gone.';

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
comment on table extract_seen is 'The newest extract that was heard of, in one row.';
