import type { AddSuppressionRequest, PutConsentRequest } from '@holdfast/contracts/customer_profile/v1/consent';
import { Clock } from '@holdfast/platform/clock';
import type { Call } from '@holdfast/platform/grpc';
import { newId } from '@holdfast/platform/identity';
import { Parameters } from '@holdfast/platform/parameters';
import { callOf, systemCall } from '@holdfast/testing/callers';
import { TestProfile } from '../customer-profile.fixture.js';
import type { CustomerProfileParameters } from '../parameters.js';
import { ContactFacts } from './contact-facts.js';

const SHENYANG = 'demo/沈阳/';
const writer = callOf({ scopes: ['consent:read', 'consent:write'] });
const stranger = callOf({ scopes: ['consent:read', 'consent:write'], orgScope: ['demo/大连/'] });

/** A fixed clock, so that tests reach boundaries exactly. */
class StoppedClock extends Clock {
  constructor(private readonly at: Date) {
    super();
  }
  override now(): Date {
    return this.at;
  }
}

describe('consent', () => {
  const profile = new TestProfile('2026-09-03T02:00:00Z');
  const { consents } = profile;

  async function newCustomer(orgUnitPath = SHENYANG): Promise<{ customerId: string; subscriptionId: string }> {
    const ids = { customerId: newId(), accountId: newId(), subscriptionId: newId() };
    const sql = `with customer as (insert into customer (customer_id, kind, org_unit_path, first_seen_at) values ($1,
        'person', $4, now())),
        account as (insert into account (account_id, customer_id, org_unit_path) values ($2, $1, $4))
      insert into subscription (subscription_id, customer_id, account_id, org_unit_path) values ($3, $1, $2, $4)`;
    await profile.database.query(sql, [ids.customerId, ids.accountId, ids.subscriptionId, orgUnitPath]);
    return ids;
  }

  const put = (customerId: string, decision: Partial<PutConsentRequest> = {}, call: Call = writer) => {
    const request = { purpose: 'marketing', channel: 'call', granted: true, evidence: 'recording-1', ...decision };
    return consents.putConsent(call, { customerId, ...request });
  };

  const factsOf = async (subscriptionId: string, call: Call = systemCall, channel = 'call', purpose = 'marketing') => {
    const { facts } = await consents.getContactFacts(call, { subscriptionIds: [subscriptionId], purpose, channel });
    return facts[0];
  };

  const setMarketingDefault = (granted: boolean) => profile.setParameter('consent.marketingDefault', granted);

  describe('without a decision', () => {
    afterEach(() => setMarketingDefault(false));

    it('is no', async () => {
      const { customerId, subscriptionId } = await newCustomer();
      expect(await factsOf(subscriptionId)).toEqual({
        ...{ subscriptionId, customerId, consented: false, consentBasis: 'default', suppressions: [] },
        ...{ timeZone: 'Asia/Shanghai', orgUnitPath: SHENYANG, identified: true },
        ...{ numberRefused: false, numberUnconfirmed: false, numbers: [] },
      });
    });

    it('follows the operator for marketing alone', async () => {
      const { customerId, subscriptionId } = await newCustomer();
      await setMarketingDefault(true);
      expect(await factsOf(subscriptionId)).toMatchObject({ consented: true, consentBasis: 'default' });
      expect(await factsOf(subscriptionId, systemCall, 'call', 'research')).toMatchObject({ consented: false });
      const { consents: listed } = await consents.listConsents(writer, { customerId });
      expect(listed.map(({ purpose, channel, granted, basis }) => [purpose, channel, granted, basis])).toEqual([
        ['marketing', 'any', true, 'default'],
        ['profiling', 'any', false, 'default'],
        ['research', 'any', false, 'default'],
      ]);
    });

    it('is overruled by a stated no', async () => {
      const { customerId, subscriptionId } = await newCustomer();
      await setMarketingDefault(true);
      await put(customerId, { channel: 'any', granted: false, evidence: '' });
      expect(await factsOf(subscriptionId)).toMatchObject({ consented: false, consentBasis: 'stated' });
    });
  });

  describe('that is stated', () => {
    it('holds for its channel and purpose, the latest one', async () => {
      const { customerId, subscriptionId } = await newCustomer();
      await put(customerId, { granted: false });
      await put(customerId, { granted: true });
      expect(await factsOf(subscriptionId)).toMatchObject({ consented: true, consentBasis: 'stated' });
      const bySms = await factsOf(subscriptionId, systemCall, 'sms');
      expect(bySms).toMatchObject({ consented: false, consentBasis: 'default' });
      expect(await factsOf(subscriptionId, systemCall, 'call', 'profiling')).toMatchObject({ consented: false });
      await put(customerId, { granted: false, evidence: '' });
      expect(await factsOf(subscriptionId)).toMatchObject({ consented: false, consentBasis: 'stated' });
    });

    it.each([
      ['a channel refused, then everything granted', { sms: false, any: true }, { sms: false, call: true }],
      ['everything refused, then a channel granted', { any: false, sms: true }, { sms: true, call: false }],
      ['a channel granted, then everything refused', { sms: true, any: false }, { sms: false, call: false }],
    ])('with %s', async (_case, decisions, expected) => {
      const { customerId, subscriptionId } = await newCustomer();
      for (const [channel, granted] of Object.entries(decisions)) await put(customerId, { channel, granted });
      for (const [channel, consented] of Object.entries(expected))
        expect(await factsOf(subscriptionId, systemCall, channel)).toMatchObject({ consented });
    });

    it('is kept with who recorded it, on whose behalf, when and why', async () => {
      const { customerId } = await newCustomer();
      const agent: Call = { caller: { ...writer.caller, onBehalfOf: 'agent-7' } };
      await put(customerId, { granted: true, evidence: 'form-1' }, agent);
      await put(customerId, { granted: false, evidence: '' });
      const sql = `select granted, basis, evidence, recorded_by, on_behalf_of, org_unit_path,
          decided_at between '2026-09-03T02:00:00Z' and '2026-09-03T02:10:00Z' as in_business_time
        from consent_decision where customer_id = $1 order by sequence`;
      const history = await profile.database.query(sql, [customerId]);
      const common = { basis: 'stated', recorded_by: 'test-client', org_unit_path: SHENYANG, in_business_time: true };
      expect(history).toEqual([
        { ...common, granted: true, evidence: 'form-1', on_behalf_of: 'agent-7' },
        { ...common, granted: false, evidence: '', on_behalf_of: null },
      ]);
      const { consents: listed } = await consents.listConsents(writer, { customerId });
      expect(listed.filter(({ channel }) => channel === 'call')).toMatchObject([{ granted: false, basis: 'stated' }]);
    });

    it('is published with an increasing version', async () => {
      const { customerId } = await newCustomer();
      await Promise.all([1, 2, 3, 4].map((evidence) => put(customerId, { evidence: `form-${evidence}` })));
      const [{ version }] = (await profile.database.query('select version from customer where customer_id = $1', [
        customerId,
      ])) as [{ version: string }];
      expect(version).toBe('5');
    });

    it.each([
      [{ purpose: 'gossip' }, 'consent.termUnknown'],
      [{ channel: 'pigeon' }, 'consent.termUnknown'],
      [{ granted: true, evidence: ' ' }, 'consent.evidenceMissing'],
      [{ evidence: 'x'.repeat(201) }, 'consent.evidenceTooLong'],
    ])('is refused as %j', async (decision, key) => {
      const { customerId } = await newCustomer();
      await expect(put(customerId, decision)).rejects.toMatchObject({ key });
      const sql = 'select 1 from consent_decision where customer_id = $1';
      expect(await profile.database.query(sql, [customerId])).toEqual([]);
    });
  });

  describe('suppressions', () => {
    const add = (customerId: string, suppression: Partial<AddSuppressionRequest> = {}, call: Call = writer) =>
      consents.addSuppression(call, { customerId, channel: 'any', reason: 'request', to: undefined, ...suppression });

    it('keep a customer from being approached on their channel until they are ended', async () => {
      const { customerId, subscriptionId } = await newCustomer();
      const legal = await add(customerId, { reason: 'legal' });
      await add(customerId, { channel: 'sms', reason: 'request' });
      expect((await factsOf(subscriptionId))!.suppressions).toEqual(['legal']);
      expect((await factsOf(subscriptionId, systemCall, 'sms'))!.suppressions).toEqual(['legal', 'request']);
      const ended = await consents.endSuppression(writer, { suppressionId: legal.suppressionId });
      expect(ended.to!.getTime()).toBeGreaterThanOrEqual(legal.from!.getTime());
      expect((await factsOf(subscriptionId))!.suppressions).toEqual([]);
      expect(await consents.endSuppression(writer, { suppressionId: legal.suppressionId })).toEqual(ended);
    });

    it('hold from their first instant to before their last', async () => {
      const { customerId, subscriptionId } = await newCustomer();
      const from = new Date('2026-09-01T00:00:00.000Z');
      const to = new Date('2026-09-02T00:00:00.000Z');
      const sql = `insert into suppression (suppression_id, customer_id, channel, reason, valid_from, valid_to,
          added_by, org_unit_path)
        values ($1, $2, 'any', 'complaint_open', $3, $4, 'test', $5)`;
      await profile.database.query(sql, [newId(), customerId, from, to, SHENYANG]);
      const reasonsAt = async (atMs: number) => {
        const clock = new StoppedClock(new Date(atMs));
        const parameters = profile.get(Parameters) as Parameters<CustomerProfileParameters>;
        const facts = new ContactFacts(profile.database, clock, parameters);
        const request = { subscriptionIds: [subscriptionId], purpose: 'marketing', channel: 'call' };
        return (await facts.of(systemCall.caller, request))[0]!.suppressions;
      };
      expect(await reasonsAt(from.getTime() - 1)).toEqual([]);
      expect(await reasonsAt(from.getTime())).toEqual(['complaint_open']);
      expect(await reasonsAt(to.getTime() - 1)).toEqual(['complaint_open']);
      expect(await reasonsAt(to.getTime())).toEqual([]);
    });

    it('exist once, however often they are requested', async () => {
      const { customerId } = await newCustomer();
      const added = await Promise.all([add(customerId), add(customerId), add(customerId)]);
      expect(new Set(added.map(({ suppressionId }) => suppressionId)).size).toBe(1);
      const other = await add(customerId, { to: new Date('2026-10-01T00:00:00Z') });
      expect(other.suppressionId).not.toBe(added[0]!.suppressionId);
    });

    it('are listed newest first, page by page', async () => {
      const { customerId } = await newCustomer();
      const made: string[] = [];
      for (const reason of ['legal', 'staff', 'request']) {
        made.unshift((await add(customerId, { reason })).suppressionId);
        await new Promise((resolve) => setTimeout(resolve, 3)); // ids rise from one millisecond to the next
      }
      const list = (pageToken: string) => consents.listSuppressions(writer, { customerId, pageSize: 2, pageToken });
      const first = await list('');
      const second = await list(first.nextPageToken);
      const ids = [...first.suppressions, ...second.suppressions].map(({ suppressionId }) => suppressionId);
      expect([first.suppressions.length, ids, second.nextPageToken]).toEqual([2, made, '']);
      await expect(list('nonsense')).rejects.toMatchObject({ key: 'pageToken.invalid' });
    });

    it.each([
      [{ reason: 'mood' }, 'consent.termUnknown'],
      [{ channel: 'pigeon' }, 'consent.termUnknown'],
      [{ to: new Date('2026-09-03T01:59:59Z') }, 'suppression.endsInPast'],
    ])('are refused as %j', async (suppression, key) => {
      const { customerId } = await newCustomer();
      await expect(add(customerId, suppression)).rejects.toMatchObject({ key });
    });

    it('of another region cannot be seen, made or ended', async () => {
      const { customerId } = await newCustomer();
      const { suppressionId } = await add(customerId);
      const none = { suppressions: [], nextPageToken: '' };
      expect(await consents.listSuppressions(stranger, { customerId, pageSize: 0, pageToken: '' })).toEqual(none);
      await expect(add(customerId, {}, stranger)).rejects.toMatchObject({ kind: 'notFound' });
      await expect(consents.endSuppression(stranger, { suppressionId })).rejects.toMatchObject({ kind: 'notFound' });
      const sql = 'select valid_to from suppression where suppression_id = $1';
      const params = [suppressionId];
      const [{ valid_to: validTo }] = (await profile.database.query(sql, params)) as [{ valid_to: Date | null }];
      expect(validTo).toBeNull();
    });
  });

  describe('of another region', () => {
    it('cannot be seen or changed, and its customers are omitted from the facts', async () => {
      const { customerId, subscriptionId } = await newCustomer();
      await expect(consents.listConsents(stranger, { customerId })).rejects.toMatchObject({ kind: 'notFound' });
      await expect(put(customerId, {}, stranger)).rejects.toMatchObject({ kind: 'notFound' });
      expect(await factsOf(subscriptionId, stranger)).toBeUndefined();
      expect(await factsOf(subscriptionId, writer)).toMatchObject({ customerId });
    });
  });

  it('opens with its scopes alone', async () => {
    const { customerId, subscriptionId } = await newCustomer();
    const reading = callOf({ scopes: ['consent:read'] });
    const suppressing = callOf({ scopes: ['suppression:write'] });
    const suppression = { customerId, channel: 'any', reason: 'request', to: undefined };
    const forbidden = { kind: 'forbidden' };
    await expect(consents.listConsents(callOf(), { customerId })).rejects.toMatchObject(forbidden);
    await expect(put(customerId, {}, reading)).rejects.toMatchObject(forbidden);
    await expect(put(customerId, {}, suppressing)).rejects.toMatchObject(forbidden);
    await expect(consents.addSuppression(reading, suppression)).rejects.toMatchObject(forbidden);
    const { suppressionId } = await consents.addSuppression(suppressing, suppression);
    await expect(consents.endSuppression(reading, { suppressionId })).rejects.toMatchObject(forbidden);
    const page = { customerId, pageSize: 0, pageToken: '' };
    await expect(consents.listSuppressions(suppressing, page)).rejects.toMatchObject(forbidden);
    await expect(factsOf(subscriptionId, callOf())).rejects.toMatchObject(forbidden);
    expect(await factsOf(subscriptionId, systemCall)).toMatchObject({ suppressions: ['request'] });
  });

  it('is answered for 500 subscriptions at once and no more; unknown ones are omitted', async () => {
    const known = await Promise.all(Array.from({ length: 5 }, () => newCustomer()));
    const ids = [...known.map(({ subscriptionId }) => subscriptionId), ...Array.from({ length: 495 }, () => newId())];
    const ask = (subscriptionIds: string[]) =>
      consents.getContactFacts(systemCall, { subscriptionIds, purpose: 'marketing', channel: 'call' });
    const { facts } = await ask(ids);
    expect(facts.map(({ customerId }) => customerId).sort()).toEqual(known.map(({ customerId }) => customerId).sort());
    await expect(ask([...ids, newId()])).rejects.toMatchObject({ key: 'subscription.tooMany' });
    expect((await ask(['nonsense'])).facts).toEqual([]);
  });

  it('takes the time zone that the operator sets, and none that does not exist', async () => {
    const { subscriptionId } = await newCustomer();
    const set = (timeZone: string) => profile.setParameter('contact.timeZone', timeZone);
    await set('Asia/Urumqi');
    expect((await factsOf(subscriptionId))!.timeZone).toBe('Asia/Urumqi');
    await expect(set('Mars/Olympus')).rejects.toMatchObject({ kind: 'unprocessable' });
  });
});
