-- Contacts that agents made with Holdfast, for the report of value groups; those of other systems come with extracts.

create table own_contact (
  touch_id uuid primary key,
  subscription_id uuid not null,
  at timestamptz not null
);
comment on table own_contact is 'Contacts made with Holdfast, whether of a campaign or not.';
create index own_contact_at on own_contact (at);
