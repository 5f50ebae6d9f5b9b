-- Answers kept under the Idempotency-Key of a client, so that a request sent twice has its effect once.
create table idempotency_key (
  client text not null,
  key text not null,
  -- Hash over operation, path and body: the same key with another request is an error.
  fingerprint bytea not null,
  -- Until when the request that holds the key may still be running. A process that died frees its keys this way.
  locked_until timestamptz not null,
  -- The answer; null while the request runs.
  status int,
  content_type text,
  -- Sealed (AES-256-GCM): an answer may hold personal data, which this schema must not hold in clear.
  sealed_body bytea,
  expires_at timestamptz not null,
  primary key (client, key)
);
create index idempotency_key_expires_at on idempotency_key (expires_at);

-- Audit of writes and reads. Append-only; contains no personal data except internal ids.
create table audit_entry (
  audit_id uuid primary key,
  at timestamptz not null,
  client text not null,
  on_behalf_of text,
  operation text not null,
  -- Internal ids from the path, such as the customer's.
  subject_ids text[] not null,
  status int not null,
  -- Stated reason for access to personal data.
  access_reason text,
  trace_id text not null
);
create index audit_entry_at on audit_entry (at);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'audit entries are only ever added';
end $$;
create trigger audit_entry_append_only before update or delete or truncate on audit_entry
  for each statement execute function refuse_change();
