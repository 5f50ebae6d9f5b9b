import { CustomerValue, ListValuesResponse, ListedValue } from '@holdfast/contracts/churn_scoring/v1/worth';
import { testGateway } from '../gateway.fixture.js';

const RUN = '01936a44-5a10-7f51-8e41-7a6d5b8e1f77';
const CUSTOMER = '5f0c1f6e-3a54-5c55-8e2c-6d9a1c3b7e01';
const idOf = (at: number): string => `1b9d6bcd-bbfd-5b2d-9b5d-${String(at).padStart(12, '0')}`;
const listed = (at: number): ListedValue =>
  ListedValue.fromPartial({
    ...{ subscriptionId: idOf(at), customerId: CUSTOMER, orgUnitPath: 'demo/shenyang/', potential: 'rising' },
    ...{ quadrant: 'C', probability: 0.25, lifecycle: 'growing', inPareto: true, managerId: '=ST7' },
    segment: 'none',
    futureValue: { minor: 110_250 + at, currency: 'CNY' },
    horizons: [
      { term: 'near', months: 1, probability: 0.25, value: { minor: 7_440, currency: 'CNY' }, basis: 'hazards' },
      {
        term: 'beyond',
        months: 24,
        probability: 0.9,
        value: { minor: 110_250, currency: 'CNY' },
        basis: 'last-hazard',
      },
    ],
  });

const gateway = testGateway({
  worth: {
    // Two pages.
    listValues: async (_call, { pageToken }) =>
      ListValuesResponse.fromPartial({
        values: pageToken === '' ? [listed(1), listed(2)] : [listed(3)],
        ...{ runId: RUN, month: '2026-09', definitions: 'midHighEnd=2', quadrants: { C: '优先挽留' } },
        nextPageToken: pageToken === '' ? 'next' : '',
        hazards: { months: 6, basis: 'hazards', textEn: 'Six months.', textZhCn: '六个月。' },
      }),
    getCustomerValue: async () =>
      CustomerValue.fromPartial({
        ...{ customerId: CUSTOMER, month: '2026-09', runId: RUN, missing: ['interconnect'] },
        ...{ settingsJson: '{"pareto":{"version":1}}', definitions: 'midHighEnd=2', computedAt: new Date(0) },
        subscriptions: [
          {
            ...{ subscriptionId: idOf(1), orgUnitPath: 'demo/', quadrant: 'A', lifecycle: 'mature', probability: 0.1 },
            components: [
              { name: 'revenue', weight: 0.25, rank: 0.5, amount: { minor: 9_630, currency: 'CNY' } },
              { name: 'interconnect', weight: 0.05 },
            ],
            segment: {
              ...{
                segment: 'mature_chooser',
                reasons: ['needs:surveys'],
                adviceEn: 'Compares.',
                adviceZhCn: '会比较。',
              },
              signs: [{ kind: 'rival_contact', count: 2, last: '2026-09' }],
              use: { months: 3, bill: { minor: 8_000, currency: 'CNY' }, minutes: 120.5, dataMb: 3_000, messages: 0 },
              offers: [
                {
                  ...{ rival: 'rival_a', offer: '59元', source: 'market_months', statedOn: '2026-09', atLeast: true },
                  ...{ cost: { minor: 5_900, currency: 'CNY' }, difference: { minor: -2_100, currency: 'CNY' } },
                },
              ],
            },
            ...{ churnIndex: 0.5, churnIndexBasis: 'survey', churnIndexFactorsJson: '[{"factor":"price"}]' },
            sensitivity: [
              {
                component: 'revenue',
                lower: { weight: 0.2, valueIndex: 0.4, percentile: 0.6, grade: 'C' },
                higher: { weight: 0.3, valueIndex: 0.5, percentile: 0.5, grade: 'B' },
              },
            ],
          },
        ],
      }),
  },
});

test('a list of potential mid/high-end subscriptions is filtered, and has the meanings of its quadrants', async () => {
  const query =
    'city=shenyang&manager=ST7&quadrant=C&cause=misfit&minValue=100.5&pareto=true&sort=-loss&pageSize=2&segment=none';
  const { json } = await gateway.get(`/api/v1/value-lists?${query}`);
  expect(gateway.requests.at(-1)).toEqual({
    ...{ month: '', group: 'potential', orgUnitPath: 'demo/shenyang/', managerId: 'ST7', quadrant: 'C' },
    ...{ cause: 'misfit', grade: '', valueMin: 10_050, paretoOnly: true, sort: '-loss', pageSize: 2, pageToken: '' },
    segment: 'none',
  });
  expect(json).toMatchObject({
    values: [
      {
        ...{ subscriptionId: idOf(1), orgUnit: 'demo/shenyang/', potential: 'rising', valueGroup: null, key: null },
        futureValue: { amount: '1102.51', currency: 'CNY' },
        horizons: [{ term: 'near', value: { amount: '74.40' }, loss: null }, { months: 24 }],
      },
      { subscriptionId: idOf(2) },
    ],
    ...{ definitions: 'midHighEnd=2', quadrants: { C: '优先挽留' }, nextPageToken: 'next' },
    hazards: { months: 6, text: 'Six months.' },
  });
});

test('all pages are streamed as CSV and NDJSON', async () => {
  const csv = await gateway.get('/api/v1/value-lists?format=csv&group=all');
  const [head, ...rows] = csv.text.trimEnd().split('\r\n');
  expect(head).toMatch(/^subscriptionId,customerId,orgUnit,valueGroup,potential,quadrant,cause,futureValue,/);
  expect(rows.map((row) => row.split(',')[0])).toEqual([idOf(1), idOf(2), idOf(3)]);
  expect(rows[0]).toContain(",1102.51,,CNY,,,0.25,growing,,,true,'=ST7,none,,74.40,,,,last-hazard");
  expect((gateway.requests.at(-1) as { group: string; pageSize: number }).group).toBe('');
  const lines = await gateway.get('/api/v1/value-lists?format=ndjson');
  const values = lines.text.trimEnd().split('\n');
  expect(values.map((line) => (JSON.parse(line) as ListedValue).subscriptionId)).toEqual([idOf(1), idOf(2), idOf(3)]);
});

test('the value of a customer names its weights, its sensitivity and what is missing', async () => {
  const { json, status } = await gateway.get(`/api/v1/customers/${CUSTOMER}/value?sensitivity=true`);
  expect(status).toBe(200);
  expect(gateway.requests.at(-1)).toEqual({ id: CUSTOMER, withSensitivity: true });
  expect(json).toMatchObject({
    ...{ missing: ['interconnect'], settings: { pareto: { version: 1 } }, margin: null },
    subscriptions: [
      {
        components: [
          { name: 'revenue', rank: 0.5, amount: { amount: '96.30' } },
          { name: 'interconnect', rank: null, amount: null },
        ],
        ...{ valueIndex: null, churnIndexFactors: [{ factor: 'price' }], creditGrade: null },
        sensitivity: [{ component: 'revenue', lower: { grade: 'C' }, higher: { grade: 'B' } }],
        segment: {
          ...{ segment: 'mature_chooser', advice: 'Compares.', agreement: null, eligibleOn: null, tenureMonths: null },
          offers: [{ cost: { amount: '59.00' }, difference: { amount: '-21.00' }, atLeast: true }],
        },
      },
    ],
  });
  expect((await gateway.get('/api/v1/customers/x/value')).status).toBe(400);
});
