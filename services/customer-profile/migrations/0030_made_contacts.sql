-- Contacts that campaign made, for the timeline.

create table made_contact (
  touch_id uuid primary key,
  subscription_id uuid not null,
  channel text not null,
  outcome text not null,
  at timestamptz not null
);
comment on table made_contact is 'Contacts of customers by agents of Holdfast, from the events of campaign.';
create index made_contact_subscription on made_contact (subscription_id, at);
