import { exampleOf } from '@holdfast/extract-contract/kinds';
import { CONTRACT_TABLES } from '@holdfast/extract-contract/tables';
import { sharedEngine } from '../engine/engine.fixture.js';
import { csvFile, readStaged } from './read-staged.fixture.js';
import { stageCsv } from './stage-csv.js';

const shared = sharedEngine();

test.each(CONTRACT_TABLES.map((table) => [table.name, table] as const))(
  'the example row of %s in docs/extract.md is accepted',
  async (_, table) => {
    const lines = [table.columns.map(({ name }) => name), table.columns.map(exampleOf)];
    const file = csvFile('example.csv', lines.map((cells) => `${cells.join(',')}\n`).join(''));
    const { counts, rejects } = await readStaged(await stageCsv(shared.engine, table, [file], {}));
    expect(rejects).toEqual([]);
    expect(counts.accepted).toBe(1);
  },
);
