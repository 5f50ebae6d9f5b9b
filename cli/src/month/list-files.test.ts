import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { ListFiles } from './list-files.js';

const folder = new TemporaryFolder();
const read = (name: string): unknown => JSON.parse(folder.read(name));

async function* rowsOf<T>(rows: readonly T[]): AsyncGenerator<T> {
  for (const row of rows) yield row;
}

describe('list files', () => {
  const row = fc.record({ id: fc.string({ unit: 'grapheme' }), amount: fc.option(fc.integer()) });

  it('have the rows of a list', async () => {
    const lists = new ListFiles(folder.at('lists'));
    await fc.assert(
      fc.asyncProperty(fc.array(row), async (rows) => {
        expect(await lists.write('rejects', rowsOf(rows))).toBe('list:rejects');
        expect(read('lists/rejects.json')).toEqual(rows);
      }),
      { numRuns: 30 },
    );
  });

  it('have the rows of each key, in their order', async () => {
    const lists = new ListFiles(folder.at('lists'));
    const keyed = fc.tuple(fc.constantFrom('all', 'account', '"quoted"'), row);
    await fc.assert(
      fc.asyncProperty(fc.array(keyed), async (rows) => {
        const grouped: Record<string, unknown[]> = {};
        for (const [key, value] of rows) (grouped[key] ??= []).push(value);
        expect(await lists.writeGroups('rules', rowsOf(rows))).toBe('list:rules');
        expect(read('lists/rules.json')).toEqual(grouped);
      }),
      { numRuns: 30 },
    );
  });

  it('are longer than a text may be in memory at once', async () => {
    const lists = new ListFiles(folder.at('lists'));
    const long = Array.from({ length: 3_000 }, (_, at) => ({ at, text: 'x'.repeat(100) }));
    await lists.write('long', rowsOf(long));
    expect(read('lists/long.json')).toEqual(long);
    await lists.writeGroups('long', rowsOf(long.map((each) => [each.at % 2 === 0 ? 'even' : 'odd', each] as const)));
    expect(read('lists/long.json')).toEqual({
      even: long.filter(({ at }) => at % 2 === 0),
      odd: long.filter(({ at }) => at % 2 === 1),
    });
  });

  it('are not replaced by a list that breaks off, which leaves nothing behind', async () => {
    const lists = new ListFiles(folder.at('broken'));
    await lists.write('rejects', rowsOf([1]));
    const broken = async function* () {
      yield ['all', 2] as const;
      throw new Error('the system has gone');
    };
    await expect(lists.write('rejects', broken())).rejects.toThrow('the system has gone');
    await expect(lists.writeGroups('rules', broken())).rejects.toThrow('the system has gone');
    expect(read('broken/rejects.json')).toEqual([1]);
    expect(readdirSync(folder.at('broken'))).toEqual(['rejects.json']);
  });
});
