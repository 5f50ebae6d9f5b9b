import { accountId, customerId, newId, subscriptionId } from '@holdfast/platform/identity';
import { callOf, systemCall } from '@holdfast/testing/callers';
import { PROFILE_KEY, TestProfile } from '../customer-profile.fixture.js';
import { storeSubjects } from '../import/store-subjects.js';
import { Personal } from '../personal/personal.js';
import { Vault } from '../personal/vault.js';

const vault = new Vault(PROFILE_KEY);
const idsOf = (key: string) => ({
  customerId: customerId('demo', key),
  accountId: accountId('demo', key),
  subscriptionId: subscriptionId('demo', key),
});
const ANNE = idsOf('EX-1');
const BORIS = idsOf('EX-2');

describe('customers', () => {
  const profile = new TestProfile();
  const { customers } = profile;

  beforeAll(async () => {
    await add('EX-1', 'demo/沈阳/', '样例王');
    await add('EX-2', 'demo/大连/', '样例李');
    await add('EX-3', 'demo/沈阳/和平/', '样例张');
    await add('EX-4', 'demo/', '样例刘');
  });

  function add(key: string, orgUnitPath: string, name: string): Promise<number> {
    const ids = idsOf(key);
    const subjects = {
      customerIds: [ids.customerId],
      accountIds: [ids.accountId],
      subscriptionIds: [ids.subscriptionId],
      orgUnitPaths: [orgUnitPath],
      firstMonths: ['2026-08'],
      lookups: [vault.lookup('key', key)],
      sealedKeys: [vault.seal(ids.customerId, 'key', key)],
      personal: {
        customerIds: [ids.customerId],
        names: ['name'],
        digests: [vault.digest(ids.customerId, 'name', name)],
        sealed: [vault.seal(ids.customerId, 'name', name)],
      },
      numbers: { customerIds: [], sources: [], names: [], lookups: [] },
    };
    const now = new Date();
    const source = { table: 'example', loadedAt: now, now, rootPath: 'demo/' };
    return profile.database.transaction((tx) => storeSubjects(tx, subjects, source));
  }

  const reader = (orgScope: string[]) => callOf({ scopes: ['profile:read'], orgScope });
  const named = (orgScope = ['demo/']) =>
    callOf({ scopes: ['profile:read', 'pii:read'], orgScope, accessReason: 'complaint 4711' });

  describe('are read', () => {
    it('by their own id or by that of a subscription, without anything personal', async () => {
      const found = await customers.getCustomer(reader(['demo/']), { id: ANNE.customerId });
      expect(found).toMatchObject({
        customerId: ANNE.customerId,
        kind: 'person',
        orgUnitPath: 'demo/沈阳/',
        accounts: [{ accountId: ANNE.accountId, mode: '' }],
        subscriptions: [
          {
            ...{ subscriptionId: ANNE.subscriptionId, accountId: ANNE.accountId },
            ...{ service: '', status: '', tables: ['example'] },
          },
        ],
        personal: [],
        version: 1,
        matchedSubscriptionId: '',
      });
      const bySubscription = await customers.getCustomer(reader(['demo/']), { id: ANNE.subscriptionId });
      expect(bySubscription).toEqual({ ...found, matchedSubscriptionId: ANNE.subscriptionId });
    });

    it('by their key, blanks around it or not', async () => {
      const found = await customers.resolveCustomer(reader(['demo/']), { kind: 'key', value: ' EX-1 ' });
      expect(found.customerId).toBe(ANNE.customerId);
      expect(found.matchedSubscriptionId).toBe(ANNE.subscriptionId);
      expect(found.personal).toEqual([]);
    });

    it.each([
      ['an unknown id', newId()],
      ['what is no id', 'EX-1'],
      ['nothing', ''],
    ])('not by %s', async (_case, id) => {
      await expect(customers.getCustomer(reader(['demo/']), { id })).rejects.toMatchObject({ kind: 'notFound' });
    });

    it('not by an unknown key, or by another kind of identifier', async () => {
      const resolve = (kind: string, value: string) => customers.resolveCustomer(reader(['demo/']), { kind, value });
      const unknown = { kind: 'notFound', message: expect.not.stringContaining('EX') };
      await expect(resolve('key', 'EX-99')).rejects.toMatchObject(unknown);
      await expect(resolve('imei', 'EX-1')).rejects.toMatchObject({ key: 'identifier.kindUnknown' });
    });

    it('not without the scope', async () => {
      const stranger = callOf({ scopes: ['pii:read'], accessReason: 'curiosity' });
      const forbidden = { kind: 'forbidden' };
      await expect(customers.getCustomer(stranger, { id: ANNE.customerId })).rejects.toMatchObject(forbidden);
      const resolving = customers.resolveCustomer(stranger, { kind: 'key', value: 'EX-1' });
      await expect(resolving).rejects.toMatchObject(forbidden);
    });
  });

  describe('are named', () => {
    it('to who has the scope and a reason', async () => {
      const { personal } = await customers.getCustomer(named(), { id: ANNE.customerId });
      expect(personal).toEqual([
        { name: 'key', value: 'EX-1' },
        { name: 'name', value: '样例王' },
      ]);
    });

    it.each([
      ['without a reason', { scopes: ['profile:read', 'pii:read'] }],
      ['with a blank reason', { scopes: ['profile:read', 'pii:read'], accessReason: '  ' }],
      ['with a reason alone', { scopes: ['profile:read'], accessReason: 'complaint 4711' }],
    ])('not %s', async (_case, caller) => {
      const { personal } = await customers.getCustomer(callOf(caller), { id: ANNE.customerId });
      expect(personal).toEqual([]);
      await expect(
        customers.getSubscriptionKeys(callOf(caller), { subscriptionIds: [ANNE.subscriptionId] }),
      ).rejects.toMatchObject({ kind: 'forbidden' });
    });

    it('in bulk by subscription, without unknown ones and those outside the region', async () => {
      const subscriptionIds = [ANNE.subscriptionId, BORIS.subscriptionId, newId(), 'nonsense'];
      expect((await customers.getSubscriptionKeys(named(['demo/沈阳/']), { subscriptionIds })).keys).toEqual({
        [ANNE.subscriptionId]: 'EX-1',
      });
      expect((await customers.getSubscriptionKeys(systemCall, { subscriptionIds })).keys).toEqual({
        [ANNE.subscriptionId]: 'EX-1',
        [BORIS.subscriptionId]: 'EX-2',
      });
    });

    it('at most 500 at once', async () => {
      const ask = (length: number) => {
        const subscriptionIds = Array.from({ length }, () => ANNE.subscriptionId);
        return customers.getSubscriptionKeys(systemCall, { subscriptionIds });
      };
      expect((await ask(500)).keys).toEqual({ [ANNE.subscriptionId]: 'EX-1' });
      await expect(ask(501)).rejects.toMatchObject({ key: 'subscription.tooMany' });
    });
  });

  describe('of another region', () => {
    it.each([['demo/沈阳/'], ['demo/沈/'], ['other/']])('are not there for a caller of %s', async (unit) => {
      const caller = named([unit]);
      const notFound = { kind: 'notFound' };
      await expect(customers.getCustomer(caller, { id: BORIS.customerId })).rejects.toMatchObject(notFound);
      await expect(customers.getCustomer(caller, { id: BORIS.subscriptionId })).rejects.toMatchObject(notFound);
      await expect(customers.resolveCustomer(caller, { kind: 'key', value: 'EX-2' })).rejects.toMatchObject(notFound);
    });

    it('are not there for a caller of no region', async () => {
      const asking = customers.getCustomer(reader([]), { id: ANNE.customerId });
      await expect(asking).rejects.toMatchObject({ kind: 'notFound' });
    });
  });

  describe('are counted', () => {
    const unitsSeen = async (orgScope: string[]) => {
      const { orgUnits } = await profile.orgUnits.listOrgUnits(reader(orgScope), {});
      return orgUnits.map(({ orgUnitPath, level, name, customers: count }) => [orgUnitPath, level, name, count]);
    };

    it('by unit, parents before children', async () => {
      expect(await unitsSeen(['demo/'])).toEqual([
        ['demo/', 'province', 'demo', 4],
        ['demo/大连/', 'city', '大连', 1],
        ['demo/沈阳/', 'city', '沈阳', 2],
        ['demo/沈阳/和平/', 'county_company', '和平', 1],
      ]);
    });

    it('within the region alone', async () => {
      expect(await unitsSeen(['demo/沈阳/'])).toEqual([
        ['demo/沈阳/', 'city', '沈阳', 2],
        ['demo/沈阳/和平/', 'county_company', '和平', 1],
      ]);
      expect(await unitsSeen([])).toEqual([]);
    });
  });

  describe('are kept by rules of the database', () => {
    const [customerId, accountId, subscriptionId] = [newId(), newId(), newId()];

    beforeAll(async () => {
      const sql = `with customer as (insert into customer (customer_id, kind, org_unit_path, first_seen_at) values ($1,
          'group', 'demo/', now())),
          account as (insert into account (account_id, customer_id, mode, org_unit_path) values ($2, $1, 'prepaid', 'demo/'))
        insert into subscription (subscription_id, customer_id, account_id, service, status, org_unit_path)
        values ($3, $1, $2, 'mobile', 'active', 'demo/')`;
      await profile.database.query(sql, [customerId, accountId, subscriptionId]);
    });

    afterAll(async () => {
      for (const table of ['subscription', 'account', 'customer'])
        await profile.database.query(`delete from ${table} where customer_id = $1`, [customerId]);
    });

    const FOREIGN_KEY = '23503';
    const UNIQUE = '23505';
    const NOT_NULL = '23502';
    const CHECK = '23514';
    const refusal = async (sql: string, params: unknown[]): Promise<string> =>
      profile.database.query(sql, params).then(
        () => 'taken',
        (error: unknown) => String((error as { code?: string }).code),
      );

    it.each([
      ['another subscription of the same account', { subscription_id: newId() }, 'taken'],
      ['a subscription paid by another customer', { subscription_id: newId(), account_id: ANNE.accountId }, 'taken'],
      ['a subscription of a second customer', { customer_id: ANNE.customerId }, UNIQUE],
      ['a subscription without a customer', { subscription_id: newId(), customer_id: newId() }, FOREIGN_KEY],
      ['a subscription without a customer', { subscription_id: newId(), customer_id: null }, NOT_NULL],
      ['a subscription that no account pays', { subscription_id: newId(), account_id: newId() }, FOREIGN_KEY],
      ['a subscription without an account', { subscription_id: newId(), account_id: null }, NOT_NULL],
      ['a service that does not exist', { subscription_id: newId(), service: 'telegraph' }, CHECK],
      ['a status that does not exist', { subscription_id: newId(), status: 'lost' }, CHECK],
      ['a subscription without a unit', { subscription_id: newId(), org_unit_path: null }, NOT_NULL],
      ['a unit path that is none', { subscription_id: newId(), org_unit_path: 'demo' }, CHECK],
    ])('%s', async (_case, changes, outcome) => {
      const row = {
        ...{ subscription_id: subscriptionId, customer_id: customerId },
        ...{ account_id: accountId, service: 'mobile', status: 'active', org_unit_path: 'demo/' },
        ...changes,
      };
      const sql = `insert into subscription (${Object.keys(row).join(', ')}) values ($1, $2, $3, $4, $5, $6)`;
      expect(await refusal(sql, Object.values(row))).toBe(outcome);
      await profile.database.query('delete from subscription where customer_id = $1 and subscription_id <> $2', [
        customerId,
        subscriptionId,
      ]);
    });

    it.each([
      ['the key of another customer', BORIS.customerId, 'EX-1', UNIQUE],
      ['a second key of a customer', ANNE.customerId, 'EX-1b', UNIQUE],
      ['a key without a customer', newId(), 'EX-100', FOREIGN_KEY],
    ])('%s', async (_case, owner, key, outcome) => {
      const sql = `insert into identifier (kind, lookup, valid_from, customer_id, sealed)
        values ('key', $1, now(), $2, '')`;
      expect(await refusal(sql, [vault.lookup('key', key), owner])).toBe(outcome);
    });

    it('no customer goes whose subscriptions are still there', async () => {
      expect(await refusal('delete from customer where customer_id = $1', [customerId])).toBe(FOREIGN_KEY);
    });

    it('groups are customers under the same rule', async () => {
      const group = await customers.getCustomer(reader(['demo/']), { id: customerId });
      expect(group).toMatchObject({ kind: 'group', accounts: [{ mode: 'prepaid' }] });
      const sql = 'update customer set kind = $1 where customer_id = $2';
      expect(await refusal(sql, ['club', customerId])).toBe(CHECK);
    });
  });

  it('are opened with no other key than the one that sealed them', async () => {
    const check = (key: string) => new Personal(profile.database, new Vault(key)).checkKey();
    await expect(check('0b'.repeat(32))).rejects.toThrow('HOLDFAST_PROFILE_KEY is not the key');
    await expect(check(PROFILE_KEY)).resolves.toBeUndefined();
  });
});
