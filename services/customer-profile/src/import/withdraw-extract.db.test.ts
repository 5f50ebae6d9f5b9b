/** Withdrawal of extracts and of versions of plain tables. */
import { newId } from '@holdfast/platform/identity';
import { systemCall } from '@holdfast/testing/callers';
import { rowsOfBatches } from '@holdfast/testing/lists';
import { eventually } from '@holdfast/testing/service';
import { TestProfile, idsOf, named, reader, type FactTables } from '../customer-profile.fixture.js';
import type { FactRow } from '../synthetic-facts.fixture.js';
import { IMPORT_EXTRACT_PROFILES } from './import-extract.js';
import { WithdrawExtract } from './withdraw-extract.js';
import { tableWithdrawn } from './withdraw-subjects.js';

const HUGE = Number.MAX_SAFE_INTEGER;
const IMPORT = newId();
const WITHDRAWN_AT = '2026-11-03T01:00:00Z';
/** While the second extract counted. */
const BETWEEN = new Date('2026-11-02T12:00:00Z');

const unit = { org_unit_path: 'demo/C1/' };
const other = { org_unit_path: 'demo/C2/' };
const person = (id: string, more: FactRow = {}): FactRow => ({
  ...{ customer_id: id, kind: 'person', name: `name of ${id}`, registered_on: '2020-01-01', ...unit, ...more },
});
const line = (id: string, owner: string, more: FactRow = {}): FactRow => ({
  ...{
    subscription_id: id,
    customer_id: owner,
    account_id: owner,
    service: 'mobile',
    status: 'active',
    ...unit,
    ...more,
  },
});
const FIRST: FactTables = {
  customers: [person('ANN'), person('BEA', { contact_phone: '19900000009' }), person('CAY')],
  accounts: [{ account_id: 'ANN', customer_id: 'ANN', mode: 'postpaid', ...unit }],
  subscriptions: [line('S1', 'ANN'), line('S2', 'BEA')],
  number_history: [{ msisdn: '19900000001', subscription_id: 'S1', valid_from: '2026-01-01', how: 'new' }],
  status_history: [
    { subscription_id: 'S1', status: 'active', valid_from: '2026-01-01' },
    { subscription_id: 'S2', status: 'active', valid_from: '2026-01-01' },
  ],
};
/** Moves, renames, gives a number to another line, ends a spell, and names two people and a line for the first time. */
const WRONG: FactTables = {
  customers: [
    person('ANN', { name: 'another name', ...other }),
    person('BEA', { marketing_consent: false, consent_changed_at: '2026-10-20T10:00:00+08:00' }),
    person('CAY', { marketing_consent: true }),
    person('NEW', other),
  ],
  accounts: [{ account_id: 'ANN', customer_id: 'ANN', mode: 'prepaid', ...unit }],
  subscriptions: [line('S1', 'BEA', other), line('S2', 'BEA', { status: 'cancelled' }), line('S3', 'STUB', other)],
  number_history: [
    { msisdn: '19900000001', subscription_id: 'S2', valid_from: '2026-01-01', how: 'new' },
    { msisdn: '19900000003', subscription_id: 'S3', valid_from: '2026-10-01', how: 'new' },
  ],
  status_history: [
    { subscription_id: 'S1', status: 'active', valid_from: '2026-01-01', valid_to: '2026-08-01' },
    { subscription_id: 'S3', status: 'active', valid_from: '2026-10-01' },
  ],
};
const RIGHT: FactTables = {
  status_history: [{ subscription_id: 'S1', status: 'suspended', valid_from: '2026-09-01' }],
  customers: [person('ANN', { name: 'right name' })],
};

const profile = new TestProfile('2026-11-03T02:00:00Z');
const { customers, views, consents, orgUnits } = profile;

const caught = <T>(asked: Promise<T>): Promise<T | { key: unknown }> =>
  asked.catch(({ key }: { key: unknown }) => ({ key }));
const view = async (id: string, asOf?: Date): Promise<object> => {
  const found = await caught(views.getView360(named, { id, asOf, include: [] }));
  return { ...found, ...(asOf === undefined ? { asOf: undefined } : {}) };
};
const owner = async (value: string): Promise<object> => {
  const found = await caught(customers.resolveCustomer(reader, { kind: 'number', value, asOf: undefined }));
  return 'key' in found ? found : { customerId: found.customerId, line: found.matchedSubscriptionId };
};

/** All that is known now, without versions and moments of reading. */
async function known(): Promise<object> {
  const ids = ['ANN', 'BEA', 'CAY', 'NEW', 'STUB'].map((key) => idsOf(key).customer);
  const found = await Promise.all(ids.map((id) => caught(customers.getCustomer(named, { id }))));
  const evidence = { knowledgeTime: undefined, sequence: 0 };
  return {
    views: await Promise.all([...ids, idsOf('S3').subscription].map((id) => view(id))),
    customers: found.map((customer) => ({ ...customer, version: 0 })),
    numbers: await Promise.all(['19900000001', '19900000003', '19900000009'].map(owner)),
    evidence: await rowsOfBatches(views.readHouseholdEvidence(systemCall, evidence)),
    units: (await orgUnits.listOrgUnits(reader, {})).orgUnits.filter(({ customers: count }) => count > 0),
    reached: await profile.database.query(
      `select customer_id, lookup, source, subscription_id, valid_from, valid_to from contact_number order by 1, 2, 3`,
    ),
  };
}

const consented = async (key: string): Promise<unknown> => {
  const { consents: found } = await consents.listConsents(systemCall, { customerId: idsOf(key).customer });
  const { granted, basis } = found.find(({ purpose, channel }) => purpose === 'marketing' && channel === 'any')!;
  return [granted, basis];
};
const facts = () => profile.database.query(`select to_jsonb(fact) - 'sealed' as row from fact order by 1`);

jest.setTimeout(60_000);

it('a withdrawn extract is known until then, and what it superseded from then on', async () => {
  await profile.loadExtract(1, '2026-10-02T03:00:00+08:00', FIRST);
  const before = await known();
  await profile.loadExtract(HUGE, '2026-11-02T03:00:00+08:00', WRONG, IMPORT);
  expect(await known()).not.toEqual(before);
  expect([await consented('BEA'), await consented('CAY')]).toEqual([
    [false, 'imported'],
    [true, 'imported'],
  ]);
  const ids = [...['ANN', 'BEA', 'NEW'].map((key) => idsOf(key).customer), idsOf('S3').subscription];
  // Who owns a line is its present state (decision 009), so S1 is ANN's again, whatever the time.
  const withoutLines = (id: string, found: object): object =>
    id === ids[0] || id === ids[1] ? { ...found, subscriptions: [] } : found;
  const asOfBetween = () => Promise.all(ids.map(async (id) => withoutLines(id, await view(id, BETWEEN))));
  const between = await asOfBetween();
  expect(between[3]).toMatchObject({ subscriptions: [{ subscriptionId: idsOf('S3').subscription }] });

  await profile.withdrawExtract(HUGE, WITHDRAWN_AT, IMPORT);
  expect(await known()).toEqual(before);
  expect(await asOfBetween()).toEqual(between);
  // The refusal keeps counting, the consent does not.
  expect([await consented('BEA'), await consented('CAY')]).toEqual([
    [false, 'imported'],
    [false, 'default'],
  ]);
  const contact = { purpose: 'marketing', channel: 'call', subscriptionIds: [idsOf('S3').subscription] };
  expect((await consents.getContactFacts(systemCall, contact)).facts).toMatchObject([{ identified: false }]);

  // As after a crash before its end.
  const stored = await facts();
  const again = { params: { sequence: HUGE }, signal: AbortSignal.timeout(30_000), progress: async () => {} };
  const run = { ...again, jobId: newId(), caller: systemCall.caller };
  await profile.get(WithdrawExtract).run(run);
  expect(await facts()).toEqual(stored);
  expect(await known()).toEqual(before);
});

it('the next extract, of a lower sequence, counts from the withdrawal on', async () => {
  const ann = idsOf('ANN').customer;
  const between = await view(ann, BETWEEN);
  // Extracted before the withdrawal.
  await profile.loadExtract(2, '2026-11-02T20:00:00+08:00', RIGHT, '', [HUGE]);
  expect(await view(ann, BETWEEN)).toEqual(between);
  const { personal } = await customers.getCustomer(named, { id: ann });
  expect(personal).toContainEqual({ name: 'name', value: 'right name' });
  expect(await view(ann)).toMatchObject({ extractId: 'extract-2' });
  expect(await view(ann, new Date('2026-11-03T00:59:59Z'))).toMatchObject({ extractId: `extract-${HUGE}` });
});

it('an extract whose withdrawal is announced first is not imported', async () => {
  await profile.withdrawExtract(7, WITHDRAWN_AT);
  await profile.announceExtract(7, '2026-11-02T21:00:00+08:00', WRONG);
  await eventually('the event is handled', async () => {
    const sql = "select from consumed_event where consumer like '%extract-loaded'";
    return (await profile.database.query(sql)).length === 4;
  });
  const sql = 'select from job where kind = $1 and natural_key = $2';
  expect(await profile.database.query(sql, [IMPORT_EXTRACT_PROFILES.name, 'extract-7@7'])).toEqual([]);
});

it('the version of a plain table before a withdrawn one gives units, personal fields and numbers again', async () => {
  const row = (city: string, name: string, phone: string) => ({ key: 'K1', city, name, phone });
  const [first, second] = [newId(), newId()];
  const space = await profile.loadTable('mobile@1', [row('a', 'Eve', '19911111111')], {
    keySpace: 'table',
    importId: first,
  });
  const { customer } = idsOf('K1', space);
  const state = async () => ({ ...(await customers.getCustomer(named, { id: customer })), version: 0 });
  const before = await state();
  profile.refusals.consents.set(second, [['K1', new Date('2026-10-01T00:00:00Z')]]);
  const wrong = [row('b', 'Adam', '19922222222')];
  await profile.loadTable('mobile@2', wrong, { keySpace: 'table', importId: second });
  expect(await state()).not.toEqual(before);
  await profile.publish(
    tableWithdrawn,
    { subjectId: second },
    {
      ...{ importId: second, table: 'mobile', version: '2', month: '2026-09', withdrawnAt: new Date(WITHDRAWN_AT) },
      ...{ newestVersion: '1', newestMonth: '2026-09', newestRows: 1, newestKeySpace: 'table', newestImportId: first },
      ...{ sequence: 0, newestSequence: 0 },
    },
  );
  await profile.tableImported('mobile@1 without 2');
  expect(await state()).toEqual(before);
  const granted = 'select withdrawn_at is null as counts from consent_decision where import_id = $1 and granted';
  expect(await profile.database.query(granted, [second])).toEqual([{ counts: false }]);
});
