-- The mean probability of a run, by unit as all of its summary, to be compared with what happened.

alter table run_count drop constraint run_count_measure_check;
alter table run_count add constraint run_count_measure_check
  check (measure in ('quadrant', 'at-risk-reason', 'at-risk-cause', 'probability-millionths'));
comment on column run_count.rows is 'Rows; of probability-millionths the sum of their probabilities in millionths.';
