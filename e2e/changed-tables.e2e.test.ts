/** The next month of a table, as spreadsheets and other exports change it: no mistaken identity, no silent change. */
import type { Client } from 'pg';
import type { Import } from '@holdfast/client/gen/operations';
import type { RestClient } from '@holdfast/client/rest-client';

import { eventually } from './support/eventually.js';
import { jobDone, reportOf, uploadTable } from './support/imports.js';
import { sharedSystem } from './support/shared-system.js';

let operator: RestClient;
let database: Client;

jest.setTimeout(300_000);

beforeAll(async () => {
  const { home } = await sharedSystem();
  operator = home.client('console');
  database = await home.openDatabase();
});
afterAll(() => database?.end());

const PEOPLE = 600;
const north = (month: string): string => `
table: north
key: customer_no
asOf: ${month}
label: { column: churned, positive: "yes", negative: "no" }
value: monthly_bill
personal: { phone: mobile }
`;

interface Person {
  no: string;
  bill: string;
  complaints: string;
  churned: string;
  mobile: string;
}
const people = Array.from({ length: PEOPLE }, (_, at): Person => ({
  no: String(((at * 7919) % 900_000) + 1000).padStart(10, '0'),
  bill: (30 + ((at * 37) % 150) + 0.25).toFixed(2),
  complaints: String(at % 4),
  churned: (at % 4 === 3 && at % 3 !== 0) || at % 11 === 0 ? 'yes' : 'no',
  mobile: `139${String(at).padStart(8, '0')}`,
}));

function northFile(change: (person: Person) => Partial<Person> = () => ({}), hasComplaints = true): string {
  const rows = people.map((person) => {
    const { no, bill, complaints, churned, mobile } = { ...person, ...change(person) };
    return [no, bill, ...(hasComplaints ? [complaints] : []), churned, mobile].join(',');
  });
  return [`customer_no,monthly_bill,${hasComplaints ? 'complaints,' : ''}churned,mobile`, ...rows].join('\n');
}

async function bring(mapping: string, file: string): Promise<Import> {
  const job = await jobDone(operator, await uploadTable(operator, mapping, 'file.csv', file));
  return reportOf(operator, job);
}

const holding = ({ findings }: Import): string[] => findings.filter(({ holds }) => holds).map(({ code }) => code);

/** Customers of a version of a table with their phones, by phone, once they are in. */
async function phonesOf(table: string, version: string): Promise<Map<string, string>> {
  await eventually('the customers are in', async () => {
    const { rows } = await database.query(
      `select 1 from customer_profile.job where kind = 'import-subjects' and natural_key = $1 and state = 'done'`,
      [`${table}@${version}`],
    );
    return rows.length > 0;
  });
  const { rows } = await database.query<{ customer_id: string }>(
    `select customer_id from customer_profile.subscription where $1 = any(tables) order by customer_id limit 20`,
    [table],
  );
  const reason = { 'x-access-reason': 'story' };
  const found = await Promise.all(
    rows.map(({ customer_id: id }) =>
      operator.call('GET /api/v1/customers/{customerId}', { customerId: id }, { headers: reason }),
    ),
  );
  return new Map(found.map(({ customerId, personal }) => [customerId, personal['phone']!]));
}

it('holds back keys without their zeros, names examples, and keeps the objection of a customer', async () => {
  const august = await bring(north('2026-08'), northFile());
  expect(august).toMatchObject({ state: 'loaded', findings: [] });
  await phonesOf('north', august.tables[0]!.version!);
  const named = { kind: 'key', value: people[0]!.no, table: 'north' } as const;
  const objector = await operator.call('POST /api/v1/customers:resolve', { body: named });
  const decision = { purpose: 'marketing', channel: 'any', granted: false, evidence: 'call-1' } as const;
  await operator.call('PUT /api/v1/customers/{customerId}/consents', {
    customerId: objector.customerId,
    body: decision,
  });

  const held = await bring(
    north('2026-09'),
    northFile(({ no }) => ({ no: String(Number(no)) })),
  );
  expect(held).toMatchObject({ state: 'held', comparison: { kept: 0, added: PEOPLE, gone: PEOPLE }, keyExamples: [] });
  expect(holding(held)).toEqual(['keys.fewKept', 'keys.matchZeros']);
  const shown = await operator.call(
    'GET /api/v1/imports/{importId}',
    { importId: held.importId },
    { headers: { 'x-access-reason': 'story' } },
  );
  expect(shown.keyExamples[0]).toEqual({ before: people[0]!.no, now: String(Number(people[0]!.no)) });
  expect(JSON.stringify(held.findings)).not.toContain('139');
  expect((await operator.call('GET /api/v1/tables/{table}', { table: 'north' })).version).toBe(
    august.tables[0]!.version,
  );
  const unborn = { kind: 'key', value: String(Number(people[0]!.no)), table: 'north' };
  expect((await operator.ask('POST', '/api/v1/customers:resolve', { body: unborn })).status).toBe(404);
  const discarded = await operator.call('POST /api/v1/imports/{importId}:discard', { importId: held.importId });
  expect(discarded.state).toBe('discarded');

  const mended = await bring(north('2026-09'), northFile());
  expect(mended).toMatchObject({ state: 'loaded', comparison: { kept: PEOPLE, added: 0, gone: 0 } });
  const again = await operator.call('POST /api/v1/customers:resolve', { body: named });
  expect(again.customerId).toBe(objector.customerId);
});

it('names a column that is missing, of another type, scale or code, and publishes once it is confirmed', async () => {
  const october = north('2026-10');
  const found = [
    await bring(october, northFile(undefined, false)),
    await bring(
      october,
      northFile(({ bill }) => ({ bill: bill.replace('.', '') })),
    ),
    await bring(
      october,
      northFile(({ complaints }) => (complaints === '3' ? { complaints: 'unknown' } : {})),
    ),
    await bring(
      october,
      northFile(({ complaints }) => ({ complaints: ['none', 'one', 'two', 'three'][Number(complaints)]! })),
    ),
  ];
  expect(found.map(({ state }) => state)).toEqual(['held', 'held', 'held', 'held']);
  expect(found.map(holding)).toEqual([
    ...[['column.gone'], ['column.rescaled'], ['column.retyped'], ['column.retyped']],
  ]);
  expect(found.flatMap(({ findings }) => findings.map(({ column }) => column))).toEqual([
    ...['complaints', 'monthly_bill', 'complaints', 'complaints'],
  ]);
  const done = await jobDone(
    operator,
    await operator.call('POST /api/v1/imports/{importId}:confirm', { importId: found[1]!.importId }),
  );
  expect(done.result).toMatchObject({ state: 'loaded', table: 'north' });
  expect((await operator.call('GET /api/v1/tables/{table}', { table: 'north' })).version).toBe(done.result['version']);
});

it('never treats a row number as a key of a customer, in another version or another table', async () => {
  const mapping = (month: string): string => north(month).replace('table: north\nkey: customer_no', 'table: unkeyed');
  const rows = people.slice(0, 40).map(({ bill, churned, mobile }) => [bill, churned, mobile]);
  const file = (of: string[][]): string =>
    [['monthly_bill', 'churned', 'mobile'], ...of].map((row) => row.join(',')).join('\n');
  const august = await bring(mapping('2026-08'), file(rows));
  const before = await phonesOf('unkeyed', august.tables[0]!.version!);
  const september = await bring(
    mapping('2026-09'),
    file([...rows].sort((left, right) => Number(right[0]) - Number(left[0]))),
  );
  expect(september.state).toBe('loaded');
  const after = await phonesOf('unkeyed', september.tables[0]!.version!);
  expect([...after.keys()].filter((id) => before.has(id))).toEqual([]);
  const numbered = rows.map(([bill, churned, mobile], at) => [
    String(at + 1),
    bill!,
    churned!,
    mobile!.replace('139', '024'),
  ]);
  const business = await bring(
    north('2026-08').replace('north', 'numbered'),
    [['customer_no', 'monthly_bill', 'churned', 'mobile'], ...numbered].map((row) => row.join(',')).join('\n'),
  );
  await phonesOf('numbered', business.tables[0]!.version!);
  const first = await operator.call(
    'POST /api/v1/customers:resolve',
    { body: { kind: 'key', value: '1', table: 'numbered' } },
    { headers: { 'x-access-reason': 'story' } },
  );
  expect(first.personal['phone']).toBe(numbered[0]![3]);
  for (const [id, phone] of before) {
    const { personal } = await operator.call(
      'GET /api/v1/customers/{customerId}',
      { customerId: id },
      { headers: { 'x-access-reason': 'story' } },
    );
    expect(personal['phone']).toBe(phone);
  }
});
