import pg from 'pg';

import { dumpSchema } from './catalog.mjs';

const schema = `dump_${process.pid}`;

const statements = `
create type ${schema}.mood as enum ('low', 'high');
create sequence ${schema}.ticket;
create table ${schema}.customer (
  customer_id uuid primary key,
  external_id text not null unique,
  mood ${schema}.mood default 'low',
  amount numeric(12, 2) check (amount >= 0),
  number bigint generated always as identity,
  counter serial,
  doubled numeric generated always as (amount * 2) stored
);
create index customer_mood on ${schema}.customer (mood) where mood is not null;
comment on column ${schema}.customer.amount is 'in the operator''s currency';
create table ${schema}.month_value (subscription_id text, month date, primary key (subscription_id, month))
  partition by range (month);
create table ${schema}.month_value_2026 partition of ${schema}.month_value
  for values from ('2026-01-01') to ('2027-01-01');
create function ${schema}.twice(n int) returns int language sql immutable return n * 2;
`;

describe('the dump of a schema', () => {
  let client: pg.Client;

  beforeAll(async () => {
    client = new pg.Client({ connectionString: String(process.env['TEST_DATABASE_URL']) });
    await client.connect();
    await client.query(`create schema ${schema}; ${statements}`);
  });

  afterAll(async () => {
    await client.query(`drop schema if exists ${schema} cascade`);
    await client.end();
  });

  it('makes the same schema again, from which comes the same dump', async () => {
    const first = await dumpSchema(client, schema);
    await client.query(`drop schema ${schema} cascade; create schema ${schema}`);
    await client.query(first);
    expect(await dumpSchema(client, schema)).toBe(first);
  });

  it('shows what a reviewer looks for', async () => {
    const dump = await dumpSchema(client, schema);
    expect(dump).toContain("create type mood as enum ('low', 'high');");
    expect(dump).toContain('  external_id text not null,\n');
    expect(dump).toContain('  constraint customer_pkey PRIMARY KEY (customer_id)');
    expect(dump).toContain('  constraint customer_amount_check CHECK (amount >= 0::numeric)');
    expect(dump).toContain('CREATE INDEX customer_mood ON customer USING');
    expect(dump).toContain("comment on column customer.amount is 'in the operator''s currency';");
    expect(dump).toContain(') partition by RANGE (month);');
    expect(dump).toContain("create table month_value_2026 partition of month_value FOR VALUES FROM ('2026-01-01')");
    expect(dump).toContain('  counter serial not null,\n');
    expect(dump).toContain('  doubled numeric generated always as (amount * 2::numeric) stored');
  });
});
