-- Subscriptions that leave involuntarily are in a queue on request only, last, with what can be done about arrears.
alter table work_item
  add column involuntary_probability double precision check (involuntary_probability between 0 and 1),
  add column levers text not null default '';
comment on column work_item.involuntary_probability is 'Of leaving for arrears, fraud or death; null where the scores have none.';
comment on column work_item.levers is 'What can be done about arrears, separated by commas; empty unless it leaves involuntarily.';
