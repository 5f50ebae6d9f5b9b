import { Customer } from '@holdfast/contracts/customer_profile/v1/customer';
import { ListTimelineResponse, View360 } from '@holdfast/contracts/customer_profile/v1/view360';
import { ListChangesResponse } from '@holdfast/contracts/feature_store/v1/behaviour';
import { failure } from '@holdfast/platform/errors';
import { testGateway } from '../gateway.fixture.js';

const CUSTOMER = '5f0c1f6e-3a54-5c55-8e2c-6d9a1c3b7e01';
const SUBSCRIPTION = '1b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed';
const AT = '2026-03-01T00:00:00.000Z';
const unknown = failure('notFound', 'customer.unknown', { en: 'There is none.', 'zh-CN': '没有。' });

const view = (isMasked: boolean): View360 => {
  const name = { $case: 'text' as const, text: isMasked ? '样**' : '样例王' };
  const fee = { $case: 'money' as const, money: { minor: -105, currency: 'CNY' } };
  const fields = [
    { key: 'user_name', labelEn: 'Name', labelZhCn: '使用人姓名', masked: isMasked, value: name },
    { key: 'age', labelEn: 'Age', labelZhCn: '年龄', unavailable: 'not available: x' },
  ];
  return View360.fromPartial({
    ...{ customerId: CUSTOMER, asOf: new Date(AT), month: '2026-02', orgUnitPath: 'demo/' },
    groups: [
      { key: 'basic', labelEn: 'Basic data', labelZhCn: '基本信息', fields },
      { key: 'fees', labelEn: 'Fees', labelZhCn: '费用信息', unavailable: 'not available: needs table billing' },
      { key: 'sms', fields: [{ key: 'sms_fee', value: fee }] },
    ],
  });
};
const customer = Customer.fromPartial({
  ...{ customerId: CUSTOMER, kind: 'person', orgUnitPath: 'demo/' },
  subscriptions: [{ subscriptionId: SUBSCRIPTION }],
});
const change = { subscriptionId: SUBSCRIPTION, orgUnitPath: 'demo/', measure: 'data', direction: 'down', score: -9.5 };
let isComputed = true;

const gateway = testGateway({
  customers: {
    getCustomer: async (_call, { id }) => {
      if (id !== CUSTOMER) throw unknown();
      return customer;
    },
    resolveCustomer: async () => customer,
  },
  behaviour: {
    listChanges: async () => {
      if (!isComputed) throw unknown();
      const dated = { month: '2026-09', asOf: new Date(AT), computedAt: new Date(AT) };
      return ListChangesResponse.fromPartial({ changes: [{ ...change, sinceMonth: '2026-09' }], ...dated });
    },
  },
  views360: {
    getView360: async (call) => view(call.caller.accessReason === undefined),
    listTimeline: async (_call, request) =>
      ListTimelineResponse.fromPartial({
        entries: [{ at: new Date(AT), kind: 'status', details: { status: 'active', page: request.pageToken } }],
        nextPageToken: request.pageToken === '' ? 'next' : '',
      }),
  },
});

const at = `/api/v1/customers/${CUSTOMER}`;

test('a customer has no view by default', async () => {
  expect((await gateway.get(at)).json).toMatchObject({ customerId: CUSTOMER, view: null });
  expect(gateway.requests).toEqual([{ id: CUSTOMER }]);
});

test.each([
  [`?asOf=${AT}`, { asOf: new Date(AT), include: [] }],
  ['?include=all', { asOf: undefined, include: [] }],
  [`?include=basic,fees&asOf=${AT}`, { asOf: new Date(AT), include: ['basic', 'fees'] }],
  ['?include=basic,changes', { asOf: undefined, include: ['basic'] }],
])('%s requests the view', async (query, request) => {
  expect((await gateway.get(at + query)).status).toBe(200);
  const ofView = gateway.requests.filter((each) => 'include' in (each as object));
  expect(ofView.at(-1)).toEqual({ id: CUSTOMER, ...request });
});

test('changes of behaviour are those of the subscriptions in the newest month, and null where there are none yet', async () => {
  const { json } = await gateway.get(`${at}?include=changes`);
  expect(json).toMatchObject({ view: null, changes: [{ subscriptionId: SUBSCRIPTION, measure: 'data', score: -9.5 }] });
  expect(gateway.requests.at(-1)).toMatchObject({ month: '', subscriptionIds: [SUBSCRIPTION] });
  expect((await gateway.get(`${at}?include=all&asOf=${AT}`)).json).toMatchObject({ changes: null });
  isComputed = false;
  const all = await gateway.get(`${at}?include=all`);
  isComputed = true;
  expect([all.status, all.json['changes']]).toEqual([200, null]);
  expect(all.json['view']).not.toBeNull();
});

test('a view is in the language of the caller and gives the cause of an empty field', async () => {
  const { json } = await gateway.get(`${at}?include=all`, { headers: { 'accept-language': 'en' } });
  expect(json['view']).toMatchObject({
    ...{ asOf: AT, month: '2026-02', orgUnit: 'demo/' },
    groups: [
      {
        label: 'Basic data',
        fields: [
          { label: 'Name', value: '样**', masked: true, unavailable: null },
          { label: 'Age', value: null, unavailable: 'not available: x' },
        ],
      },
      { label: 'Fees', fields: [], unavailable: 'not available: needs table billing' },
      { fields: [{ value: { amount: '-1.05', currency: 'CNY' } }] },
    ],
  });
  const chinese = await gateway.get(`${at}?include=all`, { headers: { 'accept-language': 'zh-CN' } });
  expect(chinese.json['view']).toMatchObject({ groups: [{ label: '基本信息' }, { label: '费用信息' }, {}] });
});

test('reading a name in full is in the audit ledger, reading it masked is not', async () => {
  const audited = async () => {
    const rows = await gateway.database.query<{ operation: string }>('select operation from audit_entry');
    return rows.filter(({ operation }) => operation === 'GET /api/v1/customers/{customerId}').length;
  };
  await gateway.get(`${at}?include=all`, { client: 'shenyang' });
  expect(await audited()).toBe(0);
  const headers = { 'x-access-reason': 'complaint 4711' };
  await gateway.get(`${at}?include=all`, { client: 'shenyang', headers });
  expect(await audited()).toBe(1);
});

test('identifiers are in the body, with their as-of time', async () => {
  const body = { kind: 'number', value: '19900000001', asOf: AT };
  const { json } = await gateway.post('/api/v1/customers:resolve', body);
  expect(json).toMatchObject({ customerId: CUSTOMER, matchedSubscriptionId: null });
  expect(gateway.requests.at(-1)).toEqual({ ...body, asOf: new Date(AT) });
});

test('the timeline comes page by page', async () => {
  const first = await gateway.get(`${at}/timeline?pageSize=1`);
  expect(first.json).toEqual({
    entries: [{ at: AT, kind: 'status', subscriptionId: null, details: { status: 'active', page: '' } }],
    nextPageToken: 'next',
  });
  expect((await gateway.get(`${at}/timeline?pageToken=next`)).json).toMatchObject({ nextPageToken: null });
});

test.each([
  ['?asOf=yesterday', 400],
  ['?include=Fees', 400],
  ['?since=now', 400],
  ['/timeline?pageSize=201', 400],
])('%s is refused', async (rest, status) => {
  expect((await gateway.get(at + rest)).status).toBe(status);
});

test('a customer that there is not is not found', async () => {
  const other = at.replace('5f0c', '6f0c');
  expect((await gateway.get(`${other}?include=all`)).status).toBe(404);
});
