import fc from 'fast-check';
import type { KeySpace } from '@holdfast/platform/identity';
import { systemCall } from '@holdfast/testing/callers';
import { TestProfile, idsOf, named, type SubjectRow } from '../customer-profile.fixture.js';

describe('key spaces', () => {
  const profile = new TestProfile('2026-09-03T02:00:00Z');
  const { customers, consents } = profile;

  const load = (table: string, version: string, keySpace: KeySpace['of'], rows: SubjectRow[], options = {}) =>
    profile.loadTable(`${table}@${version}`, rows, { keySpace, ...options });
  const resolve = (value: string, table?: string) => customers.resolveCustomer(named, { kind: 'key', value, table });
  const object = (id: string) =>
    consents.putConsent(systemCall, {
      ...{ customerId: id, purpose: 'marketing', channel: 'any', granted: false, evidence: 'form-1' },
    });
  const factsOf = async (space: KeySpace, key: string) => {
    const request = { subscriptionIds: [idsOf(key, space).subscription], purpose: 'marketing', channel: 'call' };
    return (await consents.getContactFacts(systemCall, request)).facts[0]!;
  };
  const phoneOfCustomer = async (id: string): Promise<string | undefined> => {
    const { personal } = await customers.getCustomer(named, { id });
    return personal.find(({ name }) => name === 'phone')?.value;
  };
  const phoneOf = (space: KeySpace, key: string): Promise<string | undefined> =>
    phoneOfCustomer(idsOf(key, space).customer);

  it('keeps two tables with the same numbers as keys apart: no phone, no objection moves', async () => {
    const mobile = await load('mobile', '1', 'table', [
      { key: '1', phone: '13700000001' },
      { key: '2', phone: '13700000002' },
    ]);
    await object(idsOf('1', mobile).customer);
    const business = await load('business', '1', 'table', [{ key: '1', phone: '024-8000001' }]);
    const extract = await load('shared', '1', 'operator', [{ key: '1', phone: '13900000009' }]);
    expect(await Promise.all([mobile, business, extract].map((space) => phoneOf(space, '1')))).toEqual([
      ...['13700000001', '024-8000001', '13900000009'],
    ]);
    expect((await factsOf(mobile, '1')).consentBasis).toBe('stated');
    expect((await factsOf(business, '1')).consentBasis).toBe('default');
    expect((await factsOf(extract, '1')).consentBasis).toBe('default');
  });

  it('resolves a key within its table, and refuses one that several tables use for different customers', async () => {
    expect((await resolve('2')).subscriptions[0]!.tables).toEqual(['mobile']);
    expect((await resolve('1', 'mobile')).subscriptions[0]!.tables).toEqual(['mobile']);
    expect((await resolve('1', 'business')).subscriptions[0]!.tables).toEqual(['business']);
    expect((await resolve('1', 'shared')).subscriptions[0]!.tables).toEqual(['shared']);
    await expect(resolve('1')).rejects.toMatchObject({ key: 'identifier.ambiguous' });
    await expect(resolve('2', 'business')).rejects.toMatchObject({ kind: 'notFound' });
    await expect(resolve('2', 'nothing')).rejects.toMatchObject({ kind: 'notFound' });
  });

  it('makes other people of the same row numbers in another version, and blocks contacts with the earlier ones', async () => {
    const august = await load('nokey', 'a', 'row', [{ key: '1', phone: '13700000001' }, { key: '2' }]);
    expect(await factsOf(august, '1')).toMatchObject({ identified: true });
    // Without a number, an objection could not follow the person into the next version.
    expect(await factsOf(august, '2')).toMatchObject({ identified: false });
    await object(idsOf('1', august).customer);
    const september = await load('nokey', 'b', 'row', [{ key: '1', phone: '13700000342' }]);
    expect(await phoneOf(september, '1')).toBe('13700000342');
    expect(await phoneOf(august, '1')).toBe('13700000001');
    expect(await factsOf(september, '1')).toMatchObject({ identified: true, consentBasis: 'default' });
    expect(await factsOf(august, '1')).toMatchObject({ identified: false, consentBasis: 'stated' });
    const { subscriptions } = await customers.getCustomer(named, { id: idsOf('1', august).customer });
    expect(subscriptions[0]!.tables).toEqual([]);
    await expect(resolve('1', 'nokey')).rejects.toMatchObject({ kind: 'notFound' });
  });

  it('keeps the newest version in force when an earlier one comes in late', async () => {
    const newest = { of: 'row', table: 'nokey', version: 'b' } as const;
    const atMs = Date.parse('2026-08-01T00:00:00Z');
    const late = await load('nokey', '0', 'row', [{ key: '1', phone: '13700000099' }], { atMs });
    expect(await factsOf(newest, '1')).toMatchObject({ identified: true });
    expect(await factsOf(late, '1')).toMatchObject({ identified: false });
  });

  it('ends rows without keys when the table gets a key', async () => {
    const rows = { of: 'row', table: 'nokey', version: 'b' } as const;
    const keyed = await load('nokey', 'c', 'table', [{ key: '1' }]);
    expect(await factsOf(rows, '1')).toMatchObject({ identified: false });
    expect(await factsOf(keyed, '1')).toMatchObject({ identified: true });
  });

  it('keeps the decisions of a key when an extract names the owner of the subscription', async () => {
    const space = await load('flat', '1', 'operator', [{ key: 'L7' }, { key: 'L8' }]);
    await object(idsOf('L7', space).customer);
    const suppression = { customerId: idsOf('L8', space).customer, channel: 'any', reason: 'request', to: undefined };
    await consents.addSuppression(systemCall, suppression);
    const line = (key: string) => ({
      ...{ subscription_id: key, customer_id: 'OWNER', account_id: 'A', service: 'mobile', status: 'active' },
    });
    await profile.loadExtract(1, '2026-09-02T00:00:00Z', {
      customers: [{ customer_id: 'OWNER', kind: 'person' }],
      accounts: [{ account_id: 'A', customer_id: 'OWNER' }],
      subscriptions: [line('L7'), line('L8')],
    });
    const owner = idsOf('OWNER').customer;
    expect(await factsOf(space, 'L7')).toMatchObject({ customerId: owner, consented: false, consentBasis: 'stated' });
    expect(await factsOf(space, 'L8')).toMatchObject({ customerId: owner, suppressions: ['request'] });
  });

  /** A row of a table that is in force: whose it is, and under which ids. */
  interface Live {
    person: number;
    customer: string;
    subscription: string;
    /** Whether the row has the person's number. */
    hasPhone: boolean;
    hasKey: boolean;
  }

  it('applies a refusal to its person alone through any order of tables', async () => {
    await profile.setParameter('consent.marketingDefault', true);
    const person = fc.nat({ max: 3 });
    const step = fc.oneof(
      fc.record({ kind: fc.constant('rows' as const), order: fc.shuffledSubarray([0, 1, 2, 3], { minLength: 2 }) }),
      fc.record({ kind: fc.constant('keys' as const), table: fc.constantFrom('one', 'two'), withPhones: fc.boolean() }),
      fc.record({ kind: fc.constant('refuse' as const), person, at: fc.nat({ max: 9 }) }),
      fc.record({ kind: fc.constant('consent' as const), person, at: fc.nat({ max: 9 }) }),
    );
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 10 }), async (steps) => {
        run += 1;
        const phone = (of: number): string => `13${run % 10}${String(run).padStart(4, '0')}000${of}`;
        const live = new Map<string, Live[]>();
        const refused = new Map<string, Live>();
        // A later table without a number keeps the known one.
        const withPhone = new Set<string>();
        for (const [at, step] of steps.entries()) {
          if (step.kind === 'rows' || step.kind === 'keys') {
            const isRows = step.kind === 'rows';
            const table = isRows ? `rows-${run}` : `${step.table}-${run}`;
            const people = isRows ? step.order : [0, 1, 2, 3];
            // A person without a number in either kind of table is identified by the key alone.
            const hasPhone = (of: number): boolean => of !== 3 && (isRows || step.withPhones);
            // Row numbers and keys are the same texts, and mean others in every table and version.
            const keyOf = (of: number, place: number): string => String(isRows ? place + 1 : of + 1);
            const rows = people.map((of, place) => ({
              key: keyOf(of, place),
              ...(hasPhone(of) ? { phone: phone(of) } : {}),
            }));
            const space = await load(table, String(at), isRows ? 'row' : 'table', rows);
            const rowsNow = people.map((of, place) => ({
              person: of,
              hasKey: !isRows,
              ...idsOf(keyOf(of, place), space),
            }));
            for (const row of rowsNow) if (hasPhone(row.person)) withPhone.add(row.customer);
            live.set(
              table,
              rowsNow.map((row) => ({ ...row, hasPhone: withPhone.has(row.customer) })),
            );
          } else {
            const mine = [...live.values()].flat().filter((row) => row.person === step.person);
            const row = mine[step.at % Math.max(1, mine.length)];
            if (row === undefined) continue;
            const granted = step.kind === 'consent';
            await consents.putConsent(systemCall, {
              ...{ customerId: row.customer, purpose: 'marketing', channel: 'any', granted, evidence: 'form' },
            });
            if (granted) refused.delete(row.customer);
            else refused.set(row.customer, row);
          }
          const rows = [...live.values()].flat();
          const request = {
            subscriptionIds: rows.map(({ subscription }) => subscription),
            purpose: 'marketing',
            channel: 'call',
          };
          const { facts: known } = await consents.getContactFacts(systemCall, request);
          for (const row of rows) {
            const of = known.find(({ subscriptionId: id }) => id === row.subscription)!;
            const isAllowed =
              of.identified && of.consented === true && !of.numberRefused && of.suppressions.length === 0;
            const isRefusedElsewhere = [...refused.values()].some(
              (other) => other.person === row.person && withPhone.has(other.customer) && row.hasPhone,
            );
            const isExpected = (row.hasKey || row.hasPhone) && !refused.has(row.customer) && !isRefusedElsewhere;
            expect([at, row.person, row.hasKey, isAllowed]).toEqual([at, row.person, row.hasKey, isExpected]);
            expect(await phoneOfCustomer(row.customer)).toBe(row.hasPhone ? phone(row.person) : undefined);
          }
        }
      }),
      { numRuns: 6, endOnFailure: true },
    );
  }, 120_000);
});
