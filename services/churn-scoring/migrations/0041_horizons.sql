-- Probabilities within further months follow from that of the first and from what the model has about later ones.
alter table model add column horizons jsonb;
comment on column model.horizons is 'Lines from the log-odds of the first month to those of later ones, and why there are no more; null for kinds without horizons and for models of former releases.';
