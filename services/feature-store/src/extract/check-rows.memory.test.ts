import { contractTable } from '@holdfast/extract-contract/table';
import { LocalClock } from '../column/local-clock.js';
import { createRejects } from '../csv/rejects.js';
import { withEngine } from '../engine/engine.fixture.js';
import { References } from '../facts/references.js';
import { checkRows } from './check-rows.js';
import { extractHeader } from './header.js';

const ROWS = 150_000;

it('checks a table with another pair of people on every row in less memory than their identifiers take', async () => {
  const table = contractTable('calls', { kind: 'month', column: 'month' }, [
    'month month * key',
    'subscription_id subscription * key',
    'peer peer',
  ]);
  await withEngine(
    async (engine) => {
      const rows = await engine.viewOf(
        'staged',
        ['row_no', 'file_no', 'line'],
        `select (range + 1)::ubigint as row_no, 0 as file_no, (range + 1)::ubigint as line, '2026-09' as c0,
           'caller-' || range as c1, 'other-party-' || range as c2 from range(${ROWS})`,
      );
      const header = extractHeader(table, ['month', 'subscription_id', 'peer'], Array(3).fill('VARCHAR'), 'calls.csv');
      const rejects = await createRejects(engine);
      const staged = { header, rows, rejects, rowsOfFiles: [ROWS], notices: [] };
      const references = new References(engine, 'demo');
      const { accepted, counts } = await checkRows(staged, {
        ...{ clock: new LocalClock('Asia/Shanghai'), from: '2026-09', to: '2026-09' },
        plausible: { first: '1980-01-01', after: '2027-01-01' },
        resolve: (...column) => references.resolve(...column),
      });

      expect(counts).toEqual({ read: ROWS, accepted: ROWS, rejected: 0, duplicates: 0 });
      const ids = `select count(distinct subscription_id) + count(distinct peer) as ids from ${accepted.name} where row_no <= 1000`;
      expect(await engine.numbers(ids)).toEqual({ ids: 2000 });
    },
    { memoryMax: '20MB' },
  );
}, 60_000);
