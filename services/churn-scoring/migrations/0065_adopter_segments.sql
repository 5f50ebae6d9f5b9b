-- Early adopters and mature-stage choosers, with their evidence (decision 057).
alter table worth
  add column segment text not null default 'unknown' check (segment in ('early_adopter', 'mature_chooser', 'none', 'unknown')),
  add column segment_reasons text[] not null default '{}',
  add column segment_facts jsonb;
comment on column worth.segment is 'Of runs before this column, unknown.';
comment on column worth.segment_reasons is 'Why it is neither, and needs:<table> for each missing table.';
comment on column worth.segment_facts is 'Adoptions and agreement, or signs and offers of rivals; amounts in minor units; null for the others.';
