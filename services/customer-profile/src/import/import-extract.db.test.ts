import { rowsOfBatches } from '@holdfast/testing/lists';
import type { TimelineEntry } from '@holdfast/contracts/customer_profile/v1/view360';
import { callOf, systemCall } from '@holdfast/testing/callers';
import { cloneDatabase } from '@holdfast/testing/infra';
import { eventually } from '@holdfast/testing/service';
import { TestProfile, idsOf, named, reader, type FactTables } from '../customer-profile.fixture.js';

const HOME = '样例市和平区样例路48号样例新村4期14栋1单元2801室';
/** A mother who pays for a child, and a lodger. */
const FIRST: FactTables = {
  org_units: [
    { unit_id: 'P', level: 'province', name: '样例省' },
    { unit_id: 'C1', level: 'city', parent_id: 'P', name: '样例市' },
    { unit_id: 'A1', level: 'area', parent_id: 'C1', name: '样例片区' },
  ],
  customers: [
    {
      ...{ customer_id: 'MOTHER', kind: 'person', name: '样例王', gender: 'f', birth_date: '1980-10-20' },
      ...{ address: HOME },
      ...{ id_document_no: 'X-1', district: '和平区', city: '样例市', org_unit_path: 'demo/C1/A1/', group_id: 'FIRM' },
      ...{ marketing_consent: true, consent_changed_at: '2026-02-01T10:00:00+08:00', registered_on: '2020-01-01' },
    },
    { customer_id: 'CHILD', kind: 'person', name: '样例王小', org_unit_path: 'demo/C1/A1/', marketing_consent: false },
    { customer_id: 'LODGER', kind: 'person', name: '样例李', address: '样例路9号', org_unit_path: 'demo/C1/' },
    { customer_id: 'FIRM', kind: 'group', name: '样例公司', org_unit_path: 'demo/C1/' },
  ],
  accounts: [
    { account_id: 'MOTHER', customer_id: 'MOTHER', mode: 'postpaid', means: 'bank', org_unit_path: 'demo/C1/A1/' },
    { account_id: 'LODGER', customer_id: 'LODGER', mode: 'prepaid', means: 'cash', org_unit_path: 'demo/C1/' },
    {
      account_id: 'FIRM',
      customer_id: 'FIRM',
      mode: 'postpaid',
      means: 'bank',
      kind: 'group',
      org_unit_path: 'demo/C1/',
    },
  ],
  subscriptions: [
    {
      ...{ subscription_id: 'S1', customer_id: 'MOTHER', account_id: 'MOTHER', service: 'mobile', status: 'active' },
      org_unit_path: 'demo/C1/A1/',
    },
    {
      ...{ subscription_id: 'S2', customer_id: 'MOTHER', account_id: 'MOTHER', service: 'mobile', status: 'active' },
      ...{ user_customer_id: 'CHILD', org_unit_path: 'demo/C1/A1/' },
    },
    {
      ...{ subscription_id: 'S3', customer_id: 'LODGER', account_id: 'LODGER', service: 'mobile', status: 'cancelled' },
      org_unit_path: 'demo/C1/',
    },
  ],
  account_payments: [
    { account_id: 'MOTHER', subscription_id: 'S2', valid_from: '2026-01-01', is_primary: true },
    { account_id: 'FIRM', subscription_id: 'S3', valid_from: '2026-01-01', is_primary: true },
    { account_id: 'LODGER', subscription_id: 'S1', valid_from: '2026-01-01', valid_to: '2026-03-01', is_primary: true },
  ],
  number_history: [
    { msisdn: '19900000001', subscription_id: 'S3', valid_from: '2026-01-01', valid_to: '2026-05-01', how: 'new' },
    { msisdn: '19900000001', subscription_id: 'S1', valid_from: '2026-06-01', how: 'recycled' },
  ],
  status_history: [
    { subscription_id: 'S1', status: 'active', valid_from: '2026-01-01', org_unit_path: 'demo/C1/A1/' },
    { subscription_id: 'S2', status: 'active', valid_from: '2026-01-01', org_unit_path: 'demo/C1/A1/' },
    { subscription_id: 'S3', status: 'active', valid_from: '2026-01-01', valid_to: '2026-05-01' },
    { subscription_id: 'S3', status: 'cancelled', valid_from: '2026-05-01', reason_code: 'move' },
  ],
  customer_links: [
    { from_customer_id: 'MOTHER', to_customer_id: 'CHILD', kind: 'family', role: 'child', valid_from: '2026-01-01' },
  ],
  address_observations: [
    {
      ...{ customer_id: 'CHILD', at: '2026-03-01T10:00:00+08:00', channel: 'hall', verified: true },
      address: HOME.replace('14栋', '14号楼').replace('样例市', ''),
    },
    {
      customer_id: 'CHILD',
      at: '2026-05-01T10:00:00+08:00',
      channel: 'hotline',
      address: '样例路9号',
      verified: false,
    },
  ],
};

describe('import of an extract', () => {
  const profile = new TestProfile('2026-11-03T02:00:00Z');
  const { facts, customers, views, consents } = profile;

  beforeAll(() => profile.loadExtract(1, '2026-10-02T03:00:00+08:00', FIRST));

  it('makes customers, persons and groups, with their accounts and subscriptions', async () => {
    const mother = await customers.getCustomer(reader, { id: idsOf('MOTHER').customer });
    expect(mother).toMatchObject({
      ...{ kind: 'person', orgUnitPath: 'demo/C1/A1/', version: 1, personal: [] },
      accounts: [{ accountId: idsOf('MOTHER').account, mode: 'postpaid' }],
    });
    expect(new Map(mother.subscriptions.map(({ subscriptionId: id, status }) => [id, status]))).toEqual(
      new Map([
        [idsOf('S1').subscription, 'active'],
        [idsOf('S2').subscription, 'active'],
      ]),
    );
    const firm = await customers.getCustomer(reader, { id: idsOf('FIRM').customer });
    expect(firm).toMatchObject({ kind: 'group', subscriptions: [] });
  });

  it('names units as the operator does', async () => {
    const { orgUnits } = await profile.orgUnits.listOrgUnits(reader, {});
    expect(orgUnits.map(({ orgUnitPath, level, name, customers: count }) => [orgUnitPath, level, name, count])).toEqual(
      [
        ['demo/', 'province', '样例省', 4],
        ['demo/C1/', 'city', '样例市', 4],
        ['demo/C1/A1/', 'area', '样例片区', 2],
      ],
    );
  });

  it('shows keys and personal fields to who may see them', async () => {
    const { personal } = await customers.getCustomer(named, { id: idsOf('MOTHER').customer });
    expect(personal.slice(0, 2)).toEqual([
      { name: 'key', value: 'MOTHER' },
      { name: 'address', value: HOME },
    ]);
    const { keys } = await customers.getSubscriptionKeys(named, { subscriptionIds: [idsOf('S2').subscription] });
    expect(keys).toEqual({ [idsOf('S2').subscription]: 'S2' });
  });

  it('keeps no name, number, document or address readable', async () => {
    for (const secret of ['样例王', '19900000001', 'X-1', '样例新村', '1980-10-20']) {
      for (const table of ['customer', 'fact', 'consent_decision', 'outbox', 'job', 'extract', 'subscription']) {
        const found = await profile.database.query(`select from ${table} row where row::text like $1`, [`%${secret}%`]);
        expect([secret, table, found.length]).toEqual([secret, table, 0]);
      }
    }
  });

  it.each([
    ['before it was given out', '2025-12-31T12:00:00+08:00', undefined],
    ['on its first day', '2026-01-01T00:00:00+08:00', 'LODGER'],
    ['in its last second', '2026-04-30T23:59:59+08:00', 'LODGER'],
    ['on the day on which it was given back', '2026-05-01T00:00:00+08:00', undefined],
    ['by its next owner', '2026-06-01T00:00:00+08:00', 'MOTHER'],
    ['now', undefined, 'MOTHER'],
  ])('finds who has a number %s', async (_case, at, owner) => {
    const asOf = at === undefined ? undefined : new Date(at);
    const found = await customers
      .resolveCustomer(reader, { kind: 'number', value: '199 0000 0001', asOf })
      .catch((error: unknown) => error);
    expect(found).toMatchObject(owner === undefined ? { kind: 'notFound' } : { customerId: idsOf(owner).customer });
  });

  it.each(['+8619900000001', '0086 199 0000 0001', '86-19900000001', '１９９００００ ０００１'])(
    'finds the number %s',
    async (value) => {
      const found = await customers.resolveCustomer(reader, { kind: 'number', value, asOf: undefined });
      expect(found.customerId).toBe(idsOf('MOTHER').customer);
      expect(found.matchedSubscriptionId).toBe(idsOf('S1').subscription);
    },
  );

  it.each([
    ['key', 'S2', 'MOTHER'],
    ['account', 'LODGER', 'LODGER'],
    ['document', 'X-1', 'MOTHER'],
    ['document', 'x-1', 'MOTHER'],
  ])('finds who has a %s', async (kind, value, owner) => {
    const found = await customers.resolveCustomer(reader, { kind, value, asOf: undefined });
    expect(found.customerId).toBe(idsOf(owner).customer);
    expect(found.matchedSubscriptionId).toBe(kind === 'key' ? idsOf(value).subscription : '');
    const elsewhere = callOf({ scopes: ['profile:read'], orgScope: ['demo/C2/'] });
    const asking = customers.resolveCustomer(elsewhere, { kind, value, asOf: undefined });
    await expect(asking).rejects.toMatchObject({ kind: 'notFound' });
  });

  it('takes consents as decisions with the extract as evidence', async () => {
    const { facts: contact } = await consents.getContactFacts(systemCall, {
      ...{ purpose: 'marketing', channel: 'call' },
      subscriptionIds: [idsOf('S1').subscription, idsOf('S3').subscription],
    });
    const byId = new Map(contact.map((one) => [one.subscriptionId, [one.consented, one.consentBasis, one.timeZone]]));
    expect(byId.get(idsOf('S1').subscription)).toEqual([true, 'imported', 'Asia/Shanghai']);
    expect(byId.get(idsOf('S3').subscription)).toEqual([false, 'default', 'Asia/Shanghai']);
    const listed = await consents.listConsents(systemCall, { customerId: idsOf('MOTHER').customer });
    expect(listed.consents).toContainEqual(
      expect.objectContaining({ evidence: 'extract extract-1', since: new Date('2026-02-01T02:00:00Z') }),
    );
  });

  async function evidence(knowledgeTime?: string) {
    const request = { knowledgeTime: knowledgeTime === undefined ? undefined : new Date(knowledgeTime), sequence: 1 };
    const rows = await rowsOfBatches<Record<string, unknown>>(views.readHouseholdEvidence(systemCall, request));
    return (key: string) => {
      const row = rows.find(({ subscriptionId }) => subscriptionId === idsOf(key).subscription)!;
      const { accountId, payerAccountId, linkHead, addressKey, ageYears, buildingKey, isActive } = row;
      return { accountId, payerAccountId, linkHead, addressKey, ageYears, buildingKey, isActive };
    };
  }

  it('gives the evidence of households: address in any spelling, payer, links', async () => {
    const of = await evidence();
    expect(of('S1')).toMatchObject({
      payerAccountId: idsOf('MOTHER').account,
      linkHead: idsOf('MOTHER').customer,
      ageYears: 46,
      isActive: 1,
    });
    expect(of('S2')).toMatchObject({
      payerAccountId: idsOf('MOTHER').account,
      linkHead: idsOf('MOTHER').customer,
      isActive: 1,
    });
    expect(of('S2')!['addressKey']).toBe(of('S1')!['addressKey']);
    // a firm pays for the lodger, and for its other people
    expect(of('S3')).toMatchObject({
      accountId: idsOf('LODGER').account,
      payerAccountId: '',
      linkHead: '',
      isActive: 0,
      addressKey: undefined,
    });
    expect(of('S3')!['buildingKey']).toMatch(/^[\w-]{16}$/);
  });

  it('gives it as of a knowledge time', async () => {
    const of = await evidence('2026-02-15T00:00:00+08:00');
    expect(of('S1')).toMatchObject({ payerAccountId: idsOf('LODGER').account });
    expect(of('S3')).toMatchObject({ isActive: 1 });
  });

  it('serves services alone, and not before the extract is imported', async () => {
    const drain = (call: typeof reader, sequence: number) =>
      rowsOfBatches(views.readHouseholdEvidence(call, { knowledgeTime: undefined, sequence }));
    await expect(drain(reader, 0)).rejects.toMatchObject({ kind: 'forbidden' });
    await expect(drain(systemCall, 99)).rejects.toMatchObject({ kind: 'unavailable', key: 'profiles.notYetIn' });
  });

  it('lists events, newest first, page by page, without numbers', async () => {
    const entries: TimelineEntry[] = [];
    for (let pageToken = ''; ;) {
      const page = await views.listTimeline(reader, { customerId: idsOf('LODGER').customer, pageSize: 2, pageToken });
      expect(page.entries.length).toBeLessThanOrEqual(2);
      entries.push(...page.entries);
      if ((pageToken = page.nextPageToken) === '') break;
    }
    const told = entries.map(({ kind, details }) => `${kind} ${details['status'] ?? details['how']}`);
    expect(told[0]).toBe('status cancelled');
    expect(told.slice(1).sort()).toEqual(['account undefined', 'number new', 'status active']); // of one moment
    expect(JSON.stringify(entries)).not.toContain('19900000001');
    const nonsense = { customerId: idsOf('LODGER').customer, pageSize: 2, pageToken: 'nonsense' };
    const asking = views.listTimeline(reader, nonsense);
    await expect(asking).rejects.toMatchObject({ kind: 'invalid' });
  });

  it('changes no earlier answer by a later extract, and moves customers', async () => {
    const moved = { org_unit_path: 'demo/C1/' };
    const before = '2026-10-15T00:00:00+08:00';
    const earlier = await evidence(before);
    const include = ['basic', 'activity', 'relations', 'tags'];
    const asked = { id: idsOf('MOTHER').customer, asOf: new Date(before), include };
    const view = await views.getView360(named, asked);
    await profile.loadExtract(2, '2026-11-02T03:00:00+08:00', {
      customers: [
        { ...FIRST['customers']![0]!, name: '样例改名', org_unit_path: 'demo/C1/', marketing_consent: false },
      ],
      subscriptions: FIRST['subscriptions']!.slice(0, 2).map((row) => ({ ...row, org_unit_path: 'demo/C1/' })),
      // A late row about an earlier time, and a correction of who had the number.
      account_payments: [{ account_id: 'LODGER', subscription_id: 'S2', valid_from: '2026-07-01', is_primary: true }],
      number_history: [{ msisdn: '19900000001', subscription_id: 'S2', valid_from: '2026-06-01', how: 'recycled' }],
      status_history: [
        { ...moved, subscription_id: 'S1', status: 'active', valid_from: '2026-01-01', valid_to: '2026-08-01' },
        { ...moved, subscription_id: 'S1', status: 'suspended', valid_from: '2026-08-01', valid_to: '2026-10-10' },
        // Of a time that the first extract did not cover: known some days after it happened.
        { ...moved, subscription_id: 'S1', status: 'active', valid_from: '2026-10-10' },
        { ...moved, subscription_id: 'S2', status: 'suspended', valid_from: '2026-10-10' },
      ],
    });
    expect((await evidence(before))('S1')).toEqual(earlier('S1'));
    expect((await evidence(before))('S2')).toEqual(earlier('S2'));
    expect(view.orgUnitPath).toBe('demo/C1/A1/');
    expect(await views.getView360(named, asked)).toEqual(view);
    expect(await views.getView360(named, { ...asked, asOf: undefined })).toMatchObject({ orgUnitPath: 'demo/C1/' });

    const now = await evidence();
    expect(now('S2')).toMatchObject({ payerAccountId: idsOf('LODGER').account });
    expect(now('S1')).toMatchObject({ isActive: 1 });
    expect(now('S2')).toMatchObject({ isActive: 0 });
    expect((await evidence('2026-10-15T23:59:59+08:00'))('S2')).toMatchObject({ isActive: 1 });
    expect((await evidence('2026-10-16T00:00:00+08:00'))('S2')).toMatchObject({ isActive: 0 });
    expect((await evidence('2026-11-02T02:59:59+08:00'))('S2')).toMatchObject({
      payerAccountId: idsOf('MOTHER').account,
    });
    expect((await evidence('2026-11-02T03:00:00+08:00'))('S2')).toMatchObject({
      payerAccountId: idsOf('LODGER').account,
    });
    const { version, personal } = await customers.getCustomer(named, { id: idsOf('MOTHER').customer });
    expect(version).toBeGreaterThan(1);
    expect(personal).toContainEqual({ name: 'name', value: '样例改名' });
    const sql = `select distinct org_unit_path from fact where subject_id = any($1::uuid[])`;
    const params = [[idsOf('S1').subscription, idsOf('MOTHER').customer]];
    const units = await profile.database.query<{ org_unit_path: string }>(sql, params);
    expect(units).toEqual([{ org_unit_path: 'demo/C1/' }]);
  });

  it('changes nothing when it is announced again, and drops one that is older than what is in', async () => {
    const count = () => profile.database.query('select count(*), sum(sequence) from fact');
    const before = await count();
    await profile.announceExtract(2, '2026-11-02T03:00:00+08:00', facts.extracts.get(2)!);
    await profile.announceExtract(1, '2026-10-02T03:00:00+08:00', FIRST);
    await profile.loadExtract(3, '2026-11-02T04:00:00+08:00', { ...facts.extracts.get(2)! });
    expect(await count()).toEqual(before);
  });

  it('lets a later decision of the customer win, and a no of the same moment', async () => {
    const of = async () => {
      const request = { purpose: 'marketing', channel: 'call', subscriptionIds: [idsOf('S1').subscription] };
      return (await consents.getContactFacts(systemCall, request)).facts[0]!;
    };
    // The second extract has a refusal with the date of the first one's consent.
    expect(await of()).toMatchObject({ consented: false, consentBasis: 'imported' });
    await consents.putConsent(systemCall, {
      ...{ customerId: idsOf('MOTHER').customer, purpose: 'marketing', channel: 'any' },
      ...{ granted: true, evidence: 'form 1' },
    });
    expect(await of()).toMatchObject({ consented: true, consentBasis: 'stated' });
    await profile.loadExtract(4, '2026-11-02T05:00:00+08:00', { customers: [FIRST['customers']![0]!] });
    expect(await of()).toMatchObject({ consented: true, consentBasis: 'stated' });
  });

  it('goes on where it stopped, to what an undisturbed import makes', async () => {
    await profile.stop();
    const [broken, undisturbed] = [await cloneDatabase('customer-profile'), await cloneDatabase('customer-profile')];
    try {
      facts.answersLeft = 4; // the units, customers, accounts, subscriptions
      await profile.restart({ databaseUrl: broken.url });
      await profile.announceExtract(1, '2026-10-02T03:00:00+08:00', FIRST);
      const pieces = () => profile.database.query('select from extract_piece');
      await eventually('it stops', async () => (await pieces()).length === 3 && facts.answersLeft < 0);
      await profile.stop();
      facts.answersLeft = Infinity;
      const asked = facts.asked.length;
      await profile.restart({ databaseUrl: broken.url });
      await profile.extractImported(1);
      const again = facts.asked.slice(asked).map(({ table }) => table);
      expect(again.filter((table) => ['customers', 'accounts', 'subscriptions'].includes(table))).toEqual([]);
      const resumed = await everything();
      await profile.restart({ databaseUrl: undisturbed.url });
      await profile.loadExtract(1, '2026-10-02T03:00:00+08:00', FIRST);
      expect(resumed).toEqual(await everything());
      expect(resumed['fact']!.length).toBe(22);
    } finally {
      await profile.restart();
      await Promise.all([broken.drop(), undisturbed.drop()]);
    }
  });

  /** All rows, without what differs from one run to the next: random nonces and the moment of import. */
  async function everything(): Promise<Record<string, { row: string }[]>> {
    const all: Record<string, { row: string }[]> = {};
    const tables = ['org_unit', 'customer', 'account', 'subscription', 'fact', 'consent_decision', 'extract_piece'];
    for (const table of tables) {
      all[table] = await profile.database.query<{ row: string }>(
        `select (to_jsonb(whole) - 'sealed' - 'first_seen_at' - 'sequence')::text as row from ${table} whole order by 1`,
      );
    }
    return all;
  }
});
