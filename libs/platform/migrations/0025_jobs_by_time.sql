-- The ids of jobs follow from their keys, and say no longer which job is newer.
create index job_newest on job (created_at desc, id desc);
