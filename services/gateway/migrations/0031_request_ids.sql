-- Id of the request that holds a key, given to the owner of its effect with every attempt, so that an attempt after a
-- crash has no second effect.
alter table idempotency_key add column request_id uuid not null default gen_random_uuid();
