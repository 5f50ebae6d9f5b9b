import { TestProfile, idsOf, named, type FactTables } from '../customer-profile.fixture.js';
import { holdsAt, knownFactsOf } from '../fact/known-facts.js';
import { Vault } from '../personal/vault.js';

const at = (moment: string): string => `${moment}+08:00`;
const unit = { org_unit_path: 'demo/C1/' };

/** An append-only export, as feature-store streams it: every version with the knowledge time of the next one. */
const FIRST: FactTables = {
  customers: [
    {
      ...{ customer_id: 'ANNE', kind: 'person', name: '样例旧', org_unit_path: 'demo/C2/' },
      ...{ recorded_at: at('2026-09-01T00:00:00'), superseded_at: at('2026-09-15T00:00:00') },
    },
    { customer_id: 'ANNE', kind: 'person', name: '样例新', ...unit, recorded_at: at('2026-09-15T00:00:00') },
    { customer_id: 'BEN', kind: 'person', name: '样例本', ...unit },
  ],
  accounts: [
    {
      ...{ account_id: 'A', customer_id: 'ANNE', mode: 'prepaid', recorded_at: at('2026-09-01T00:00:00'), ...unit },
      superseded_at: at('2026-09-15T00:00:00'),
    },
    { account_id: 'A', customer_id: 'ANNE', mode: 'postpaid', recorded_at: at('2026-09-15T00:00:00'), ...unit },
    { account_id: 'B', customer_id: 'BEN', mode: 'prepaid', ...unit },
  ],
  subscriptions: [
    { subscription_id: 'S1', customer_id: 'ANNE', account_id: 'A', service: 'mobile', status: 'active', ...unit },
    { subscription_id: 'S2', customer_id: 'BEN', account_id: 'B', service: 'mobile', status: 'active', ...unit },
  ],
  status_history: [
    {
      ...{ subscription_id: 'S1', status: 'active', valid_from: '2026-08-01', ...unit },
      ...{ recorded_at: at('2026-08-02T00:00:00'), superseded_at: at('2026-09-12T08:00:00') },
    },
    {
      ...{ subscription_id: 'S1', status: 'active', valid_from: '2026-08-01', valid_to: '2026-09-10', ...unit },
      ...{ recorded_at: at('2026-09-12T08:00:00'), valid_to__knowledge_time: at('2026-09-12T08:00:00') },
    },
    {
      subscription_id: 'S1',
      status: 'suspended',
      valid_from: '2026-09-10',
      recorded_at: at('2026-09-12T08:00:00'),
      ...unit,
    },
    { subscription_id: 'S2', status: 'active', valid_from: '2026-08-01', ...unit },
  ],
  // The last version is stored first, and is another subscription's.
  number_history: [
    { msisdn: '19900000001', subscription_id: 'S2', valid_from: '2026-08-01', recorded_at: at('2026-09-15T00:00:00') },
    {
      ...{ msisdn: '19900000001', subscription_id: 'S1', valid_from: '2026-08-01' },
      ...{ recorded_at: at('2026-08-02T00:00:00'), superseded_at: at('2026-09-15T00:00:00') },
    },
  ],
};

describe('versions of a row in one extract', () => {
  const profile = new TestProfile('2026-11-03T02:00:00Z');
  const { customers, views } = profile;

  beforeAll(() => profile.loadExtract(1, at('2026-10-02T03:00:00'), FIRST));

  async function subscriptionAt(key: string, moment: string): Promise<{ status: string; number: unknown }> {
    const id = idsOf(key).subscription;
    const view = await views.getView360(named, { id, asOf: new Date(moment), include: ['basic'] });
    const { status } = view.subscriptions.find(({ subscriptionId: one }) => one === id)!;
    // The group with the number needs a snapshot, which holds from its extract on: the facts have it before.
    const facts = await knownFactsOf(profile.database, [id], ['number'], new Date(moment));
    const [held] = facts.filter((fact) => holdsAt(fact, new Date(moment)));
    const number = held && profile.get(Vault).openFields(id, 'number', held.sealed!)['number'];
    return { status, number };
  }

  it('each hold from when they were known', async () => {
    const number = '19900000001';
    expect(await subscriptionAt('S1', at('2026-09-12T07:59:59'))).toEqual({ status: 'active', number });
    expect(await subscriptionAt('S1', at('2026-09-12T08:00:00'))).toEqual({ status: 'suspended', number });
    expect(await subscriptionAt('S2', at('2026-09-14T23:59:59'))).toEqual({ status: 'active', number: undefined });
    expect(await subscriptionAt('S1', at('2026-09-15T00:00:00'))).toEqual({ status: 'suspended', number: undefined });
    expect(await subscriptionAt('S2', at('2026-09-15T00:00:00'))).toEqual({ status: 'active', number });
  });

  it('the last one gives identity, org unit and holder of a number', async () => {
    const anne = await customers.getCustomer(named, { id: idsOf('ANNE').customer });
    expect(anne).toMatchObject({ orgUnitPath: 'demo/C1/', accounts: [{ mode: 'postpaid' }] });
    expect(anne.personal).toContainEqual({ name: 'name', value: '样例新' });
    const resolved = await customers.resolveCustomer(named, { kind: 'number', value: '19900000001', asOf: undefined });
    expect(resolved.customerId).toBe(idsOf('BEN').customer);
  });

  it('of a row that an earlier extract has, the last one alone counts, from the extraction time on', async () => {
    const status = { subscription_id: 'S2', valid_from: '2026-08-01', ...unit };
    await profile.loadExtract(2, at('2026-11-02T03:00:00'), {
      status_history: [
        {
          ...status,
          status: 'cancelled',
          recorded_at: at('2026-09-20T00:00:00'),
          superseded_at: at('2026-09-25T00:00:00'),
        },
        { ...status, status: 'suspended', recorded_at: at('2026-09-25T00:00:00') },
      ],
    });
    expect((await subscriptionAt('S2', at('2026-09-22T00:00:00'))).status).toBe('active');
    expect((await subscriptionAt('S2', at('2026-11-02T02:59:59'))).status).toBe('active');
    expect((await subscriptionAt('S2', at('2026-11-02T03:00:00'))).status).toBe('suspended');
    const sql = `select from fact where subject_id = $1 and kind = 'status'`;
    const versions = await profile.database.query(sql, [idsOf('S2').subscription]);
    expect(versions).toHaveLength(2);
  });
});
