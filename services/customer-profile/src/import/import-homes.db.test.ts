import { View360ServiceDefinition, type View360Service } from '@holdfast/contracts/customer_profile/v1/view360';
import { readCategoryTexts, readUuids } from '@holdfast/platform/columns';
import { customerId, subscriptionId } from '@holdfast/platform/identity';
import { Outbox } from '@holdfast/platform/outbox';
import { systemCall } from '@holdfast/testing/callers';
import { eventually, startGrpcServer, startService, type RunningService } from '@holdfast/testing/service';
import { CustomerProfileModule } from '../customer-profile.module.js';
import { SyntheticFacts, type FactRow } from '../synthetic-facts.fixture.js';
import { extractLoaded } from './import-extract.js';

const DOOR = '样板路3号5栋301室';
const NOW = '2026-11-03T02:00:00Z';

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

const TABLES: Record<string, FactRow[]> = {
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
    // the account has no mark of a firm
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

const facts = new SyntheticFacts();
let peer: Awaited<ReturnType<typeof startGrpcServer>>;
let service: RunningService;

async function load(sequence: number, extractedAt: string, tables: Record<string, FactRow[]>): Promise<void> {
  facts.extracts.set(sequence, tables);
  const extractId = `extract-${sequence}`;
  const drawn = { extractId, sequence, importId: '', extractedAt: new Date(extractedAt) };
  const event = { ...drawn, tables: Object.keys(tables) };
  await service.database.transaction((tx) =>
    service.get(Outbox).publish(tx, extractLoaded, { subjectId: extractId }, event),
  );
  await eventually('the extract is in', async () => {
    const isIn = 'select from extract where sequence = $1 and imported_at is not null';
    return (await service.database.query(isIn, [sequence])).length > 0;
  });
}

beforeAll(async () => {
  peer = await startGrpcServer((server) => facts.serve(server));
  service = await startService(CustomerProfileModule, {
    ...{ service: 'customer-profile', services: { 'feature-store': peer }, now: NOW },
    environment: { HOLDFAST_PROFILE_KEY: '0a'.repeat(32) },
  });
  await load(1, '2026-10-02T03:00:00+08:00', TABLES);
}, 60_000);

afterAll(async () => {
  await service?.stop();
  await peer?.stop();
});

interface Evidence {
  account: string;
  payer: string;
  user: string;
  door: string | undefined;
  building: string | undefined;
}

async function evidence(): Promise<(key: string) => Evidence> {
  const rows = new Map<string, Evidence>();
  const views = service.client<View360Service>(View360ServiceDefinition);
  for await (const batch of views.readHouseholdEvidence(systemCall, { knowledgeTime: undefined, sequence: 1 })) {
    const [accounts, payers] = [readUuids(batch, 'account_id'), readUuids(batch, 'payer_account_id')];
    const users = readUuids(batch, 'user_customer_id');
    const [doors, buildings] = [readCategoryTexts(batch, 'address_key'), readCategoryTexts(batch, 'building_key')];
    readUuids(batch, 'subscription_id').forEach((id, row) =>
      rows.set(id, {
        ...{ account: accounts[row]!, payer: payers[row]!, user: users[row]! },
        ...{ door: doors[row], building: buildings[row] },
      }),
    );
  }
  return (key) => rows.get(subscriptionId('demo', key))!;
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
  const here = customerId('demo', 'HERE');
  expect(of('DESK')).toEqual({ account: '', payer: '', user: here, ...homeOf(of, 'HERE') });
  expect(of('PAID')).toMatchObject({ payer: '', user: here });
});

it('keeps the earlier door when the customer moves to another city', async () => {
  const before = (await evidence())('TOLD');
  const { address_observations: observations } = TABLES;
  const moved = { customer_id: 'TOLD', kind: 'person', city: '样例市', org_unit_path: 'demo/C1/' };
  await load(2, '2026-11-02T03:00:00+08:00', { customers: [moved], address_observations: observations! });
  expect((await evidence())('TOLD')).toEqual(before);
});

function homeOf(of: (key: string) => Evidence, key: string): Pick<Evidence, 'door' | 'building'> {
  const { door, building } = of(key);
  return { door, building };
}
