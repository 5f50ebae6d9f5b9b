import { readFileSync } from 'node:fs';
import path from 'node:path';
import { withContract } from './print-contract.mjs';

const document = readFileSync(path.join(__dirname, '../../docs/extract.md'), 'utf8');

test('docs/extract.md has the input contract as it is', () => {
  expect(withContract(document)).toBe(document);
});

test('a table has its grain, key and use, and a column its type, reference, values, example and meaning', () => {
  const lines = document.slice(document.indexOf('### billing\n'), document.indexOf('### bundle_items\n')).split('\n');
  expect(lines).toEqual(
    expect.arrayContaining([
      '- One row per subscription and month. Key: `subscription_id`, `month`.',
      '| `subscription_id` | subscription | yes, key | [subscriptions](#subscriptions) |  | `S001` | the subscription |',
      '| `arpu` | money | yes |  |  | `62.30` | billed revenue, net of discounts |',
    ]),
  );
  expect(document).toContain('| `gender` | enum |  |  | `m` `f` | `m` | male or female |');
  expect(document).toContain('| 1 to 10 | `8` | rating, 10 is best |');
});

test('a document without the comments of a part is refused', () => {
  expect(() => withContract('# Another document')).toThrow('no generated part manifest');
});
