import fs from 'node:fs';
import path from 'node:path';
import { CAUSES } from '@holdfast/platform/terms';
import { TAXONOMY, elementOf } from './taxonomy.js';

/** Columns with a reason of the product's views, by name. */
const views = path.join(__dirname, '../../../feature-store/views');
const columns = new Map(
  fs
    .globSync('*/*.yaml', { cwd: views })
    .flatMap((file) => fs.readFileSync(path.join(views, file), 'utf8').split('  - name: ').slice(1))
    .flatMap((feature) => {
      const [name, reason] = [/^\w+/.exec(feature)![0], /^ {4}reason: (\w+)/m.exec(feature)?.[1]];
      return reason === undefined ? [] : [[name, reason] as const];
    }),
);

test('each element of the taxonomy is shown by columns of one cause', () => {
  expect(columns.size).toBeGreaterThan(40);
  const causesOf = new Map<string, Set<string>>();
  for (const [name, cause] of columns) {
    const element = elementOf(name);
    causesOf.set(element, new Set([...(causesOf.get(element) ?? []), cause]));
  }
  const general = causesOf.get('');
  causesOf.delete('');
  // A change of use has many causes in life.
  expect([...general!]).toEqual(['habit']);
  expect(Object.fromEntries([...causesOf].map(([element, causes]) => [element, [...causes]]))).toEqual({
    ...{ perUnitPrice: ['misfit'], plan: ['misfit'], terminal: ['contractEnd'], contract: ['contractEnd'] },
    ...{ billingAccuracy: ['service'], customerService: ['service'], coverage: ['network'], callQuality: ['network'] },
    ...{ alternative: ['rival'], locationChange: ['move'], insufficientUse: ['habit'], financialChange: ['habit'] },
  });
});

test('columns of other tables show none, and every cause has its branch and group', () => {
  expect(['MonthlyCharges', 'tenure', 'use_change_log'].map(elementOf)).toEqual(['', '', '']);
  expect(CAUSES.every((cause) => TAXONOMY[cause].branch !== 'involuntary' && TAXONOMY[cause].group !== '')).toBe(true);
});
