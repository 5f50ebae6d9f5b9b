import type { ShardRange } from '@holdfast/contracts/feature_store/v1/lake';
import { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { ROWS_PER_BATCH_MAX, categories, columnBatch, texts, uuids } from '@holdfast/platform/columns';
import { insertRow, type Database, type Transaction } from '@holdfast/platform/database';
import { accountId, customerId, naturalKey, subscriptionId } from '@holdfast/platform/identity';
import type { CheckedTable } from '../table/read-table.js';
import { keyFor, open, seal } from './lake-keys.js';

interface SubjectPlace {
  table: string;
  version: string;
}

interface Subject {
  shard: number;
  key: string;
  unit: number;
  firstMonth: number;
  personal: string[];
}

/** Stores the subjects of a file, one per subscription, packed and encrypted; a batch has one shard. */
export async function storeSubjects(
  tx: Transaction,
  table: CheckedTable,
  place: SubjectPlace,
  options: { operator: string; dataKey: Buffer },
): Promise<void> {
  const personal = table.layout.columns.filter((column) => column.role === 'personal');
  const names = personal.map((column) => column.personal!);
  const key = keyFor('subjects', options.dataKey);
  let held: Subject[] = [];
  let part = 0;
  const flush = async (): Promise<void> => {
    if (held.length === 0) return;
    const { shard } = held[0]!;
    const batch = packSubjects(held, table, names, options.operator);
    const sealed = seal(key, ColumnBatch.encode(batch).finish(), contextOf(place, shard, part));
    const row = { table_name: place.table, version: place.version, shard, part, rows: held.length, sealed };
    await insertRow(tx, 'subject_batch', row);
    held = [];
    part += 1;
  };
  const places = personal.map((column) => column.place);
  for await (const subject of subjectsIn(table, places)) {
    const isNewShard = held.length > 0 && held[0]!.shard !== subject.shard;
    if (isNewShard || held.length === ROWS_PER_BATCH_MAX) await flush();
    if (isNewShard) part = 0;
    held.push(subject);
  }
  await flush();
}

/** Subscribers whose newest row is of the file; those of earlier files have been stored with them. */
async function* subjectsIn(
  { staged, accepted, counts }: CheckedTable,
  personalPlaces: number[],
): AsyncGenerator<Subject> {
  const sql = `select rows.shard, staged.key, rows.unit, rows.first_month
      ${personalPlaces.map((place) => `, staged.c${place}`).join('')}
    from (select *, min(month) over (partition by subscription_id) as first_month from ${accepted.name}) rows
    join ${staged.name} as staged using (row_no) where rows.is_last and rows.row_no <= ${counts.read} order by rows.shard, rows.subscription_id`;
  const chunks = accepted.engine.stream(sql);
  for await (const chunk of chunks) {
    for (const row of chunk.getRows()) {
      const [shard, key, unit, firstMonth, ...personal] = row as [number, string, number, number, ...(string | null)[]];
      yield { shard, key, unit, firstMonth, personal: personal.map((value) => value ?? '') };
    }
  }
}

function packSubjects(
  subjects: Subject[],
  table: CheckedTable,
  personalNames: string[],
  operator: string,
): ColumnBatch {
  const natural = ({ key }: Subject): string => naturalKey(table.keySpace, key);
  return columnBatch(subjects, {
    customer_id: uuids((subject) => customerId(operator, natural(subject))),
    subscription_id: uuids((subject) => subscriptionId(operator, natural(subject))),
    account_id: uuids((subject) => accountId(operator, natural(subject))),
    key: texts(({ key }) => key),
    org_unit_path: categories(({ unit }) => table.units[unit]),
    first_month: texts(({ firstMonth }) => table.months[firstMonth]!),
    ...Object.fromEntries(personalNames.map((name, at) => [name, texts<Subject>(({ personal }) => personal[at]!)])),
  });
}

/** Batches of subjects in order of shards, `from` to before `to`, one at a time. */
export async function* readSubjects(
  database: Database,
  place: SubjectPlace,
  shards: ShardRange,
  dataKey: Buffer,
): AsyncGenerator<ColumnBatch> {
  const key = keyFor('subjects', dataKey);
  let after = { shard: shards.from, part: -1 };
  for (;;) {
    const [row] = await database.query<{ shard: number; part: number; sealed: Buffer }>(
      `select shard, part, sealed from subject_batch
       where table_name = $1 and version = $2 and (shard, part) > ($3::int, $4::int) and shard < $5
       order by shard, part limit 1`,
      [place.table, place.version, after.shard, after.part, shards.to],
    );
    if (row === undefined) return;
    yield ColumnBatch.decode(open(key, row.sealed, contextOf(place, row.shard, row.part)));
    after = row;
  }
}

function contextOf({ table, version }: SubjectPlace, shard: number, part: number): string {
  return `subjects ${table} ${version} ${shard} ${part}`;
}
