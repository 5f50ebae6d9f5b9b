-- Refusals are read before and apart from everything else in a file, so that none is lost with its row, its table or its
-- import.

create table refusal (
  import_id uuid not null references import on delete cascade,
  customer_id uuid not null,
  -- Whose key the row has, where keys name subscriptions: that one's customer may be another.
  subscription_id uuid,
  -- When it was expressed, as far as the file says; never after the file was drawn.
  at timestamptz not null,
  primary key (import_id, customer_id)
);
comment on table refusal is 'Customers who refuse marketing, as a file says, whatever became of their rows.';

create table refusal_reading (
  import_id uuid primary key references import on delete cascade,
  -- Of which file, for the evidence: `extract <id>` or `table <name>`.
  origin text not null,
  refusals bigint not null,
  -- Cells that are neither yes nor no; they count as refusals.
  unreadable bigint not null,
  -- Rows in which the cell cannot be located.
  unlocated bigint not null,
  read_at timestamptz not null
);
comment on table refusal_reading is 'Imports whose refusals were read to the end; a run that begins again reads no others.';
