/**
 * The month of one operator in two homes, with one and with two threads of DuckDB: everything that a user can export is
 * equal in both, byte for byte. `npm run repeat` does it five times; `npm test` compares two months in chaos-month.
 */
import fs from 'node:fs';
import path from 'node:path';

import { differingFiles } from '../tools/smoke/month-export.mjs';
import { exportHome, writeExport } from './support/export-home.js';
import { Launcher } from './support/launcher.js';
import { OperatorWorld } from './support/operator-world.js';
import { scratchFolder } from './support/once-per-run.js';

const ROUNDS = Number(process.env['E2E_REPEAT_ROUNDS'] ?? '1');
const WORLD = {
  subscribers: Number(process.env['E2E_REPEAT_SUBSCRIBERS'] ?? '500'),
  months: Number(process.env['E2E_REPEAT_MONTHS'] ?? '9'),
  seed: 7,
};

let folder: string;
let world: OperatorWorld;
let first: Map<string, string>;

jest.setTimeout(1_800_000);

beforeAll(async () => {
  folder = process.env['E2E_REPEAT_FOLDER'] ?? path.join(scratchFolder(), 'repeat');
  fs.mkdirSync(folder, { mode: 0o711, recursive: true });
  world = await OperatorWorld.create(path.join(folder, 'operator'), WORLD);
  first = await run('first', 1);
});

it('there is something to compare', () => {
  const rows = (name: string): number => first.get(name)!.split('\n').length;
  const least = { 'scores.csv': 200, 'plan-fits.ndjson': 200, 'households.ndjson': 10, 'pairs.ndjson': 10 };
  for (const [name, count] of Object.entries(least)) expect([name, rows(name) >= count]).toEqual([name, true]);
  expect([...first.keys()].filter((name) => name.startsWith('script-')).length).toBeGreaterThan(3);
});

it.each(Array.from({ length: ROUNDS }, (_, round) => round + 1))('round %d gives the same bytes', async (round) => {
  const found = await run(`round-${round}`, 1 + (round % 2));
  expect(differingFiles(found, first)).toEqual([]);
});

async function run(name: string, threads: number): Promise<Map<string, string>> {
  const reportFile = path.join(folder, `${name}-report`, 'month.json');
  fs.mkdirSync(path.dirname(reportFile), { recursive: true });
  const launcher = await Launcher.start(path.join(folder, name), {
    options: ['--extract', world.extract, '--report', reportFile],
    environment: { HOLDFAST_DUCKDB_THREADS: String(threads) },
  });
  try {
    await launcher.untilServing(1_200_000);
    const files = await exportHome(launcher.home, reportFile);
    writeExport(path.join(folder, `${name}-export`), files);
    return files;
  } finally {
    await launcher.stop();
  }
}
