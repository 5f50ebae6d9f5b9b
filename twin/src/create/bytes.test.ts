import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { create } from './create.js';
import { DEFAULT_SETTINGS } from './settings.js';

/**
 * Comparisons between versions of a system on "the operator of seed 3" rely on these bytes. An intended change of the
 * output raises `FORMAT` in progress.ts and updates these hashes. Events are excluded, since their Parquet differs
 * between versions of DuckDB; the sums in `usage` cover them.
 */
const WRITTEN = {
  extract: 'a6eff6d48879cb43d82b7bda5305bf62c2c72a0cf6dca1c83936ff2db1cd9bfe',
  truth: 'dbadbf794301a23a554c8dc99b5360104ed3725cb82dcaec5cc9ace30bd3e055',
};

const folder = new TemporaryFolder();

test('the operator of a seed has the same bytes as before', async () => {
  await create(folder.path, { ...DEFAULT_SETTINGS, subscribers: 200, months: 12, eventMonths: 1, seed: 3 });
  const [extract, truth] = ['extract', 'truth'].map((name) => hashOf(folder.at(name)));
  expect({ extract, truth }).toEqual(WRITTEN);
});

function hashOf(part: string): string {
  const hash = createHash('sha256');
  const names = fs.readdirSync(part, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.csv'));
  for (const name of names.sort()) hash.update(name).update(fs.readFileSync(path.join(part, name)));
  return hash.digest('hex');
}
