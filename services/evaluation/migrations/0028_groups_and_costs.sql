-- Groups under other spellings, subscriptions in several groups, the follow-up that was approved, and costs of offers.

alter table campaign add column follow_months int check (follow_months between 1 and 24);
comment on column campaign.follow_months is
  'Approved months of outcomes of our campaigns; null for past ones, which use the parameter eval.followMonths.';
alter table campaign add column in_several_groups bigint not null default 0 check (in_several_groups >= 0);
comment on column campaign.in_several_groups is 'Subscriptions assigned to more than one group; they are not in assignment.';
alter table campaign add column assignment_notes jsonb not null default '[]';
comment on column campaign.assignment_notes is 'Keys and parameters of notices about the groups in the extracts.';

alter table touch add column offer_cost_minor bigint;
comment on column touch.offer_cost_minor is 'Approved cost of an accepted offer; null if none was accepted or the cost is unknown.';
