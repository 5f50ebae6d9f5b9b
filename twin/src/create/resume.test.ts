import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { fileTree } from '../operator.fixture.js';
import { create } from './create.js';
import { DEFAULT_SETTINGS, type CreateSettings } from './settings.js';

/** Compiled by `npm test`. */
const MAIN_FILE = path.resolve(__dirname, '../../dist/main.js');
const SETTINGS: CreateSettings = {
  ...DEFAULT_SETTINGS,
  subscribers: 2600,
  months: 1,
  eventMonths: 1,
  seed: 4,
  errorShare: 0.01,
  hasCorrections: true,
};
const ARGUMENTS =
  'create --subscribers 2600 --months 1 --event-months 1 --seed 4 --errors 0.01 --corrections --workers 1'.split(' ');
const FIRST_BLOCK = 'extract/usage/part-00000.csv';

const root = new TemporaryFolder();
let uninterrupted: Record<string, string>;

beforeAll(async () => {
  await create(root.at('undisturbed'), SETTINGS);
  uninterrupted = fileTree(root.at('undisturbed'));
});

function expectUninterrupted(name: string): void {
  const tree = fileTree(root.at(name));
  expect(Object.keys(tree)).toEqual(Object.keys(uninterrupted));
  expect(Object.keys(tree).filter((file) => tree[file] !== uninterrupted[file])).toEqual([]);
}

async function stopAfterOneBlock(folder: string): Promise<void> {
  const onProgress = (step: string): void => {
    if (step === 'events') throw new Error('stopped');
  };
  await expect(create(folder, SETTINGS, { onProgress })).rejects.toThrow('stopped');
}

test('a killed run continues with its unfinished blocks and gives the same bytes', async () => {
  const out = root.at('killed');
  const child = spawn(process.execPath, [MAIN_FILE, ...ARGUMENTS, '--out', out], { stdio: 'ignore' });
  const exited = once(child, 'exit');
  while (!fs.existsSync(path.join(out, '.progress/block-00000.json')) && child.exitCode === null) await sleep(5);
  child.kill('SIGKILL');
  expect((await exited)[1]).toBe('SIGKILL');
  expect(fs.existsSync(path.join(out, 'extract/manifest.json'))).toBe(false);
  const written = fs.statSync(path.join(out, FIRST_BLOCK)).mtimeMs;

  const { keptBlocks } = await create(out, SETTINGS);

  expect(keptBlocks).toBeGreaterThan(0);
  expect(fs.statSync(path.join(out, FIRST_BLOCK)).mtimeMs).toBe(written);
  expectUninterrupted('killed');
});

test('a block with a changed file is written again, and partial files are deleted', async () => {
  const out = root.at('spoilt');
  await stopAfterOneBlock(out);
  fs.appendFileSync(path.join(out, FIRST_BLOCK), 'x');
  fs.writeFileSync(path.join(out, 'extract/events/2026-09/tmp_block-00001.parquet'), 'half');
  const { keptBlocks } = await create(out, SETTINGS);
  expect(keptBlocks).toBe(0);
  expectUninterrupted('spoilt');
});

test('a run with other settings starts from the beginning', async () => {
  const out = root.at('other');
  await stopAfterOneBlock(out);
  const other = { ...SETTINGS, hasCorrections: false };
  const { keptBlocks } = await create(out, other);
  expect(keptBlocks).toBe(0);
  expect(Object.keys(fileTree(root.at('other'))).filter((name) => /extract-2|progress/.test(name))).toEqual([]);
});
