import type { ContractTable } from '@holdfast/extract-contract/table';
import { openColumns } from '@holdfast/extract-contract/tables';
import type { CheckedColumn } from '../column/column.js';
import { literal, type Engine } from '../engine/engine.js';
import { asOfQuery, sourcesOf, type FactSource } from '../facts/as-of.js';
import type { LoadedExtract } from '../facts/extracts.js';
import type { TableVersion } from '../lake/catalogue.js';
import type { CheckedTable } from '../table/read-table.js';
import { isNewestMonth } from './summary.js';

/** What an import would change of a table that is visible. */
export interface TableChange {
  table: string;
  /** Rows whose key is new. */
  added: number;
  /** Rows of visible keys with another value in some column. */
  changed: number;
  /** Rows that are equal to visible ones. */
  unchanged: number;
  /** Visible rows whose key the import lacks: of a plain table they end with it, of an extract they stay. */
  gone: number;
}

type Counts = Omit<TableChange, 'table'>;

/** Compares two relations with equal columns by their keys. O(rows). */
async function countChanges(
  engine: Engine,
  { before, now }: { before: string; now: string },
  key: readonly string[],
  values: readonly (readonly [before: string, now: string])[],
): Promise<Counts> {
  const differs = values.map(([old, fresh]) => `b.${old} is distinct from n.${fresh}`).join(' or ') || 'false';
  const isSame = key.map((name) => `b.${name} is not distinct from n.${name}`).join(' and ');
  return engine.numbers<keyof Counts>(
    `select count(*) filter (where b.is_there is null) as added, count(*) filter (where n.is_there is null) as gone,
       count(*) filter (where b.is_there and n.is_there and (${differs})) as changed,
       count(*) filter (where b.is_there and n.is_there and not (${differs})) as unchanged
     from (select *, true as is_there from (${before})) b full join (select *, true as is_there from (${now})) n on ${isSame}`,
  );
}

/**
 * What a version of a plain table would change, by the newest month of its file: against the same month of the visible version,
 * or against its newest one if it lacks the month.
 * @param file of the visible version's rows
 */
export async function changesOfVersion(
  table: CheckedTable,
  name: string,
  visible: TableVersion | undefined,
  file: string,
): Promise<TableChange> {
  const { accepted, columns } = table;
  const { engine } = accepted;
  const own = `select * from ${accepted.name} where ${isNewestMonth(table)}`;
  if (visible === undefined) {
    const { added } = await engine.numbers<'added'>(`select count(*) as added from (${own})`);
    return { table: name, added, changed: 0, unchanged: 0, gone: 0 };
  }
  const same = visible.months.indexOf(table.months.at(-1)!);
  const month = same < 0 ? visible.months.length - 1 : same;
  const before = `select * from read_parquet(${literal(file)}) where month = ${month}`;
  const stored = new Map(columns.filter(({ isStored }) => isStored).map((column) => [column.name, column]));
  const compared = visible.columns.flatMap((old) => {
    const fresh = old.isStored ? stored.get(old.name) : undefined;
    return fresh === undefined || fresh.type !== old.type ? [] : [{ old, fresh }];
  });
  const side = (rows: string, of: (pair: (typeof compared)[number]) => CheckedColumn): string =>
    `select subscription_id, label, value${compared.map((pair, at) => `, ${valueOf(of(pair))} as v${at}`).join('')}
     from (${rows})`;
  const counts = await countChanges(
    engine,
    { before: side(before, ({ old }) => old), now: side(own, ({ fresh }) => fresh) },
    ['subscription_id'],
    ['label', 'value', ...compared.map((_, at) => `v${at}`)].map((column) => [column, column] as const),
  );
  return { table: name, ...counts };
}

/** A stored cell: the text of a category, whose codes differ between versions. */
function valueOf({ place, type, dictionary }: CheckedColumn): string {
  if (type !== 'category') return `f${place}`;
  return `list_extract([${dictionary.map(literal).join(', ')}]::varchar[], f${place}::bigint + 1)`;
}

/** A table of an extract that is written and not visible. */
export interface WrittenExtract {
  extract: LoadedExtract;
  file: (importId: string, table: string, month: string) => string;
  /** Visible extracts. */
  earlier: readonly LoadedExtract[];
}

/**
 * What a table of an extract would change, by its key, in the months of the extract. Undefined for a table whose key is
 * personal or that has none (events): its rows cannot be compared. Personal columns are not compared.
 */
export async function changesOfTable(
  engine: Engine,
  table: ContractTable,
  { extract, file, earlier }: WrittenExtract,
): Promise<TableChange | undefined> {
  const own = sourcesOf([extract], table);
  if (own.length === 0 || table.key.length === 0 || table.key.some(({ kind }) => kind === 'personal')) return undefined;
  const months = { fromMonth: extract.from, toMonth: extract.to };
  // All that the extract holds, and all that is visible.
  const asOf = { knowledgeTime: new Date('2200-01-01T00:00:00Z'), ...months };
  const query = (sources: readonly FactSource[]): string =>
    asOfQuery(table, sources, asOf, (importId, month) => file(importId, table.name, month));
  const key = table.key.map(({ name }) => `"${name}"`);
  const values = openColumns(table).filter(({ isKey }) => !isKey);
  const pairs = values.map(({ name }) => [`"${name}"`, `"${name}"`] as const);
  const counts = await countChanges(engine, { before: query(sourcesOf(earlier, table)), now: query(own) }, key, pairs);
  return { table: table.name, ...counts };
}
