-- Promotion by hand needs a second person, and every span of a champion has what it was decided on (decision 046).

create table promotion (
  id uuid primary key,
  model_id uuid not null references model,
  kind text not null,
  table_name text not null,
  state text not null default 'requested' check (state in ('requested', 'approved', 'rejected', 'cancelled')),
  champion_id uuid references model,
  verdict jsonb not null,
  reason text not null,
  override_reason text not null default '',
  requester_client text not null,
  requester_person text,
  requested_at timestamptz not null,
  decider_client text,
  decider_person text,
  decided_at timestamptz,
  comment text not null default '',
  constraint promotion_decided check ((state = 'requested') = (decided_at is null) and (decided_at is null) = (decider_client is null)),
  constraint promotion_justified check ((verdict ->> 'promoted')::boolean or override_reason <> ''),
  -- The same person on any client, or the same client where one of the two names no person.
  constraint promotion_two_persons check (state not in ('approved', 'rejected') or case
    when requester_person is not null and decider_person is not null then requester_person <> decider_person
    else requester_client <> decider_client end)
);
comment on table promotion is 'Requests to promote a model, each decided by a person other than the one who requested it.';
comment on column promotion.champion_id is 'Champion at the time of the request; an approval is refused if it is another one by then.';
comment on column promotion.verdict is 'A holdfast.churn_scoring.v1.Verdict: whether the rule accepts the model against champion_id.';
create unique index promotion_open on promotion (kind, table_name) where state = 'requested';
create index promotion_newest on promotion (requested_at desc, id desc);

create table promotion_step (
  promotion_id uuid not null references promotion,
  step text not null check (step in ('request', 'approve', 'reject', 'cancel')),
  at timestamptz not null,
  client text not null,
  person text,
  request_id uuid,
  primary key (promotion_id, step)
);
comment on table promotion_step is 'Every step of a request and its actor; request_id makes a repeated attempt do nothing.';
create unique index promotion_step_request_id on promotion_step (request_id);

-- A decided request stays as it was decided.
create function promotion_is_final() returns trigger language plpgsql as $$
begin
  if old.state <> 'requested' then
    raise exception 'promotion % is % already', old.id, old.state;
  end if;
  if (new.model_id, new.kind, new.table_name, new.reason, new.override_reason, new.requester_client, new.requested_at)
    is distinct from (old.model_id, old.kind, old.table_name, old.reason, old.override_reason, old.requester_client, old.requested_at) then
    raise exception 'what promotion % requests cannot be changed', old.id;
  end if;
  return new;
end $$;
create trigger promotion_is_final before update on promotion for each row execute function promotion_is_final();

alter table championship add column how text not null default ''
  check (how in ('', 'rule', 'approval', 'rollback', 'withdrawal'));
alter table championship add column comparison jsonb;
alter table championship add column promotion_id uuid references promotion;
alter table championship add column request_id uuid;
create unique index championship_request_id on championship (request_id);
comment on column championship.how is 'Empty for spans of former releases.';
comment on column championship.comparison is 'A holdfast.churn_scoring.v1.ModelComparison with the champion before; null where the two were not compared.';
comment on column championship.promotion_id is 'The request that was approved; null otherwise.';
comment on column championship.request_id is 'Request of a roll-back, so that a repeated attempt does nothing.';
