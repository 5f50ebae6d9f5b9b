import { promisify } from 'node:util';
import { deflate, inflate } from 'node:zlib';
import { ColumnBatch, type Column, ColumnKind } from '@holdfast/contracts/platform/v1/columns';
import { numberColumn, readNumbers } from '@holdfast/platform/columns';
import { packedIds } from '../evidence/packed.js';
import type { SubjectIds } from '../evidence/subject-ids.js';
import { ACCOUNT, ADDRESS, BUILDING, PERSON, KNOWN, LINK, PAYER } from './links.js';
import { Pairs } from './pairs.js';

/** Fast: the columns are mostly small numbers and zeros. */
const LEVEL = 1;
const deflated = promisify<Uint8Array, { level: number }, Buffer>(deflate);
const inflated = promisify<Uint8Array, Buffer>(inflate);

/** Columns as they are stored; the flags stay together in `links`. */
const STORED = {
  shared_days: 'sharedDays',
  holiday_days: 'holidayDays',
  evening_days: 'eveningDays',
  night_days: 'nightDays',
  cell_overlap: 'cellOverlap',
  calls: 'calls',
  rules: 'rules',
  links: 'links',
} as const;

/** Columns as they are given out, with the bit of each. */
const FLAGS = {
  same_account: ACCOUNT,
  same_payer: PAYER,
  same_address: ADDRESS,
  same_building: BUILDING,
  linked: LINK,
  known: KNOWN,
  same_person: PERSON,
} as const;

export async function packPairs(pairs: Pairs, ids: SubjectIds): Promise<Buffer> {
  const idColumn = (name: string, subjects: Int32Array): Column => ({
    name,
    kind: ColumnKind.COLUMN_KIND_UUID,
    data: ids.pack(subjects),
    dictionary: [],
  });
  const columns = [
    idColumn('left_id', pairs.left),
    idColumn('right_id', pairs.right),
    ...Object.entries(STORED).map(([name, column]) => numberColumn(name, Float64Array.from(pairs[column], rounded))),
  ];
  return deflated(ColumnBatch.encode({ rows: pairs.count, columns }).finish(), { level: LEVEL });
}

export async function unpackPairs(packed: Uint8Array, ids: SubjectIds): Promise<Pairs> {
  const batch = ColumnBatch.decode(await inflated(packed));
  const pairs = new Pairs(batch.rows);
  for (const [name, column] of Object.entries(STORED)) pairs[column].set(readNumbers(batch, name));
  for (const [name, column] of [
    ['left_id', pairs.left],
    ['right_id', pairs.right],
  ] as const) {
    const packedColumn = packedIds(batch, name);
    for (let row = 0; row < batch.rows; row += 1) column[row] = ids.find(packedColumn, row);
  }
  return pairs;
}

export function packVerdicts(probability: Float64Array, isHousehold: Float64Array): Promise<Buffer> {
  const columns = [numberColumn('probability', probability), numberColumn('is_household', isHousehold)];
  return deflated(ColumnBatch.encode({ rows: probability.length, columns }).finish(), { level: LEVEL });
}

/** A stored batch as `ReadPairs` gives it. */
export async function givenOut(evidence: Uint8Array, verdict: Uint8Array): Promise<ColumnBatch> {
  const { rows, columns } = ColumnBatch.decode(await inflated(evidence));
  const links = readNumbers({ rows, columns }, 'links');
  const flags = Object.entries(FLAGS).map(([name, bit]) =>
    numberColumn(
      name,
      links.map((bits) => ((bits & bit) === 0 ? 0 : 1)),
    ),
  );
  const judged = ColumnBatch.decode(await inflated(verdict)).columns;
  return { rows, columns: [...columns.filter(({ name }) => name !== 'links'), ...flags, ...judged] };
}

/** Six places are enough, and a number in 32 bits has no more. */
function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
