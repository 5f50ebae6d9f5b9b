import { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { ROWS_PER_BATCH_MAX, categoryColumnOf, textColumn, uuidColumn } from '@holdfast/platform/columns';
import { rowsOf, type Database, type Transaction } from '@holdfast/platform/database';
import { accountId, customerId, naturalKey, subscriptionId } from '@holdfast/platform/identity';
import type { CheckedTable } from '../table/read-table.js';
import { keyFor, open, seal } from './lake-keys.js';

/** Where a batch of subjects belongs. */
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

/**
 * Stores who the rows of a table are about, one row a subscription, packed and encrypted; a batch never spans two
 * shards.
 */
export async function storeSubjects(
  tx: Transaction,
  table: CheckedTable,
  place: SubjectPlace,
  options: { operator: string; dataKey: Buffer },
): Promise<void> {
  const personal = table.layout.columns.filter((column) => column.role === 'personal');
  const key = keyFor('subjects', options.dataKey);
  let held: Subject[] = [];
  let part = 0;
  const flush = async (): Promise<void> => {
    if (held.length === 0) return;
    const { shard } = held[0]!;
    const batch = packSubjects(
      held,
      table,
      personal.map((column) => column.personal!),
      options.operator,
    );
    const sealed = seal(key, ColumnBatch.encode(batch).finish(), contextOf(place, shard, part));
    await rowsOf(
      tx,
      'insert into subject_batch (table_name, version, shard, part, rows, sealed) values ($1, $2, $3, $4, $5, $6)',
      [place.table, place.version, shard, part, held.length, sealed],
    );
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

async function* subjectsIn({ staged, accepted }: CheckedTable, personalPlaces: number[]): AsyncGenerator<Subject> {
  const chunks = accepted.engine.stream(
    `select rows.shard, staged.key, rows.unit, rows.first_month
       ${personalPlaces.map((place) => `, staged.c${place}`).join('')}
     from (select *, min(month) over (partition by subscription_id) as first_month from ${accepted.name}) rows
     join ${staged.name} as staged using (row_no) where rows.is_last order by rows.shard, rows.subscription_id`,
  );
  for await (const chunk of chunks) {
    for (const [shard, key, unit, firstMonth, ...personal] of chunk.getRows()) {
      yield {
        shard: shard as number,
        key: key as string,
        unit: unit as number,
        firstMonth: firstMonth as number,
        personal: personal.map((value) => (value as string | null) ?? ''),
      };
    }
  }
}

function packSubjects(
  subjects: Subject[],
  table: CheckedTable,
  personalNames: string[],
  operator: string,
): ColumnBatch {
  const keys = subjects.map(({ key }) => key);
  const naturalKeys = keys.map((key) => naturalKey(table.keySpace, key));
  return {
    rows: subjects.length,
    columns: [
      uuidColumn(
        'customer_id',
        naturalKeys.map((key) => customerId(operator, key)),
      ),
      uuidColumn(
        'subscription_id',
        naturalKeys.map((key) => subscriptionId(operator, key)),
      ),
      uuidColumn(
        'account_id',
        naturalKeys.map((key) => accountId(operator, key)),
      ),
      textColumn('key', keys),
      categoryColumnOf(
        'org_unit_path',
        subjects.map(({ unit }) => table.units[unit]),
      ),
      textColumn(
        'first_month',
        subjects.map(({ firstMonth }) => table.months[firstMonth]!),
      ),
      ...personalNames.map((name, at) =>
        textColumn(
          name,
          subjects.map(({ personal }) => personal[at]!),
        ),
      ),
    ],
  };
}

/** Batches of subjects in order of shards, `from` to before `to`, one at a time. */
export async function* readSubjects(
  database: Database,
  place: SubjectPlace,
  shards: { from: number; to: number },
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
