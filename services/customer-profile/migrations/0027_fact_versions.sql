-- An append-only export has several versions of a row in one extract, each with its own knowledge time.
alter table fact drop constraint fact_pkey;
alter table fact add primary key (subject_id, kind, fact_id, sequence, knowledge_from);
comment on table fact is
  'What held of a subscription, a customer, an account or a catalogue entry from valid_from to before valid_to, and from '
  'when to when that was what the operator knew. A later version of the row, in the same extract or in a later one, ends what '
  'was known; it changes nothing.';
