import { LocalClock } from '../column/local-clock.js';
import { checkRows, commaNotices } from './check-rows.js';
import type { CsvFile, StagedTable } from './stage-csv.js';

/** A CSV file of an extract, read in pieces of some bytes. */
export function csvFile(path: string, content: string | Uint8Array, pieceBytes = 7): CsvFile {
  const bytes = Buffer.from(content);
  return {
    path,
    bytes: async function* () {
      for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
    },
  };
}

/** Checks a staged table whose rows refer to nothing, by the clocks of a zone. */
export async function readStaged(staged: StagedTable, zone = 'Asia/Shanghai') {
  const { header, rejects } = staged;
  const { engine } = rejects;
  const span = { from: '2020-01', to: '2026-12', plausible: { first: '1900-01-01', after: '2200-01-01' } };
  const { accepted, counts } = await checkRows(staged, {
    ...span,
    clock: new LocalClock(zone),
    resolve: () => undefined,
  });
  const names = [...header.found.keys()].map((name) => `"${name}"::varchar as "${name}"`);
  const free = header.free.map(({ name, place }) => `c${place}::varchar as "${name}"`);
  const sql = `select column_name || ' ' || rule || ' ' || value as reject from ${rejects.name} order by row_no`;
  const broken = await engine.texts(sql);
  const notices = [...staged.notices, ...(await commaNotices(rejects, header.table))];
  return {
    counts,
    /** All values of the accepted rows as texts. */
    rows: await engine.rows<Record<string, string | null>>(
      `select ${[...names, ...free].join(', ')} from ${accepted.name} order by row_no`,
    ),
    /** Column, rule and value. */
    rejects: broken,
    /** Keys of the notices with their columns. */
    notices: notices.map(({ key, column }) => `${key} ${column}`.trim()),
  };
}

export type ReadStaged = Awaited<ReturnType<typeof readStaged>>;
