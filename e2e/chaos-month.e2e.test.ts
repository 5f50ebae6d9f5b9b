/**
 * Services are killed (-9) in the middle of every stage of an operator's month while `npm start` runs. What comes out
 * must equal what comes out when nobody is killed, byte for byte, although the undisturbed month ran with one thread of
 * DuckDB and the others run with two. `npm run chaos` does the same more often, at other moments.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { MonthSummary } from '@holdfast/cli/month-summary';

import { differingFiles, exportHome } from './support/export-home.js';
import { killDuring, type KillPlan, type KillProof } from './support/kill.js';
import { Launcher } from './support/launcher.js';
import { OperatorWorld } from './support/operator-world.js';
import { differences, exportedScores, publishedEvents } from './support/results.js';
import { scratchFolder } from './support/shared-system.js';
import type { SystemHome } from './support/system-home.js';

const ROUNDS = Number(process.env['E2E_CHAOS_ROUNDS'] ?? '1');
const WORLD = { subscribers: 600, months: 10, seed: 5 };
const VIEW = 'subscriber-months';

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

/** Ids of uploads and leases hold the time; those of runs, campaigns, people and models follow from what they name. */
const RUN_ID = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g;

let folder: string;
let world: OperatorWorld;
let undisturbed: Month;

jest.setTimeout(900_000);

beforeAll(async () => {
  folder = path.join(scratchFolder(), 'chaos-month');
  fs.mkdirSync(folder, { mode: 0o711 });
  world = await OperatorWorld.create(path.join(folder, 'operator'), WORLD);
  undisturbed = await run('undisturbed', [], 1);
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
    month = await run(
      `round-${round}`,
      STAGES.map((stage) => planOf(stage, round)),
      2,
    );
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

async function run(name: string, plans: KillPlan[], threads: number): Promise<Month> {
  const reportFile = path.join(folder, `${name}-report`, 'month.json');
  fs.mkdirSync(path.dirname(reportFile));
  const launcher = await Launcher.start(path.join(folder, name), {
    options: ['--extract', world.extract, '--report', reportFile],
    environment: { HOLDFAST_DUCKDB_THREADS: String(threads) },
  });
  try {
    const [proofs] = await Promise.all([
      Promise.all(plans.map((plan) => killDuring(launcher.home, plan))),
      launcher.untilServing(600_000),
    ]);
    const results = await resultsOf(launcher.home, reportFile);
    return { results, exported: await exportHome(launcher.home, reportFile), proofs };
  } finally {
    await launcher.stop();
  }
}

/** Everything that a month has produced, without ids of runs and without times: equal for equal months. */
async function resultsOf(home: SystemHome, reportFile: string): Promise<Record<string, string[]>> {
  const summary = JSON.parse(fs.readFileSync(reportFile, 'utf8')) as MonthSummary;
  const lines = (place: string): string[] =>
    (JSON.parse(fs.readFileSync(path.join(path.dirname(reportFile), place), 'utf8')) as unknown[])
      .map((row) => JSON.stringify(row))
      .sort();
  const { planFit, households, campaign, effect, pastCampaign, model, atRisk, causes, list, script } = summary;
  const rules = JSON.parse(fs.readFileSync(path.join(path.dirname(reportFile), households!.rules), 'utf8')) as Record<
    string,
    [string, string][]
  >;
  const database = await home.openDatabase();
  const assignments = await database.query<{ line: string }>(
    "select concat_ws(' ', subscription_id, arm, stratum, propensity) as line from campaign.assignment order by 1",
  );
  await database.end();
  return {
    imports: summary.imports.map(({ table, read, accepted, rejected, duplicates }) =>
      [table, read, accepted, rejected, duplicates].join(' '),
    ),
    rejects: lines(summary.rejects),
    figures: [{ ...model, modelId: '' }, atRisk, causes].map((part) => JSON.stringify(part)),
    scores: (await exportedScores(home, VIEW)).split('\n').map((line) => line.replace(/,\d{4}-\d\d-\d\dT[^,]*/, '')),
    leavers: lines(summary.reasons),
    fits: lines(planFit!.recommendations),
    households: (
      JSON.parse(fs.readFileSync(path.join(path.dirname(reportFile), households!.households), 'utf8')) as {
        members: string[];
      }[]
    )
      .map(({ members }) => [...members].sort().join(' '))
      .sort(),
    rules: Object.entries(rules)
      .flatMap(([rule, pairs]) => pairs.map((pair) => `${rule} ${pair.join(' ')}`))
      .sort(),
    assignments: [...assignments.rows.map(({ line }) => line), ...campaign!.arms.map((arm) => JSON.stringify(arm))],
    list: list.map((entry) => JSON.stringify(entry)),
    script: [JSON.stringify(script!.text).replace(RUN_ID, 'a run')],
    effect: [JSON.stringify([effect, pastCampaign, campaign!.outcomesDue])],
    events: await publishedEvents(home),
  };
}
