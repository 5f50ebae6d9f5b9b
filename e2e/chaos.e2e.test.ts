/**
 * Services are killed (-9) in the middle of their work while `npm start` runs on the example table, one after the other.
 * What comes out must equal that of the shared system, which ran undisturbed. `npm run chaos` repeats it with kills at other
 * moments.
 */
import path from 'node:path';
import { SERVICES } from '@holdfast/platform/services';

import { EXAMPLE_TRUTH } from '../examples/generate.mjs';
import { killDuring, type KillPlan, type KillProof } from './support/kill.js';
import { Launcher } from './support/launcher.js';
import { differences, resultsOf, type Results } from './support/results.js';
import { makeFolder } from './support/once-per-run.js';
import { SHARED_NOW, sharedSystem } from './support/shared-system.js';
import type { LogLine, SystemHome } from './support/system-home.js';

const ROUNDS = Number(process.env['E2E_CHAOS_ROUNDS'] ?? '1');
const { table: TABLE } = EXAMPLE_TRUTH;

let folder: string;
let undisturbed: Results;

jest.setTimeout(600_000);

beforeAll(async () => {
  folder = makeFolder('chaos');
  ({ results: undisturbed } = await sharedSystem());
});

it('an undisturbed run has something to compare with', () => {
  expect(undisturbed.scores.filter((line) => line !== '')).toHaveLength(EXAMPLE_TRUTH.accepted + 1); // and the header
  expect(undisturbed.list.length).toBeGreaterThan(300);
  expect(undisturbed.scripts).toHaveLength(20);
  expect(undisturbed.rejects.length).toBeGreaterThan(10);
  expect(undisturbed.events).toEqual(
    expect.arrayContaining([
      'holdfast.feature-store.v1.table-loaded: 1',
      'holdfast.customer-profile.v1.customers-imported: 1',
      'holdfast.churn-scoring.v1.scores-published: 1',
      'holdfast.campaign.v1.list-built: 1',
    ]),
  );
});

describe.each(Array.from({ length: ROUNDS }, (_, round) => round))('round %d of kills', (round) => {
  let results: Results;
  let proofs: KillProof[];
  let home: SystemHome;
  let restarts: Record<string, number>;

  beforeAll(async () => {
    ({ results, proofs, home, restarts } = await run(`round-${round}`, plansOf(round)));
  });

  it('hit every service in the middle of its work', () => {
    expect(proofs.map(({ service }) => service).sort()).toEqual([
      'campaign',
      'churn-scoring',
      'customer-profile',
      'feature-store',
    ]);
    const killed = new Set(proofs.map(({ service }) => service));
    expect(restarts).toEqual(Object.fromEntries(SERVICES.map((service) => [service, killed.has(service) ? 1 : 0])));
  });

  it('left the scoring partly done, according to its log', () => {
    const { id: jobId, piecesDone, piecesTotal } = proofs.find(({ service }) => service === 'churn-scoring')!;
    expect(piecesDone).toBeGreaterThan(0);
    expect(piecesDone).toBeLessThan(piecesTotal!);
    const lives = livesOf(home.logOf('churn-scoring'));
    const stored = lives.map((lines) => lines.filter((line) => line.msg === 'shard stored' && line['job'] === jobId));
    expect(stored).toHaveLength(2);
    // A killed process loses the newest lines of its log, so the first life shows less than the database does.
    expect(stored[0]!.length).toBeLessThan(piecesTotal!);
    expect(stored[1]!.length).toBeGreaterThan(0);
    expect(stored[1]!.length).toBeLessThanOrEqual(piecesTotal! - piecesDone);
    expect(stored[1]!.at(-1)).toMatchObject({ done: piecesTotal, of: piecesTotal });
  });

  it.each(['scores', 'list', 'scripts', 'imports', 'rejects', 'units', 'events'] as const)(
    'gave the same %s',
    (what) => {
      expect(differences(results[what], undisturbed[what])).toEqual([]);
    },
  );
});

/** Later rounds kill at later points: a phase of the import, a piece of the scoring. */
function plansOf(round: number): KillPlan[] {
  const phaseEnds = [0.5, 0.7, 0.8] as const; // read, checked, stored
  return [
    { service: 'feature-store', kind: 'import-table', isDue: ({ fraction }) => fraction >= phaseEnds[round % 3]! },
    { service: 'customer-profile', kind: 'import-subjects', isDue: () => true },
    { service: 'churn-scoring', kind: 'score-table', isDue: ({ piecesDone }) => piecesDone > (3 * round) % 12 },
    { service: 'campaign', kind: 'build-list', isDue: () => true },
  ];
}

/** A whole `npm start` in a separate home, with the planned kills. */
async function run(
  name: string,
  plans: KillPlan[],
): Promise<{ results: Results; proofs: KillProof[]; home: SystemHome; restarts: Record<string, number> }> {
  const launcher = await Launcher.start(path.join(folder, name), {
    options: ['--example'],
    environment: { HOLDFAST_NOW: SHARED_NOW },
  });
  const { home } = launcher;
  try {
    const [proofs] = await Promise.all([
      Promise.all(plans.map((plan) => killDuring(home, plan))),
      launcher.untilServing(400_000),
    ]);
    const results = await resultsOf(home, TABLE);
    const restarts = Object.fromEntries(SERVICES.map((service) => [service, livesOf(home.logOf(service)).length - 1]));
    return { results, proofs, home, restarts };
  } finally {
    await launcher.stop();
  }
}

/** A service's log, split where its process started again. */
function livesOf(lines: LogLine[]): LogLine[][] {
  const lives: LogLine[][] = [];
  for (const line of lines) {
    if (line.ready !== undefined) lives.push([]);
    lives.at(-1)?.push(line);
  }
  return lives;
}
