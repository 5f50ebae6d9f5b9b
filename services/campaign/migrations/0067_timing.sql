-- When to contact, and what follows for early adopters and mature-stage choosers, as facts of scripts.
alter table work_item
  add column timing bytea not null default '',
  add column segment bytea not null default '';
comment on column work_item.timing is 'A Timing message of churn-scoring; empty where the scores have none.';
comment on column work_item.segment is 'An AdopterSegment message of churn-scoring; empty where there is none.';
