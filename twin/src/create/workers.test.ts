import fs from 'node:fs';
import path from 'node:path';
import { temporaryFolder } from '../operator.fixture.js';
import { create } from './create.js';
import { DEFAULT_SETTINGS } from './settings.js';

/** Compiled by `npm test`. */
const WORKER_FILE = path.resolve(__dirname, '../../dist/create/block.worker.js');

const root = temporaryFolder();

test('two workers write the same files as one', async () => {
  const settings = { ...DEFAULT_SETTINGS, subscribers: 2600, months: 1, eventMonths: 1, seed: 4 };
  const one = await create(path.join(root, 'one'), settings);
  const two = await create(path.join(root, 'two'), { ...settings, workers: 2 }, { workerFile: WORKER_FILE });
  expect(one.files.filter(({ table }) => table === 'events').length).toBeGreaterThan(1);
  expect(two.files).toEqual(one.files);
  expect(two.summary).toEqual(one.summary);
  for (const name of ['extract/manifest.json', 'truth/injected_errors.csv', 'truth/hazards/part-00001.csv']) {
    const [left, right] = ['one', 'two'].map((each) => fs.readFileSync(path.join(root, each, name), 'utf8'));
    expect(right).toBe(left);
  }
});
