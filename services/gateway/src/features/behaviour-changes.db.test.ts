import { ListChangesResponse } from '@holdfast/contracts/feature_store/v1/behaviour';
import { testGateway, testJob } from '../gateway.fixture.js';

const RUN = '9f0c1f6e-3a54-5c55-8e2c-6d9a1c3b7e01';
const SUBSCRIPTION = '1b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed';
const CHANGE = {
  ...{ subscriptionId: SUBSCRIPTION, orgUnitPath: 'demo/shenyang/', measure: 'data', direction: 'down', value: 40 },
  ...{ usual: 8_200, relativeChange: -0.98, groupChange: 0.125, score: -9.5, sinceMonth: '2026-08' },
};
const LINE = `${SUBSCRIPTION},demo/shenyang/,data,down,40,8200,-0.98,0.125,-9.5,2026-08\r\n`;

/** Two pages. */
const gateway = testGateway({
  behaviour: {
    detectChanges: async () => testJob(`feature-store.${RUN}`, { kind: 'detect-changes' }),
    listChanges: async (_call, { pageToken }) =>
      ListChangesResponse.fromPartial({
        changes: [CHANGE],
        measures: [{ measure: 'data', compared: 100, changed: 2, threshold: 4.5, alarmShare: 0.01 }],
        ...{ month: '2026-09', ruleVersion: 1, asOf: new Date(0), nextPageToken: pageToken === '' ? 'k.1' : '' },
        ...{ runId: RUN, computedAt: new Date(60_000), sequence: 7 },
      }),
  },
});

test('changes of behaviour are a page of JSON, or all of them as CSV and NDJSON', async () => {
  const { json } = await gateway.get('/api/v1/changes?city=shenyang&measure=data&direction=down&minScore=5&pageSize=1');
  expect(gateway.requests.at(-1)).toEqual({
    ...{ month: '', orgUnitPath: 'demo/shenyang/', measure: 'data', direction: 'down', scoreMin: 5 },
    ...{ subscriptionIds: [], pageSize: 1, pageToken: '' },
  });
  const { orgUnitPath: orgUnit, ...change } = CHANGE;
  expect(json).toMatchObject({
    changes: [{ ...change, orgUnit }],
    measures: [{ compared: 100, changed: 2, threshold: 4.5, alarmShare: 0.01 }],
    ...{ runId: RUN, computedAt: '1970-01-01T00:01:00.000Z', sequence: 7, nextPageToken: 'k.1' },
  });
  await gateway.get(`/api/v1/changes?subscription=${SUBSCRIPTION}`);
  expect(gateway.requests.at(-1)).toMatchObject({ subscriptionIds: [SUBSCRIPTION] });
  const csv = await gateway.get('/api/v1/changes?format=csv');
  const head = 'subscriptionId,orgUnit,measure,direction,value,usual,relativeChange,groupChange,score,sinceMonth\r\n';
  expect(csv.text).toBe(head + LINE + LINE);
  const lines = (await gateway.get('/api/v1/changes?format=ndjson')).text.trim().split('\n');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    { ...change, orgUnit },
    { ...change, orgUnit },
  ]);
  expect((await gateway.get('/api/v1/changes?measure=mood')).status).toBe(400);
});

test('the changes of a month are computed on request', async () => {
  const started = await gateway.post('/api/v1/changes', { month: '2026-08' });
  expect([started.status, started.json['kind']]).toEqual([202, 'detect-changes']);
  expect(gateway.requests.at(-1)).toEqual({ month: '2026-08' });
});
