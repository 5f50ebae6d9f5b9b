import { rowsOfBatches } from '@holdfast/testing/lists';
import { systemCall } from '@holdfast/testing/callers';
import { TestProfile, idsOf, type FactTables } from '../customer-profile.fixture.js';
import type { FactRow } from '../synthetic-facts.fixture.js';

const DOOR = '样板路3号5栋301室';

/** Customers with one road and door, each with another form of the city, and two lines of a firm. */
const CUSTOMERS: FactRow[] = [
  { customer_id: 'HERE', kind: 'person', address: DOOR, city: '样例', org_unit_path: 'demo/C1/' },
  { customer_id: 'THERE', kind: 'person', address: DOOR, city: '别市', org_unit_path: 'demo/C1/' },
  { customer_id: 'BY-TEXT', kind: 'person', address: `别市${DOOR}`, org_unit_path: 'demo/C1/' },
  { customer_id: 'BY-UNIT', kind: 'person', address: DOOR, org_unit_path: 'demo/C2/A7/' },
  { customer_id: 'BY-DISTRICT', kind: 'person', address: DOOR, district: '别区', org_unit_path: 'demo/' },
  { customer_id: 'IN-DISTRICT', kind: 'person', address: `别市别区${DOOR}`, org_unit_path: 'demo/' },
  { customer_id: 'NOWHERE', kind: 'person', address: DOOR, district: '和平区', org_unit_path: 'demo/' },
  { customer_id: 'TOLD', kind: 'person', city: '别市', org_unit_path: 'demo/C1/' },
  { customer_id: 'FIRM', kind: 'group', name: '样例公司', address: DOOR, city: '样例市', org_unit_path: 'demo/C1/' },
];

const lineOf = (customer: string, account: string): FactRow => ({
  ...{ subscription_id: customer, customer_id: customer, account_id: account, service: 'mobile', status: 'active' },
  org_unit_path: 'demo/C1/',
});

const TABLES: FactTables = {
  org_units: [
    { unit_id: 'P', level: 'province', name: '样例省' },
    { unit_id: 'C1', level: 'city', parent_id: 'P', name: '样例市' },
    { unit_id: 'C2', level: 'city', parent_id: 'P', name: '别市' },
  ],
  cells: [
    { cell_id: 'X1', city: '别市', district: '别区' },
    // a district of that name is in both
    { cell_id: 'X2', city: '样例市', district: '和平区' },
    { cell_id: 'X3', city: '别市', district: '和平区' },
  ],
  customers: CUSTOMERS,
  accounts: [
    { account_id: 'HERE', customer_id: 'HERE', mode: 'prepaid', org_unit_path: 'demo/C1/' },
    { account_id: 'FIRM', customer_id: 'FIRM', mode: 'postpaid', org_unit_path: 'demo/C1/' },
  ],
  subscriptions: [
    ...CUSTOMERS.slice(0, -1).map(({ customer_id: customer }) => lineOf(String(customer), 'HERE')),
    { ...lineOf('FIRM', 'FIRM'), subscription_id: 'POOL' },
    { ...lineOf('FIRM', 'FIRM'), subscription_id: 'DESK', user_customer_id: 'HERE' },
    { ...lineOf('HERE', 'HERE'), subscription_id: 'PAID' },
  ],
  account_payments: [{ account_id: 'FIRM', subscription_id: 'PAID', valid_from: '2026-01-01', is_primary: true }],
  address_observations: [
    { customer_id: 'TOLD', at: '2026-05-01T10:00:00+08:00', channel: 'hotline', address: DOOR, verified: false },
  ],
};

const profile = new TestProfile('2026-11-03T02:00:00Z');
beforeAll(() => profile.loadExtract(1, '2026-10-02T03:00:00+08:00', TABLES));

interface Evidence {
  account: string;
  payer: string;
  user: string;
  door: string | undefined;
  building: string | undefined;
}

async function evidence(): Promise<(key: string) => Evidence> {
  const request = { knowledgeTime: undefined, sequence: 1 };
  const rows = await rowsOfBatches<Record<string, string>>(profile.views.readHouseholdEvidence(systemCall, request));
  return (key) => {
    const row = rows.find(({ subscriptionId }) => subscriptionId === idsOf(key).subscription)!;
    const { accountId, payerAccountId, userCustomerId, addressKey: door, buildingKey: building } = row;
    return { account: accountId!, payer: payerAccountId!, user: userCustomerId!, door, building };
  };
}

it('distinguishes the same road and door in two cities, in every form of the city', async () => {
  const of = await evidence();
  expect(of('HERE').door).toMatch(/^[\w-]{16}$/);
  for (const key of ['BY-TEXT', 'BY-UNIT', 'TOLD'])
    expect([key, of(key)]).toEqual([key, { ...of(key), ...homeOf(of, 'THERE') }]);
  expect(of('THERE').door).not.toBe(of('HERE').door);
  expect(of('THERE').building).not.toBe(of('HERE').building);
  expect(of('BY-DISTRICT').door).toMatch(/^[\w-]{16}$/);
  expect(of('BY-DISTRICT').door).toBe(of('IN-DISTRICT').door);
});

it('has no home in an unknown city', async () => {
  expect((await evidence())('NOWHERE')).toMatchObject({ door: undefined, building: undefined });
});

it('takes neither a firm nor its account for evidence, whatever the account calls itself', async () => {
  const of = await evidence();
  expect(of('POOL')).toEqual({ account: '', payer: '', user: '', door: undefined, building: undefined });
  const here = idsOf('HERE').customer;
  expect(of('DESK')).toEqual({ account: '', payer: '', user: here, ...homeOf(of, 'HERE') });
  expect(of('PAID')).toMatchObject({ payer: '', user: here });
});

it('keeps the earlier door when the customer moves to another city', async () => {
  const before = (await evidence())('TOLD');
  const { address_observations: observations } = TABLES;
  const moved = { customer_id: 'TOLD', kind: 'person', city: '样例市', org_unit_path: 'demo/C1/' };
  await profile.loadExtract(2, '2026-11-02T03:00:00+08:00', {
    customers: [moved],
    address_observations: observations!,
  });
  expect((await evidence())('TOLD')).toEqual(before);
});

function homeOf(of: (key: string) => Evidence, key: string): Pick<Evidence, 'door' | 'building'> {
  const { door, building } = of(key);
  return { door, building };
}
