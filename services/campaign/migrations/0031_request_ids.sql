-- Id of the request that a step carried out, so that a repeated request has no second effect.
alter table campaign_step add column request_id uuid;
create unique index campaign_step_request_id on campaign_step (request_id);
