import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  problem,
  startRestServer,
  type Asked,
  type Reply,
  type RestServer,
} from '@holdfast/client/rest-server.fixture';
import { formatSummary } from '../output/format-summary.js';
import { runMainJob } from './main-job.js';

const TABLE = {
  table: 'demo',
  version: 'v1',
  rows: 3,
  months: ['2026-10'],
  columns: [
    { name: 'id', label: { en: null, 'zh-CN': null } },
    { name: 'complaints_90d', label: { en: null, 'zh-CN': '近三月投诉次数' } },
    { name: 'plan', label: { en: 'plan', 'zh-CN': '套餐' } },
  ],
  labelledRows: 3,
  positiveRows: 1,
};
const ITEM = {
  subscriptionId: '1b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed',
  rank: 1,
  probability: 0.714,
  value: { amount: '88.00', currency: 'CNY' },
  priority: 20.8,
  quadrant: 'C',
  firstReason: 'complaints_90d',
  state: 'open',
  orgUnit: 'demo/',
};
const IMPORT = {
  importId: 'i1',
  tables: [{ table: 'demo', version: 'v1', read: 5, accepted: 3, rejected: 1, duplicates: 1 }],
  notices: [{ code: 'file.encoding', column: null, message: 'The file was read as GB18030, not as UTF-8.' }],
  findings: [{ code: 'column.added', table: 'demo', column: 'new', holds: false, message: 'Column new is new.' }],
};
const AT_RISK = { count: 1, probabilityMin: 0.5, byReason: [{ column: 'complaints_90d', count: 1 }] };
const ESTIMATE = { mean: 0.8461, low: 0.838, high: 0.854 };
const MODEL = {
  modelId: 'm1',
  kind: 'status',
  name: 'demo-1',
  method: 'boosting+logistic',
  validation: {
    scheme: 'repeated 5-fold',
    rows: 3,
    auc: ESTIMATE,
    averagePrecision: ESTIMATE,
    lift10: ESTIMATE,
    calibrationError: ESTIMATE,
    calibrationErrorIdeal: { mean: 0.01, p95: 0.02 },
    capacity: { contacts: 60, share: 0.02, precision: { mean: 0.31, low: 0.25, high: 0.37 }, months: [] },
  },
  excluded: [],
  verdict: { promoted: true, code: 'promotion.first', message: 'First.', comparison: null },
};

let server: RestServer;
let folder: string;
/** Answers that differ from the usual, by method and path. */
let special: Record<string, (asked: Asked) => Reply>;
/** The first read finds the queue of the run before. */
let queueReads: number;

beforeEach(async () => {
  special = {};
  queueReads = 0;
  folder = mkdtempSync(path.join(tmpdir(), 'holdfast-main-job-'));
  writeFileSync(path.join(folder, 'table.csv'), 'id,left\n1,yes\n');
  writeFileSync(path.join(folder, 'mapping.yaml'), 'table: demo\n');
  server = await startRestServer((asked) => answerOf(`${asked.method} ${asked.path}`, asked));
});

afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

function answerOf(operation: string, asked: Asked): Reply {
  return (special[operation] ?? USUAL[operation] ?? (() => problem(404, 'route.unknown')))(asked);
}

const USUAL: Record<string, (asked: Asked) => Reply> = {
  'POST /api/v1/tables': () => ({ status: 202, json: { jobId: 'import' } }),
  'GET /api/v1/jobs/import/events': () => doneJob({ importId: 'i1', table: 'demo', version: 'v1' }),
  'GET /api/v1/months/2026-10': () => month({}),
  'GET /api/v1/imports/i1': () => ({ json: IMPORT }),
  'GET /api/v1/tables/demo': () => ({ json: TABLE }),
  'GET /api/v1/models/m1': () => ({ json: MODEL }),
  'GET /api/v1/churn-runs/r1': () => ({ json: { runId: 'r1', modelId: 'm1', table: 'demo', atRisk: AT_RISK } }),
  'GET /api/v1/agent-queues': () => {
    queueReads += 1;
    return { json: { queues: [{ queue: 'demo', runId: queueReads === 1 ? 'r0' : 'r1' }] } };
  },
  'GET /api/v1/agent-queues/demo/items': () => ({ json: { items: [ITEM] } }),
  'POST /api/v1/agent-queues/demo/leases': () => ({
    status: 201,
    json: { lease: { leaseId: 'l1', item: ITEM }, passedOver: {}, retryAt: null },
  }),
  'GET /api/v1/scripts/current': ({ query }) =>
    query.get('format') === 'text'
      ? { text: query.get('lang') === 'en' ? 'Tendency: high' : '流失倾向：高' }
      : { json: { sections: [{ key: 'churnTendency' }] } },
  'DELETE /api/v1/leases/l1': () => (response) => void response.writeHead(204).end(),
};

const STEP = {
  ...{ table: 'demo', state: 'done', jobId: 'churn-scoring.j1', progress: 1, phase: '', rowsDone: 0, rowsTotal: null },
  ...{ requestedAt: '2026-11-03T02:00:00.000Z', endedAt: '2026-11-03T02:00:01.500Z', waitsFor: [] },
  ...{ result: {}, code: null, message: null },
};

/** The steps of the table's month, and one of an extract, with changes. */
function month(changes: Record<string, object>): Reply {
  const results: Record<string, object> = { training: { modelId: 'm1' }, scoring: { runId: 'r1' } };
  const steps = ['import', 'training', 'scoring', 'lists'].map((step) => ({
    ...{ ...STEP, step, result: results[step] ?? {} },
    ...changes[step],
  }));
  const extract = { ...STEP, step: 'import', table: null, state: 'running' };
  return { json: { month: '2026-10', state: 'done', steps: [extract, ...steps], unavailable: [] } };
}

function doneJob(result: Record<string, string>): Reply {
  return jobReply({ state: 'done', result, error: null });
}

function jobReply(job: object): Reply {
  return {
    text: `event: job\ndata: ${JSON.stringify({ jobId: 'x', kind: 'k', phase: 'p', progress: 1, ...job })}\n\n`,
  };
}

const run = (extra: object = {}) =>
  runMainJob({
    baseUrl: server.url,
    credentials: { clientId: 'c', secret: 'right' },
    tableFile: path.join(folder, 'table.csv'),
    mappingFile: path.join(folder, 'mapping.yaml'),
    ...extra,
  });

const wasAsked = (what: string): number =>
  server.asked.filter(({ method, path: at }) => `${method} ${at}` === what).length;

test('goes from the file to the script', async () => {
  const summary = await run();
  expect(summary).toMatchObject({
    imports: [{ table: 'demo', read: 5, accepted: 3, rejected: 1, duplicates: 1, importId: 'i1' }],
    importNotices: ['The file was read as GB18030, not as UTF-8.', 'Column new is new.'],
    model: {
      kind: 'status',
      version: 'demo-1',
      auc: ESTIMATE,
      averagePrecision: 0.8461,
      calibrationErrorIdealP95: 0.02,
    },
    atRisk: { count: 1, byReason: { complaints_90d: 1 } },
    list: [{ rank: 1, subscriptionId: ITEM.subscriptionId, firstReason: 'complaints_90d' }],
    script: { leaseId: 'l1', text: { en: 'Tendency: high', 'zh-CN': '流失倾向：高' } },
    columnLabels: { complaints_90d: { en: null, 'zh-CN': '近三月投诉次数' } },
    unavailable: [],
  });
  expect(Object.keys(summary.seconds)).toEqual(['import', 'train', 'score', 'list', 'script']);
  expect(summary.curl.join('\n')).toContain(
    `Bearer token.of.1" "${server.url}/api/v1/churn-lists?table=demo&pageSize=5"`,
  );
});

test('sends the mapping before the file', async () => {
  await run();
  const { body } = server.asked.find(({ path: at }) => at === '/api/v1/tables')!;
  expect(body.indexOf('name="mapping"')).toBeGreaterThan(-1);
  expect(body.indexOf('name="file"; filename="table.csv"')).toBeGreaterThan(body.indexOf('name="mapping"'));
});

test('waits for the queue of this run, and releases the lease', async () => {
  await run();
  expect(queueReads).toBe(2);
  expect(wasAsked('DELETE /api/v1/leases/l1')).toBe(1);
});

test('gives the work back when the script cannot be read', async () => {
  special['GET /api/v1/scripts/current'] = () => problem(404, 'script.unknown');
  await expect(run()).rejects.toMatchObject({ status: 404 });
  expect(wasAsked('DELETE /api/v1/leases/l1')).toBe(1);
});

const UNLABELLED = {
  training: { state: 'not_available', result: {}, code: 'training.labelMissing', message: 'No label.' },
  scoring: { state: 'not_available', result: {}, code: 'model.noChampion', message: 'No champion.' },
  lists: { state: 'not_available', result: {}, code: 'month.needs', message: 'It needs a result of: scoring.' },
};

test('waits while a step waits or runs, and for services that do not answer', async () => {
  const answers = [
    problem(404, 'month.unknown'),
    month({ training: { state: 'running', endedAt: null }, scoring: { state: 'waiting', waitsFor: ['training'] } }),
    { json: { month: '2026-10', state: 'running', steps: [], unavailable: ['churn-scoring'] } },
    month({ lists: { state: 'waiting' } }),
  ];
  special['GET /api/v1/months/2026-10'] = () => answers.shift() ?? month({});
  expect((await run()).model).toMatchObject({ modelId: 'm1' });
  expect(wasAsked('GET /api/v1/months/2026-10')).toBe(5);
});

test('the model is the one that scored, next to the one that was trained and did not become champion', async () => {
  special['GET /api/v1/months/2026-10'] = () => month({ training: { result: { modelId: 'm2' } } });
  const difference = { mean: -0.02, low: -0.04, high: 0.01 };
  const comparison = {
    championId: 'm1',
    months: ['2026-08'],
    rows: 90,
    positives: 9,
    championAuc: 0.8,
    auc: 0.78,
    difference,
    championPrecisionAtCapacity: 0.31,
    precisionAtCapacity: 0.28,
  };
  const verdict = { promoted: false, code: 'promotion.worse', message: 'Worse.', comparison };
  special['GET /api/v1/models/m2'] = () => ({ json: { ...MODEL, modelId: 'm2', name: 'demo-2', verdict } });
  const summary = await run();
  expect(summary.model).toMatchObject({ modelId: 'm1', version: 'demo-1' });
  expect(summary.trained).toMatchObject({ modelId: 'm2', version: 'demo-2', verdict: { promoted: false } });
  const text = formatSummary(summary, 'en');
  expect(text).toContain('Trained demo-2: the champion stays\n');
  expect(text).toContain(
    "AUC 0.780, the champion's 0.800 on the same 90 rows of 2026-08, difference -0.020 (-0.040–0.010)",
  );
  expect(text).toContain("  precision at capacity 0.280, the champion's 0.310\n");
  expect(text).toContain('  precision of 60 contacts per month 0.310 (0.250–0.370)\n');
  expect(formatSummary(summary, 'zh-CN')).toContain('现役模型不变');
  expect(formatSummary(summary, 'zh-CN')).toContain('每月联系 60 名时的命中率 0.310 (0.250–0.370)\n');
});

test('without a label trains nothing and reports what it needs', async () => {
  special['GET /api/v1/months/2026-10'] = () => month(UNLABELLED);
  const summary = await run();
  expect(summary).toMatchObject({ model: null, trained: null, atRisk: null, list: [], script: null });
  expect(summary.unavailable).toEqual([
    { what: 'model', needs: 'No label.' },
    { what: 'scores', needs: 'No champion.' },
  ]);
});

test('a table without anything to train on is not a failure', async () => {
  const training = { state: 'not_available', result: {}, code: 'training.tooFewOfAClass', message: 'Too few.' };
  special['GET /api/v1/months/2026-10'] = () => month({ training });
  expect((await run()).unavailable).toContainEqual({ what: 'model', needs: 'Too few.' });
});

test('a training that breaks is', async () => {
  special['GET /api/v1/months/2026-10'] = () => month({ training: { state: 'failed', result: {} } });
  const error = { kind: 'internal', code: 'internal', message: 'Oh.' };
  special['GET /api/v1/jobs/churn-scoring.j1'] = () => ({ json: { jobId: 'x', kind: 'k', state: 'failed', error } });
  await expect(run()).rejects.toThrow('Oh.');
});

test('without an allowed contact the script is that of the first on the list', async () => {
  special['POST /api/v1/agent-queues/demo/leases'] = () => ({
    json: { lease: null, passedOver: { consent: 3 }, retryAt: null },
  });
  const summary = await run();
  expect(summary.script).toMatchObject({ leaseId: null, subscriptionId: ITEM.subscriptionId });
  expect(summary.unavailable[0]!.needs).toContain('consent 3');
});

test('changes the consent default only if requested and different', async () => {
  const at = '/api/v1/parameters/customer-profile/consent.marketingDefault';
  let value = false;
  special[`GET ${at}`] = () => ({ json: { value } });
  special[`PUT ${at}`] = ({ body }) => {
    value = (JSON.parse(body) as { value: boolean }).value;
    return { json: { value } };
  };
  await run();
  expect(wasAsked(`PUT ${at}`)).toBe(0);
  await run({ marketingConsentDefault: true });
  await run({ marketingConsentDefault: true });
  expect(value).toBe(true);
  expect(wasAsked(`PUT ${at}`)).toBe(1);
});

describe('the screen', () => {
  test.each(['en', 'zh-CN'] as const)('has at most 40 lines of 100 columns in %s', async (language) => {
    const summary = await run();
    const long = {
      ...summary,
      list: Array.from({ length: 5 }, (_, i) => ({ ...summary.list[0]!, rank: i + 1, firstReason: 'a'.repeat(200) })),
      script: {
        ...summary.script!,
        text: { en: 'word '.repeat(40).concat('\n').repeat(30), 'zh-CN': `${'话'.repeat(90)}\n`.repeat(30) },
      },
      atRisk: {
        ...summary.atRisk!,
        byReason: Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`column_${i}`, i])),
      },
    };
    const lines = formatSummary(long, language).split('\n');
    expect(lines.length).toBeLessThanOrEqual(40);
    for (const line of lines.filter((one) => !/^(AUTH=|curl )/.test(one))) {
      const columns = line.length + (line.match(/[\u3000-\u9fff\uff00-\uff60]/g)?.length ?? 0);
      expect([line, columns <= 100]).toEqual([line, true]);
    }
  });

  test('shows the figures, and the token once', async () => {
    const text = formatSummary(await run(), 'en');
    expect(text).toContain('Imported demo: 5 rows, accepted 3, rejected 1, duplicates 1');
    expect(text).toContain('AUC 0.846 (0.838–0.854)');
    expect(text).toContain('71 %');
    expect(text.split('token.of.1')).toHaveLength(2);
    expect(text).toContain('curl -s -H "$AUTH" "$API/churn-lists?table=demo&pageSize=5"');
  });

  test('names columns by their labels, where they have one in its language', async () => {
    const summary = await run();
    expect(Object.keys(summary.columnLabels!)).toEqual(['complaints_90d']);
    const chinese = formatSummary(summary, 'zh-CN');
    expect(chinese).toContain('主要原因: 近三月投诉次数 1');
    expect(chinese).not.toContain('complaints_90d');
    expect(formatSummary(summary, 'en').match(/complaints_90d/g)).toHaveLength(2);
    const { columnLabels, ...former } = summary;
    expect(columnLabels).toBeDefined();
    expect(formatSummary(former, 'zh-CN')).toContain('complaints_90d');
  });

  test('shows by how much challengers were better or worse, and which method serves', async () => {
    const summary = await run();
    const judged = { auc: 0.75, treesAuc: 0.754, chosen: false, reason: null };
    const challengers = [
      { ...judged, method: 'weight-of-evidence', difference: { mean: -0.0043, low: -0.0193, high: 0.0101 } },
      { ...judged, method: 'survival', auc: null, treesAuc: null, difference: null, reason: 'No tenure.' },
    ];
    const withChallengers = { ...summary, model: { ...summary.model!, challengers } };
    expect(formatSummary(withChallengers, 'en')).toContain(
      '  Challengers, AUC minus that of the trees: weight of evidence -0.004 (-0.019–0.010); serving:\n' +
        '    boosted trees\n',
    );
    const chosen = challengers.map((each, at) => ({ ...each, chosen: at === 0 }));
    const chinese = formatSummary({ ...summary, model: { ...summary.model!, challengers: chosen } }, 'zh-CN');
    expect(chinese).toContain('证据权重回归 -0.004 (-0.019–0.010)；');
    expect(chinese).toContain('现用：证据权重回归');
  });

  test('shows how many rows had been contacted, and what their treatment changed', async () => {
    const summary = await run();
    const none = { calibrationError: null, comparedCalibrationError: null, meanPrediction: null, rate: null };
    const contacted = {
      ...{ rows: 212, share: 0.0444, positives: 9, treatment: 'keep', comparedWith: 'exclude', ...none },
      ...{ judgedRows: 2_930, judgedContacted: 64, auc: 0.782, comparedAuc: 0.781, comparedMeanPrediction: null },
      difference: { mean: 0.0012, low: -0.0041, high: 0.0052 },
    };
    const withContacted = { ...summary, model: { ...summary.model!, contacted } };
    expect(formatSummary(withContacted, 'en').replaceAll(/\n +/g, ' ')).toContain(
      '212 rows (4.4 %) had been contacted by a campaign and are kept; on rows that were not contacted the AUC minus that with them excluded is 0.001 (-0.004–0.005)',
    );
    expect(formatSummary(withContacted, 'zh-CN')).toContain('曾被营销接触的 212 行（4.4 %）保留');
    const alone = {
      ...withContacted,
      model: { ...withContacted.model, contacted: { ...contacted, difference: null } },
    };
    expect(formatSummary(alone, 'en')).toContain('212 rows (4.4 %) had been contacted by a campaign and are kept\n');
  });

  test('shows the command for the rejected rows, if there are any', async () => {
    const summary = await run();
    expect(formatSummary(summary, 'en')).toContain('./holdfast rejects i1\n');
    const clean = { ...summary, imports: summary.imports.map((one) => ({ ...one, rejected: 0 })) };
    expect(formatSummary(clean, 'en')).not.toContain('rejects');
  });

  test('shows what the owner of the file should know, and counts the rest', async () => {
    const summary = await run();
    expect(formatSummary(summary, 'en')).toContain(
      '  ! The file was read as GB18030, not as UTF-8.\n  ! Column new is new.\n',
    );
    const many = {
      ...summary,
      importNotices: Array.from({ length: 7 }, (_, at) => `Notice ${at} ${'很长的提示，'.repeat(20)}`),
    };
    const lines = formatSummary(many, 'zh-CN').split('\n');
    expect(lines.filter((line) => line.startsWith('  ! '))).toHaveLength(4);
    expect(lines).toContain('  另有 3 条提示: ./holdfast imports show i1');
    expect(lines.join('').split('很长的提示')).toHaveLength(4 * 20 + 1); // wrapped, not truncated
  });

  test('names the columns that the model does not see, and why', async () => {
    const excluded = [
      { column: 'churned_on', reason: 'suspectedLeak' },
      { column: 'country', reason: 'constant' },
    ];
    special['GET /api/v1/models/m1'] = () => ({ json: { ...MODEL, excluded } });
    const summary = await run();
    expect(formatSummary(summary, 'en')).toContain(
      'excluded: churned_on (alone almost equals the label), country (one value only)\n',
    );
    expect(formatSummary(summary, 'zh-CN')).toContain('churned_on (单凭此列即可判断离网)');
  });

  test('marks a figure that could not be computed as not available, and shows the last month', async () => {
    const validation = {
      ...MODEL.validation,
      auc: null,
      averagePrecision: { mean: 0.66, low: null, high: null },
      calibrationError: null,
      lastMonth: { month: '2026-07', rows: 10, realised: 0.0199, meanPrediction: null, auc: null, isForward: true },
    };
    const notices = [{ code: 'model.prevalenceDiffers', message: 'far apart' }];
    special['GET /api/v1/models/m1'] = () => ({ json: { ...MODEL, validation, notices } });
    const summary = await run();
    const text = formatSummary(summary, 'en');
    expect(text).toContain('AUC not available  average precision 0.660  calibration error not available');
    expect(text).toContain('In 2026-07 1.99 % churned, not available had been predicted');
    expect(text).toContain('far apart');
    expect(formatSummary(summary, 'zh-CN')).toContain('AUC 不可用');
  });

  test('omits the reasons that do not fit into a line', async () => {
    const summary = await run();
    const byReason = { [`a${'b'.repeat(39)}`]: 30, [`c${'d'.repeat(39)}`]: 20, [`e${'f'.repeat(39)}`]: 10 };
    const text = formatSummary({ ...summary, atRisk: { ...summary.atRisk!, byReason } }, 'en');
    expect(text).toContain(`mostly because of: a${'b'.repeat(39)} 30, …\n`);
  });

  test('names what is missing', async () => {
    special['GET /api/v1/months/2026-10'] = () => month(UNLABELLED);
    expect(formatSummary(await run(), 'zh-CN')).toContain('暂不可用: model');
  });

  test('gives the whole reason of what is missing, once', async () => {
    const needs = `There are 7 churned and 508 retained subscribers; at least 20 of each are needed to train a model.`;
    const unavailable = [
      { what: 'model', needs },
      { what: 'plan fit', needs: 'Not available: needs table plan_rates.' },
    ];
    const text = formatSummary({ ...(await run()), unavailable }, 'en');
    expect(text).toContain(`\nNot available: model: ${needs}\n`);
    expect(text).toContain('\nNot available: plan fit: needs table plan_rates.\n');
  });
});
