-- What was approved is what holds: the channel of a campaign's contacts, what they and its offers cost.

alter table touch add column contact_cost_minor bigint check (contact_cost_minor >= 0);
comment on column touch.contact_cost_minor is 'Of the contact, in the currency of its draw; null if unknown.';
alter table touch add column offer_cost_minor bigint check (offer_cost_minor >= 0);
comment on column touch.offer_cost_minor is
  'Of the offer as it was approved, in the currency of its draw; null where it was not accepted, or none was approved.';

alter table assigned_arm alter column mean_probability drop not null;
comment on column assigned_arm.mean_probability is 'Null where nobody was drawn to the group.';
