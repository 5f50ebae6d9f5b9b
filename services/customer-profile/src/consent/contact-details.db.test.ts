import { DAY_MS } from '@holdfast/platform/calendar';
import { Clock } from '@holdfast/platform/clock';
import { newId, subscriptionId } from '@holdfast/platform/identity';
import { callOf, systemCall } from '@holdfast/testing/callers';
import { TestProfile, idsOf, named } from '../customer-profile.fixture.js';
import type { FactRow } from '../synthetic-facts.fixture.js';

const TODAY = '2026-11-03';
const profile = new TestProfile(`${TODAY}T02:00:00Z`);
const { consents } = profile;
const writer = callOf({ scopes: ['consent:read', 'consent:write', 'suppression:write'] });
const dayBefore = (days: number) => new Date(Date.parse(TODAY) - days * DAY_MS).toISOString().slice(0, 10);

const line = (subscription: string, msisdn: string, from = 100, to?: number): FactRow => ({
  ...{ msisdn, subscription_id: subscription, valid_from: dayBefore(from), how: 'new' },
  ...(to === undefined ? {} : { valid_to: dayBefore(to) }),
});
const person = (key: string, phone?: string): FactRow => ({
  ...{ customer_id: key, kind: 'person', org_unit_path: key === 'far' ? 'demo/大连/' : 'demo/沈阳/' },
  ...(phone === undefined ? {} : { contact_phone: phone }),
});
const subscription = (key: string, owner = key): FactRow => ({
  ...{ subscription_id: key, customer_id: owner, account_id: owner, service: 'mobile', status: 'active' },
});

const detailsOf = (key: string, channel = 'call', call = named) =>
  consents.getContactDetails(call, { subscriptionId: subscriptionId('demo', key), channel });
const numberOf = async (key: string, channel?: string) => (await detailsOf(key, channel)).number;
const suppress = (key: string, channel: string) =>
  consents.addSuppression(writer, { customerId: idsOf(key).customer, channel, reason: 'request', to: undefined });

/** As a disposition `wrong_person` reports: the numbers that the contact was made by. */
async function answeredByAnother(key: string): Promise<void> {
  const request = { subscriptionIds: [subscriptionId('demo', key)], purpose: 'marketing', channel: 'call' };
  const [facts] = (await consents.getContactFacts(systemCall, request)).facts;
  const { customerId, numbers } = facts!;
  await consents.suspendNumbers(systemCall, { customerId, numbers, touchId: newId(), since: profile.get(Clock).now() });
}

beforeAll(async () => {
  const alone = ['line', 'moved', 'phone', 'fixed', 'none', 'far', 'doubt', 'doubt2', 'silent', 'former', 'holder'];
  const subscriptions = [...alone.map((key) => subscription(key)), subscription('second', 'line')];
  const phones: Record<string, string> = {
    ...{ line: '13800000091', phone: '+86 138-0000-0002', fixed: '024-2312 3456/13800000003', far: '13800000009' },
    ...{ silent: '13800000004', holder: '13800000005', former: '13800000005', doubt2: '13800000092' },
  };
  const owners = alone.map((key) => person(key, phones[key]));
  await profile.loadExtract(1, `${TODAY}T01:00:00Z`, {
    customers: owners,
    accounts: alone.map((key) => ({ account_id: key, customer_id: key })),
    subscriptions,
    number_history: [
      line('line', '13800000001'),
      ...[line('moved', '13800000007', 90, 30), line('moved', '13800000008', 30)],
      ...[line('fixed', 'KD-000017'), line('doubt', '13800000011'), line('doubt2', '13800000012')],
    ],
  });
});

describe('the number to dial', () => {
  it.each([
    ['of its line, before the contact phone', 'line', '13800000001'],
    ['of its line as of now', 'moved', '13800000008'],
    ['of the contact phone in one spelling, without a line', 'phone', '13800000002'],
    ['of the contact phone, where the line has no telephone number', 'fixed', '02423123456'],
    ['of the contact phone of its customer, before other lines', 'second', '13800000091'],
    ['of none, where none is known', 'none', ''],
  ])('is that %s', async (_case, key, number) => {
    expect(await detailsOf(key)).toEqual({ key, number });
  });

  it('of a message is a mobile number, and other channels have none', async () => {
    expect(await numberOf('fixed', 'sms')).toBe('13800000003');
    expect(await numberOf('line', 'email')).toBe('');
    expect(await numberOf('line', 'hall')).toBe('');
  });

  it('of a plain table is a phone column or a key that is a number', async () => {
    await profile.loadTable('calls@v1', [
      { key: 'T-1', phone: '138 0000 0031' },
      { key: '13800000032', name: '样例王' },
      { key: 'T-3', name: '样例李' },
    ]);
    expect(await detailsOf('T-1')).toEqual({ key: 'T-1', number: '13800000031' });
    expect(await detailsOf('13800000032')).toEqual({ key: '13800000032', number: '13800000032' });
    expect(await detailsOf('T-3')).toEqual({ key: 'T-3', number: '' });
  });

  it('is not one at which another person answered, until it is confirmed', async () => {
    await answeredByAnother('doubt');
    expect(await numberOf('doubt')).toBe('');
    await consents.confirmNumbers(writer, { customerId: idsOf('doubt').customer });
    expect(await numberOf('doubt')).toBe('13800000011');
    await answeredByAnother('doubt2');
    expect(await numberOf('doubt2')).toBe('');
  });

  it('is not given for a suppressed customer on that channel, or if another holder refused it', async () => {
    const { suppressionId } = await suppress('silent', 'call');
    expect(await detailsOf('silent')).toEqual({ key: 'silent', number: '' });
    expect(await numberOf('silent', 'sms')).toBe('13800000004');
    await consents.endSuppression(writer, { suppressionId });
    expect(await numberOf('silent')).toBe('13800000004');
    await suppress('former', 'any');
    expect(await numberOf('holder')).toBe('');
  });
});

describe('contact details are given', () => {
  it.each([
    ['without the scope', { scopes: ['lease:write', 'profile:read'], accessReason: 'a call' }],
    ['without a reason', { scopes: ['pii:read'] }],
  ])('to no caller %s', async (_case, caller) => {
    await expect(detailsOf('line', 'call', callOf(caller))).rejects.toMatchObject({ kind: 'forbidden' });
  });

  it('within the region only, and of known subscriptions', async () => {
    const ofCity = callOf({ scopes: ['pii:read'], orgScope: ['demo/沈阳/'], accessReason: 'a call' });
    expect(await detailsOf('line', 'call', ofCity)).toEqual({ key: 'line', number: '13800000001' });
    const notFound = { kind: 'notFound', key: 'subscription.unknown' };
    await expect(detailsOf('far', 'call', ofCity)).rejects.toMatchObject(notFound);
    await expect(detailsOf('unknown')).rejects.toMatchObject(notFound);
    const nonsense = consents.getContactDetails(named, { subscriptionId: 'nonsense', channel: 'call' });
    await expect(nonsense).rejects.toMatchObject(notFound);
    await expect(detailsOf('line', 'telegraph')).rejects.toMatchObject({ kind: 'invalid' });
  });
});
