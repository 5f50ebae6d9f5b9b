import path from 'node:path';
import fc from 'fast-check';
import { SHARDS } from '@holdfast/platform/identity';
import { literal } from './engine.js';
import { withEngine } from './engine.fixture.js';
import { rowGroupRows } from './row-groups.js';

const PIECE_ROWS = 1_250;

test('a piece of as many rows reads as many bytes from a small file as from a large one', async () => {
  const [small, large] = [await bytesOfPiece(10_000), await bytesOfPiece(100_000)];
  expect(small).toBeGreaterThan(10_000);
  expect(large / small).toBeLessThan(1.25);
  expect(large / small).toBeGreaterThan(0.8);
}, 60_000);

test('a group holds whole vectors, and neither groups nor columns make many parts', () => {
  const sizes = fc.record({ rows: fc.integer({ min: 0, max: 20_000_000 }), columns: fc.integer({ min: 1, max: 400 }) });
  fc.assert(
    fc.property(sizes, ({ rows, columns }) => {
      const size = rowGroupRows(rows, columns);
      expect(size % 2_048).toBe(0);
      expect(size).toBeGreaterThanOrEqual(4_096);
      const groups = Math.ceil(rows / size);
      // At most one for each shard, unless the largest groups are too small.
      expect(groups <= SHARDS || size === 122_880).toBe(true);
      expect(groups * columns <= 8_192 || size === 122_880 || groups === 1).toBe(true);
    }),
  );
});

/** Median of the compressed bytes in the row groups that pieces spread over the file overlap. */
function bytesOfPiece(rows: number): Promise<number> {
  return withEngine(async (engine) => {
    const file = path.join(engine.folder, 'rows.parquet');
    const query = `select (hash(i) % ${SHARDS})::integer as shard, md5(i::varchar) as id, hash(i) as value
      from range(${rows}) as numbers(i) order by shard, id`;
    await engine.writeSorted(query, file, rows);
    const width = Math.max(1, Math.round((SHARDS * PIECE_ROWS) / rows));
    const { bytes } = await engine.numbers<'bytes'>(`
      with groups as (
        select row_group_id, min(case when path_in_schema = 'shard' then stats_min_value end)::int as first,
          max(case when path_in_schema = 'shard' then stats_max_value end)::int as last, sum(total_compressed_size) as bytes
        from parquet_metadata(${literal(file)}) group by 1
      ), pieces as (
        select start, sum(bytes) as bytes from range(0, ${SHARDS - width}) as ranges(start)
          join groups on first < start + ${width} and last >= start group by 1
      )
      select median(bytes) as bytes from pieces`);
    return bytes;
  });
}
