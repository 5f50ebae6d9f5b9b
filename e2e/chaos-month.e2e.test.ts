/**
 * Kills services (-9) during every stage of an operator's month while `npm start` runs. The results must equal those of
 * the prepared month byte for byte, although that one ran without kills and with one thread of DuckDB, and this one runs
 * with two. `npm run chaos` repeats it with kills at other moments.
 */
import fs from 'node:fs';
import path from 'node:path';

import { differingFiles } from '../tools/smoke/month-export.mjs';
import { exportHome } from './support/export-home.js';
import { killDuring, type KillPlan, type KillProof } from './support/kill.js';
import { Launcher } from './support/launcher.js';
import { monthResults } from './support/month-results.js';
import { makeFolder } from './support/once-per-run.js';
import { preparedMonth } from './support/prepared-month.js';
import { differences } from './support/results.js';

const ROUNDS = Number(process.env['E2E_CHAOS_ROUNDS'] ?? '1');

/** Every stage of the month: who does it, in a job of which kind. */
const STAGES = [
  ['feature-store', 'import-extract'],
  ['customer-profile', 'import-extract-profiles'],
  ['feature-store', 'materialise-view'],
  ['churn-scoring', 'train-model'],
  ['churn-scoring', 'score-table'],
  ['preference-recommendation', 'fit-plans'],
  ['household-identification', 'identify-households'],
  ['campaign', 'enrol-campaign'],
  ['evaluation', 'evaluate-campaigns'],
] as const;

let folder: string;
let undisturbed: Awaited<ReturnType<typeof preparedMonth>>;

jest.setTimeout(900_000);

beforeAll(async () => {
  undisturbed = await preparedMonth();
  folder = makeFolder('chaos-month');
});

it('an undisturbed run has something to compare with', () => {
  const least = { scores: 300, fits: 300, households: 5, rules: 10, leavers: 3, rejects: 10, assignments: 10, list: 5 };
  for (const [what, rows] of Object.entries(least)) {
    expect([what, undisturbed.results[what]!.length >= rows]).toEqual([what, true]);
  }
  expect(undisturbed.exported.size).toBeGreaterThan(50);
});

describe.each(Array.from({ length: ROUNDS }, (_, round) => round))('round %d of kills', (round) => {
  let month: Month;

  beforeAll(async () => {
    const plans = STAGES.map((stage) => planOf(stage, round));
    month = await run(`round-${round}`, plans);
  });

  it('hit every stage while it was running', () => {
    const hit = month.proofs.map(({ service, kind }) => `${service} ${kind}`);
    expect(hit.sort()).toEqual(STAGES.map((stage) => stage.join(' ')).sort());
  });

  it.each([
    ...['imports', 'rejects', 'figures', 'scores', 'leavers', 'fits', 'households', 'rules', 'assignments', 'list'],
    ...['script', 'effect', 'events'],
  ])('gave the same %s', (what) => {
    expect(differences(month.results[what]!, undisturbed.results[what]!)).toEqual([]);
  });

  it('gave the same bytes, whatever a user takes out', () => {
    expect(differingFiles(month.exported, undisturbed.exported)).toEqual([]);
  });
});

/** Some moment of the stage: each later round waits until more of it is done. */
function planOf([service, kind]: (typeof STAGES)[number], round: number): KillPlan {
  const fractionMin = ((round * 7) % 5) / 10;
  return { service, kind, isDue: ({ fraction }) => fraction >= fractionMin };
}

interface Month {
  results: Record<string, string[]>;
  exported: Map<string, string>;
  proofs: KillProof[];
}

async function run(name: string, plans: KillPlan[]): Promise<Month> {
  const reportFile = path.join(folder, `${name}-report`, 'month.json');
  fs.mkdirSync(path.dirname(reportFile));
  const launcher = await Launcher.start(path.join(folder, name), {
    options: ['--extract', undisturbed.world.extract, '--report', reportFile],
    environment: { HOLDFAST_DUCKDB_THREADS: '2' },
  });
  try {
    const [proofs] = await Promise.all([
      Promise.all(plans.map((plan) => killDuring(launcher.home, plan))),
      launcher.untilServing(600_000),
    ]);
    const results = await monthResults(launcher.home, reportFile);
    return { results, exported: await exportHome(launcher.home, reportFile), proofs };
  } finally {
    await launcher.stop();
  }
}
