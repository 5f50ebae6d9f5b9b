-- A score may have no clear reason, which is an answer that is counted.
comment on column score.first_cause is 'First named of the seven reasons; none without a clear one; empty where no column maps to a reason.';
