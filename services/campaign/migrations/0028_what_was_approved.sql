-- Approved costs of contacts and offers.

alter table touch add column contact_cost_minor bigint check (contact_cost_minor >= 0);
comment on column touch.contact_cost_minor is 'Of the contact, in the currency of its list build; null if unknown.';
alter table touch add column offer_cost_minor bigint check (offer_cost_minor >= 0);
comment on column touch.offer_cost_minor is
  'Approved cost of the offer, in the currency of its list build; null if not accepted or not approved.';

alter table assigned_arm alter column mean_probability drop not null;
comment on column assigned_arm.mean_probability is 'Null if the group has no members.';
