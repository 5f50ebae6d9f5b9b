import { Injectable } from '@nestjs/common';
import type {
  FactService,
  ReadFactsRequest,
  ReadPresenceRequest,
  ReadStatusMonthsRequest,
} from '@holdfast/contracts/feature_store/v1/facts';
import type { ShardRange } from '@holdfast/contracts/feature_store/v1/lake';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { addMonths, checkedMonth } from '@holdfast/platform/calendar';
import { orgUnitFilter, type Caller } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { failure } from '@holdfast/platform/errors';
import type { Call, Rpc } from '@holdfast/platform/grpc';
import { SHARDS } from '@holdfast/platform/identity';
import { Parameters } from '@holdfast/platform/parameters';
import { forServices, scoped } from '@holdfast/platform/scoped';
import { contractTableOf, personalColumns } from '@holdfast/extract-contract/tables';
import type { ContractTable } from '@holdfast/extract-contract/table';
import { columnBatches, numberColumn, withDictionaries, type BatchColumn } from '../engine/column-batches.js';
import { literal, type Connection } from '../engine/engine.js';
import type { Lane } from '../engine/lane.js';
import { Lanes } from '../engine/lanes.js';
import { LocalClock } from '../column/local-clock.js';
import type { FeatureStoreParameters } from '../parameters.js';
import { DataKeys } from '../lake/data-keys.js';
import { LakeFiles } from '../lake/lake-files.js';
import { checkedShards, shardConditions } from '../lake/stored-rows.js';
import { freeColumnsOf, shardRows, sourcesOf, type FactSource, type RowCondition } from './as-of.js';
import { Extracts, closedMonthsOf, tablesOf, type LoadedExtract } from './extracts.js';
import { answerColumns, personalNames } from './fact-columns.js';
import { Facts, contractTable, needsTable, type FactsOptions } from './facts.js';
import { PRESENCE_COLUMNS, presence } from './presence.js';
import { pathConditions, subscriptionConditions } from './row-conditions.js';
import { statusMonths } from './status-months.js';
import { personalKeyOf } from './write-facts.js';

/** The only service that may read personal columns. */
const KEEPER_OF_PERSONS = 'customer-profile';
const KINDS_MAX = 50;
const ROWS_SORTED_MAX = 500_000;
/** From this number of rows on, coding their texts beforehand is faster. */
const ROWS_MANY = 20_000;

const kindsInvalid = failure('invalid', 'facts.kindsInvalid', {
  en: 'Table {table} cannot be read by kinds, or by so many.',
  'zh-CN': '表 {table} 不支持按类别查询，或查询的类别过多。',
});

const STATUS_COLUMNS: readonly BatchColumn[] = [
  { name: 'subscription_id', kind: 'uuid', sql: 'subscription_id' },
  { name: 'org_unit_path', kind: 'category', sql: 'org_unit_path' },
  { name: 'month', kind: 'category', sql: 'month' },
  ...['suspended_days', 'cancelled', 'churned', 'silent', 'at_risk'].map((name) =>
    numberColumn(name, `${name}::integer::double`),
  ),
  { name: 'reason_code', kind: 'category', sql: 'reason_code' },
  numberColumn('arpu', '(arpu * 100)::double'),
];

/** The operator's tables as of a time. */
@Injectable()
export class FactsRpc {
  constructor(
    private readonly facts: Facts,
    private readonly extracts: Extracts,
    private readonly lanes: Lanes,
    private readonly files: LakeFiles,
    private readonly keys: DataKeys,
    private readonly parameters: Parameters<FeatureStoreParameters>,
    private readonly clock: Clock,
  ) {}

  readonly handlers: Rpc<FactService> = {
    readFacts: scoped('features:read', (call, request) => this.readFacts(call, request)),

    describeFacts: scoped('features:read', async () => {
      const extracts = await this.extracts.loaded();
      const names = [...tablesOf(extracts)].sort();
      const newest = extracts.at(-1);
      return {
        tables: names.map((name) => {
          const found = extracts.flatMap(({ tables }) => tables.filter(({ table }) => table === name));
          return {
            table: name,
            rows: found.reduce((sum, { rows }) => sum + rows, 0),
            months: [...new Set(found.flatMap(({ months }) => months))].sort(),
            freeColumns: [...new Set(found.flatMap(({ freeColumns }) => freeColumns.map((column) => column.name)))],
          };
        }),
        closedMonths: closedMonthsOf(extracts),
        currency: newest?.currency ?? '',
        timeZone: newest?.timeZone ?? '',
        sequence: newest?.sequence ?? 0,
      };
    }),

    readPresence: forServices(['household-identification'], (call, request) => this.readPresence(call, request)),

    readStatusMonths: scoped('features:read', (call, request) => this.readStatusMonths(call, request)),
  };

  private async *readFacts({ caller, signal }: Call, request: ReadFactsRequest): AsyncIterable<ColumnBatch> {
    const table = contractTable(request.table);
    const extracts = await this.extractsFor(request);
    const sources = sourcesOf(extracts, table, request.sequence);
    if (sources.length === 0) throw needsTable({ table: table.name });
    const isKeeper = caller.system && caller.client === KEEPER_OF_PERSONS;
    const asked = { columns: request.columns, withPersons: isKeeper, everyVersion: request.sequence !== 0 };
    const { columns, isPersonal } = answerColumns(table, freeColumnsOf(sources), asked);
    const conditions = [
      ...shardRows(request.shards),
      ...subscriptionConditions(table, request.subscriptionIds),
      ...kindConditions(table, request.kinds),
    ];
    const shards = conditions.filter(({ column }) => column === 'shard').map(({ sql }) => sql);
    const region = regionConditions(table, caller);
    const rows = sources.reduce((sum, source) => sum + source.table.rows, 0);
    // A dictionary contains the texts of all rows, so it would reveal other regions to a caller of one.
    const isMany = rows > ROWS_MANY && request.subscriptionIds.length === 0 && caller.system;
    const options = {
      knowledgeTime: await this.asOf(request.knowledgeTime),
      ...monthsOf(request),
      sequence: request.sequence,
      extracts,
      conditions,
      tables: [table.name],
    };
    const personsOf = (connection: Connection) => this.openPersons(connection, table, sources);
    // Plans, cells and the like are few, and interactive requests need them.
    const isSmall = table.about === 'none' && rows <= ROWS_MANY;
    const lane = isSmall ? this.lanes.interactive : this.lanes.of(request.subscriptionIds);
    yield* this.onFacts({ lane, signal, ...options }, async function* (connection, schema) {
      const persons = isPersonal ? await personsOf(connection) : () => '';
      const from = `facts.${table.name} as f`;
      const coded = isMany ? await withDictionaries(connection, columns, from, schema) : columns;
      for (const range of rangesOf(table, request.shards, rows)) {
        const joined = persons([...shards, ...shardConditions(range)]);
        const where = whereOf([...region, ...shardConditions(range, 'f.shard')]);
        yield* columnBatches(connection, coded, `from ${from} ${joined} ${where} order by ${orderOf(table)}`);
      }
    });
  }

  private async *readPresence({ signal }: Call, request: ReadPresenceRequest): AsyncIterable<ColumnBatch> {
    const month = checkedMonth(request.month);
    const relation = presence(month, new LocalClock(await this.timeZoneWith('events')));
    const knowledgeTime = await this.asOf(request.knowledgeTime);
    const options = { knowledgeTime, fromMonth: month, toMonth: addMonths(month, 1), tables: ['events'] };
    const read = { lane: this.lanes.bulk, signal, ...options };
    yield* this.onFacts(read, async function* (connection, schema) {
      const columns = await withDictionaries(connection, PRESENCE_COLUMNS, 'facts.events', schema);
      yield* columnBatches(connection, columns, `from ${relation} order by cell_id, day, subscription_id`);
    });
  }

  private async *readStatusMonths(
    { caller, signal }: Call,
    request: ReadStatusMonthsRequest,
  ): AsyncIterable<ColumnBatch> {
    await this.timeZoneWith('status_history');
    const closed = await this.extracts.closedMonths();
    const available = await this.facts.availableTables();
    const months = {
      from: checkedBound(request.fromMonth) || closed[0] || '',
      to: checkedBound(request.toMonth) || closed.at(-1) || '',
    };
    if (months.from === '' || months.from > months.to) return;
    const rule = {
      suspendedDaysMin: await this.parameters.get('churn.suspendedDaysMin'),
      cancelCounts: await this.parameters.get('churn.cancelCounts'),
    };
    const history = contractTableOf('status_history')!;
    const where = whereOf([
      ...regionConditions(history, caller),
      ...shardConditions(request.shards, 'f.shard'),
      ...subscriptionConditions(history, request.subscriptionIds).map(({ sql }) => sql),
    ]);
    const has = { usage: available.has('usage'), billing: available.has('billing') };
    const options = {
      knowledgeTime: await this.asOf(request.knowledgeTime),
      fromMonth: months.from,
      toMonth: months.to,
      ...(request.shards === undefined ? {} : { shards: request.shards }),
      tables: ['status_history', 'usage', 'billing'].filter((table) => available.has(table)),
    };
    const rows = `from ${statusMonths(months, rule, has)} as f ${where} order by shard, subscription_id, month`;
    const read = { lane: this.lanes.of(request.subscriptionIds), signal, ...options };
    yield* this.onFacts(read, (connection) => columnBatches(connection, STATUS_COLUMNS, rows));
  }

  /** Reads facts on a separate connection; they are closed also if the reader stops early. */
  private onFacts(
    { lane, signal, ...options }: FactsOptions & { lane: Lane; signal: AbortSignal | undefined },
    read: (connection: Connection, schema: string) => AsyncGenerator<ColumnBatch>,
  ): AsyncGenerator<ColumnBatch> {
    const { facts } = this;
    return lane.stream(signal, async function* (connection) {
      const close = await facts.openFacts(connection, options);
      try {
        yield* read(connection, close.schema);
      } finally {
        connection.startCleaning();
        await close();
      }
    });
  }

  /**
   * Makes the personal columns of a table readable. @returns the SQL that joins them as `p` to `f`, for rows that meet
   * conditions on the shard
   */
  private async openPersons(
    connection: Connection,
    table: ContractTable,
    sources: readonly FactSource[],
  ): Promise<(shards: readonly string[]) => string> {
    const parts: string[] = [];
    for (const { importId, sequence } of sources.map(({ extract }) => extract)) {
      const file = this.files.personal(importId, table.name);
      if (!(await this.files.isThere(file))) continue;
      const { name, key } = personalKeyOf(importId, table.name, await this.keys.of(importId));
      await connection.run(`pragma add_parquet_key('${name}', '${key}')`);
      parts.push(
        `select ${sequence} as sequence, * from read_parquet(${literal(file)}, encryption_config = {footer_key: '${name}'})`,
      );
    }
    if (parts.length === 0) {
      const nothing = personalNames(table).map((name) => `null::varchar as "${name}"`);
      return () => `left join (select ${nothing.join(', ')}) as p on false`;
    }
    return (shards) => {
      const read = parts.map((part) => `${part} ${whereOf(shards)}`);
      return `left join (${read.join(' union all by name ')}) as p on p.sequence = f.sequence and p.row_no = f.row_no`;
    };
  }

  /** The extracts that count for a request. */
  private extractsFor({ sequence, knowledgeTime, beforeWithdrawals }: ReadFactsRequest): Promise<LoadedExtract[]> {
    if (sequence !== 0) return this.extracts.published();
    const isBefore = beforeWithdrawals && knowledgeTime !== undefined;
    return isBefore ? this.extracts.visibleAt(knowledgeTime) : this.extracts.loaded();
  }

  /** Now, or when the newest extract was written if this clock is behind it. */
  private async asOf(knowledgeTime: Date | undefined): Promise<Date> {
    if (knowledgeTime !== undefined) return knowledgeTime;
    const newest = (await this.extracts.loaded()).at(-1);
    return new Date(Math.max(this.clock.now().getTime(), newest?.extractedAt.getTime() ?? 0));
  }

  /** @throws precondition if no extract has the table */
  private async timeZoneWith(table: string): Promise<string> {
    const extracts = await this.extracts.loaded();
    if (!(await this.facts.availableTables()).has(table)) throw needsTable({ table });
    return extracts.at(-1)!.timeZone;
  }
}

function whereOf(conditions: readonly string[]): string {
  return conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`;
}

function orderOf(table: ContractTable): string {
  const about = table.about === 'none' ? [] : ['f.shard', `f."${table.aboutColumn}"`];
  const key = table.key.filter(({ kind }) => kind !== 'personal').map(({ name }) => `f."${name}"`);
  const time = 'column' in table.time && table.time.column !== undefined ? [`f."${table.time.column}"`] : [];
  return [...new Set([...about, ...key, ...time, 'f.sequence', 'f.row_no'])].join(', ');
}

/**
 * Sorting all rows of a large table at once would spill them to disk: ranges of the requested shards follow one another
 * instead. Undefined for all rows.
 */
function rangesOf(table: ContractTable, requested: ShardRange | undefined, rows: number): (ShardRange | undefined)[] {
  if (table.about === 'none') return [undefined];
  const { from, to } = checkedShards(requested);
  const count = Math.min(to - from, Math.ceil((rows * (to - from)) / SHARDS / ROWS_SORTED_MAX));
  if (count <= 1) return [undefined];
  const bounds = Array.from({ length: count + 1 }, (_, at) => from + Math.round((at * (to - from)) / count));
  return bounds.slice(0, -1).map((bound, at) => ({ from: bound, to: bounds[at + 1]! }));
}

/** Rows without a person (plans, cells, calendar) are visible to all; those of potential users to the province. */
function regionConditions(table: ContractTable, caller: Caller): string[] {
  if (table.about === 'none' && personalColumns(table).length === 0) return [];
  return pathConditions(orgUnitFilter(caller), 'f.org_unit_path');
}

function kindConditions(table: ContractTable, kinds: readonly string[]): RowCondition[] {
  if (kinds.length === 0) return [];
  const isPossible = table.columns.some(({ name }) => name === 'kind') && kinds.length <= KINDS_MAX;
  if (!isPossible) throw kindsInvalid({ table: table.name });
  return [{ column: 'kind', sql: `kind in (${kinds.map(literal).join(', ')})` }];
}

function monthsOf({ fromMonth, toMonth }: ReadFactsRequest): { fromMonth?: string; toMonth?: string } {
  const [from, to] = [checkedBound(fromMonth), checkedBound(toMonth)];
  return { ...(from === '' ? {} : { fromMonth: from }), ...(to === '' ? {} : { toMonth: to }) };
}

/** @throws invalid for a text that is neither a month nor empty */
function checkedBound(month: string): string {
  return month === '' ? '' : checkedMonth(month);
}
