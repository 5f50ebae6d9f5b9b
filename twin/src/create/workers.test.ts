import fs from 'node:fs';
import path from 'node:path';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { create } from './create.js';
import { DEFAULT_SETTINGS } from './settings.js';

/** Compiled by `npm test`. */
const WORKER_FILE = path.resolve(__dirname, '../../dist/create/block.worker.js');

const root = new TemporaryFolder();

test('two workers write the same files as one', async () => {
  const settings = { ...DEFAULT_SETTINGS, subscribers: 2600, months: 1, eventMonths: 1, seed: 4 };
  const one = await create(root.at('one'), settings);
  const two = await create(root.at('two'), { ...settings, workers: 2 }, { workerFile: WORKER_FILE });
  expect(one.files.filter(({ table }) => table === 'events').length).toBeGreaterThan(1);
  expect(two.files).toEqual(one.files);
  expect(two.summary).toEqual(one.summary);
  for (const name of ['extract/manifest.json', 'truth/injected_errors.csv', 'truth/hazards/part-00001.csv']) {
    const [left, right] = ['one', 'two'].map((each) => fs.readFileSync(root.at(each, name), 'utf8'));
    expect(right).toBe(left);
  }
});
