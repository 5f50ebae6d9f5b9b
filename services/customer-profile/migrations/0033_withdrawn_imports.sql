-- An extract can be withdrawn: what it brought is known until then, and what it superseded is known again from then on.
alter table extract
  add column import_id uuid,
  add column known_at timestamptz,
  add column withdrawn_at timestamptz,
  add column reverted_at timestamptz,
  add constraint extract_reverted check (reverted_at is null or withdrawn_at is not null);
update extract set known_at = extracted_at;
alter table extract alter column known_at set not null;
comment on column extract.known_at is
  'From when on it changes what was known: its extraction, or the newest withdrawal before its import if that was later.';
comment on column extract.withdrawn_at is 'From then on it does not count.';
comment on column extract.reverted_at is 'When the job that ends its facts had ended.';

alter table fact add column ended_by bigint;
update fact set ended_by = (
    select min(later.sequence) from fact later where later.fact_id = fact.fact_id and later.sequence > fact.sequence)
  where knowledge_to is not null and not exists (
    select from fact version where version.fact_id = fact.fact_id and version.sequence = fact.sequence
      and version.knowledge_from >= fact.knowledge_to);
comment on column fact.ended_by is
  'Sequence of the extract whose row ended what was known, or that of the row itself if its extract was withdrawn.';

alter table consent_decision
  add column import_id uuid,
  add column withdrawn_at timestamptz,
  add constraint consent_decision_withdrawal check (withdrawn_at is null or granted and basis = 'imported');
comment on column consent_decision.withdrawn_at is 'When its import was withdrawn: a consent does not count from then on.';

alter table customer add column withdrawn_at timestamptz;
alter table subscription add column withdrawn_at timestamptz;
comment on column customer.withdrawn_at is 'When the only extract that named it was withdrawn; nothing else names it.';
comment on column subscription.withdrawn_at is 'When the only extract that named it was withdrawn; nothing else names it.';
