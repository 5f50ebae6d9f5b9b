alter table worth_run add column hazard_months smallint not null default 1 check (hazard_months >= 1);
comment on column worth_run.hazard_months is 'Months whose own hazard future values are computed with; later ones have that of the last of them. 1 is a constant hazard.';
