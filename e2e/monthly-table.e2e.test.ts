/** A plain table with a row for each subscriber and month: learned and judged as months, and the last one is scored. */
import fs from 'node:fs';
import path from 'node:path';
import { syntheticMonthName, syntheticMonths, syntheticMonthsCsv } from '@holdfast/learning/synthetic-months.fixture';
import type { Model } from '@holdfast/client/gen/operations';
import type { RestClient } from '@holdfast/client/rest-client';
import { runCommand } from './support/command-line.js';
import { jobDone, reportOf, uploadTable } from './support/imports.js';
import { stepsOfMonth } from './support/months.js';
import { makeFolder } from './support/once-per-run.js';
import { sharedSystem } from './support/shared-system.js';
import type { SystemHome } from './support/system-home.js';

jest.setTimeout(300_000);

const MONTHS = 9;
const LAST = MONTHS - 1;
const rows = syntheticMonths({ subscribers: 1_500, months: MONTHS, seed: 8 });
const MAPPING = `table: monthly
key: id
asOf: { column: month }
label: { column: churn, positive: "1", negative: "0" }
value: fee
`;

let home: SystemHome;
let operator: RestClient;

beforeAll(async () => {
  ({ home } = await sharedSystem());
  operator = home.client('console');
});

it('learns from all months, and its list is that of the last one at its natural rate', async () => {
  const file = syntheticMonthsCsv(rows, ({ month, leaves }) => (month === LAST ? '' : leaves ? '1' : '0'));
  await jobDone(operator, await uploadTable(operator, MAPPING, 'monthly.csv', file));
  const steps = await stepsOfMonth(operator, syntheticMonthName(LAST), 'monthly');
  expect([...steps.values()].map(({ step, state }) => `${step} ${state}`)).toEqual([
    ...['import done', 'profiles done', 'training done', 'scoring done', 'lists done'],
  ]);
  // A request for what has been done gives its job.
  const trained = await operator.call('POST /api/v1/models', { body: { table: 'monthly' } });
  expect(trained).toMatchObject({ jobId: steps.get('training')!.jobId, state: 'done' });
  const model = await operator.call('GET /api/v1/models/{modelId}', { modelId: trained.result['modelId']! });
  const labelled = rows.filter(({ month }) => month === LAST - 1);
  const left = labelled.filter(({ leaves }) => leaves).length;
  expect(model.excluded).toContainEqual({ column: 'price_index', reason: 'calendar' });
  expect(model.validation!.scheme).toBe('forward in time');
  const lastMonth = model.validation!.lastMonth!;
  expect(lastMonth).toMatchObject({
    month: syntheticMonthName(LAST - 1),
    rows: labelled.length,
    positives: left,
    isForward: true,
  });
  expect(lastMonth.realised).toBeCloseTo(left / labelled.length, 9);

  const scored = await operator.call('POST /api/v1/scores', { body: { table: 'monthly' } });
  expect(scored).toMatchObject({ jobId: steps.get('scoring')!.jobId, state: 'done' });
  const run = await operator.call('GET /api/v1/churn-runs/{runId}', { runId: scored.result['runId']! });
  const current = rows.filter(({ month }) => month === LAST);
  expect(run).toMatchObject({ month: syntheticMonthName(LAST), rows: current.length, notices: [] });
  expect(run.realised).toEqual({ month: lastMonth.month, share: lastMonth.realised });
  const list = await operator.all('GET /api/v1/churn-lists', 'scores', { table: 'monthly', pageSize: 1000 });
  expect(list).toHaveLength(current.length);
  const { queues } = await operator.call('GET /api/v1/agent-queues');
  const { modelId, runId } = run;
  expect(queues).toContainEqual(expect.objectContaining({ queue: 'monthly', runId, modelId, month: run.month }));
  const mean = list.reduce((sum, { probability }) => sum + probability, 0) / list.length;
  expect(mean).toBeCloseTo(run.meanProbability!, 4);
  // One in fifty churns; of the newest row of each customer, one in five would have.
  expect(run.meanProbability).toBeGreaterThan(0.015);
  expect(run.meanProbability).toBeLessThan(0.026);
});

it('of two files, the second of which has the newest month, has learned from both and is of that month', async () => {
  const mapping = MAPPING.replace('table: monthly', 'table: monthly-files');
  const labelled = (month: number, leaves: boolean): string => (month === LAST ? '' : leaves ? '1' : '0');
  // The label of the first file's last month is known when the second one is exported, which has the month again.
  const first = syntheticMonthsCsv(
    rows.filter(({ month }) => month < LAST),
    ({ month, leaves }) => (month === LAST - 1 ? '' : labelled(month, leaves)),
  );
  const second = syntheticMonthsCsv(
    rows.filter(({ month }) => month >= LAST - 1),
    ({ month, leaves }) => labelled(month, leaves),
  );
  await jobDone(operator, await uploadTable(operator, mapping, 'first.csv', first));
  const before = await stepsOfMonth(operator, syntheticMonthName(LAST - 1), 'monthly-files');
  const learnedBefore = await modelOf(before.get('training')!.jobId!);
  const imported = await jobDone(operator, await uploadTable(operator, mapping, 'second.csv', second));
  const report = await reportOf(operator, imported);
  expect(report.notices.map(({ code }) => code)).toEqual(expect.arrayContaining(['months.replaced', 'months.joined']));
  const table = await operator.call('GET /api/v1/tables/{table}', { table: 'monthly-files' });
  const whole = await operator.call('GET /api/v1/tables/{table}', { table: 'monthly' });
  for (const figure of ['rows', 'months', 'labelledRows', 'positiveRows'] as const)
    expect(table[figure]).toEqual(whole[figure]);

  const steps = await stepsOfMonth(operator, syntheticMonthName(LAST), 'monthly-files');
  const model = await modelOf(steps.get('training')!.jobId!);
  expect(model.validation!.lastMonth!.month).toBe(syntheticMonthName(LAST - 1));
  expect(learnedBefore.validation!.lastMonth!.month).toBe(syntheticMonthName(LAST - 2));
  // The rows, their labels and the months that are judged are those of one file.
  const { models } = await operator.call('GET /api/v1/models', { table: 'monthly' });
  const judged = ({ validation }: Model) => {
    const { rows: judgedRows, positives, judgedMonths, trainingMonths } = validation!;
    return { judgedRows, positives, judgedMonths, trainingMonths };
  };
  expect(judged(model)).toEqual(judged(models[0]!));

  const scored = await operator.call('GET /api/v1/jobs/{jobId}', { jobId: steps.get('scoring')!.jobId! });
  const run = await operator.call('GET /api/v1/churn-runs/{runId}', { runId: scored.result['runId']! });
  const current = rows.filter(({ month }) => month === LAST);
  expect(run).toMatchObject({ month: syntheticMonthName(LAST), rows: current.length });
  const { queues } = await operator.call('GET /api/v1/agent-queues');
  expect(queues).toContainEqual(
    expect.objectContaining({ queue: 'monthly-files', runId: run.runId, month: syntheticMonthName(LAST) }),
  );
});

it('of files without months takes the month that the command gives, and reports what it has joined', async () => {
  const folder = makeFolder('months-given');
  const mapping = path.join(folder, 'mapping.yaml');
  fs.writeFileSync(
    mapping,
    'table: monthly-snapshots\nkey: id\nlabel: { from: disappearance }\nasOf: 2024-01\nvalue: fee\nexclude: [price_index]\n',
  );
  const outputs: string[] = [];
  for (const month of [0, 1]) {
    const file = path.join(folder, `${month}.csv`);
    const lines = syntheticMonthsCsv(rows.filter((row) => row.month === month)).split('\n');
    fs.writeFileSync(
      file,
      lines
        .map((line) =>
          line
            .split(',')
            .filter((_, at) => at !== 1)
            .join(','),
        )
        .join('\n'),
    );
    const given = ['--mapping', mapping, '--as-of', syntheticMonthName(month)];
    const { code, stdout, stderr } = await runCommand(home, 'import', file, ...given);
    expect(code === 0 ? '' : stderr).toBe('');
    outputs.push(stdout);
  }
  const joined = rows.filter(({ month }) => month === 0).length;
  expect(outputs[1]).toContain(`the table has ${joined} rows of ${syntheticMonthName(0)}, from 1 earlier files`);
  const table = await operator.call('GET /api/v1/tables/{table}', { table: 'monthly-snapshots' });
  const left = rows.filter(({ month, leaves }) => month === 0 && leaves).length;
  expect(table).toMatchObject({ months: [0, 1].map(syntheticMonthName), labelledRows: joined, positiveRows: left });
  const given = ['--mapping', mapping, '--as-of', 'May'];
  const wrong = await runCommand(home, 'import', path.join(folder, '0.csv'), ...given);
  expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('a month such as 2026-09') });
});

async function modelOf(jobId: string): Promise<Model> {
  const { result } = await operator.call('GET /api/v1/jobs/{jobId}', { jobId });
  return operator.call('GET /api/v1/models/{modelId}', { modelId: result['modelId']! });
}
