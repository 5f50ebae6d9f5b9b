import { readFileSync } from 'node:fs';
import path from 'node:path';

import { printCodes } from './print-codes.mjs';

const repository = path.join(__dirname, '..', '..');

test('the codes of the gateway are those that the services declare', () => {
  const committed = readFileSync(path.join(repository, 'services/gateway/src/operation/problem-codes.ts'), 'utf8');
  expect(committed).toBe(printCodes(repository));
  expect(committed).toContain("'lease.gone': 'gone'");
  // A job that purges runs is declared with its tables.
  for (const kind of ['score-table', 'purge-scores', 'purge-households']) expect(committed).toContain(`  '${kind}',`);
});
