import { Injectable } from '@nestjs/common';
import type { DuckDBConnection } from '@duckdb/node-api';
import type {
  DescribeFactsResponse,
  FactService,
  ReadFactsRequest,
  ReadPresenceRequest,
  ReadStatusMonthsRequest,
} from '@holdfast/contracts/feature_store/v1/facts';
import type { ShardRange } from '@holdfast/contracts/feature_store/v1/lake';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { addMonths, checkedMonth } from '@holdfast/platform/calendar';
import { requireScope, requireSystem, orgUnitFilter, type Caller } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { failure } from '@holdfast/platform/errors';
import type { Call, Rpc } from '@holdfast/platform/grpc';
import { SHARDS, isUuid, shardOf } from '@holdfast/platform/identity';
import { Parameters } from '@holdfast/platform/parameters';
import { contractTableOf, personalColumns } from '@holdfast/extract-contract/tables';
import type { ContractTable } from '@holdfast/extract-contract/table';
import { Engine, literal } from '../engine/engine.js';
import { LocalClock } from '../column/local-clock.js';
import type { FeatureStoreParameters } from '../parameters.js';
import { DataKeys } from '../lake/data-keys.js';
import { LakeFiles } from '../lake/lake-files.js';
import { freeColumnsOf } from './as-of.js';
import { Extracts, closedMonthsOf, type LoadedExtract } from './extracts.js';
import { factBatches, withDictionaries, type BatchColumn } from './fact-batches.js';
import { answerColumns, personalNames } from './fact-columns.js';
import { Facts, needsTable, tableOutsideContract, type CloseFacts } from './facts.js';
import { personalKeyOf } from './personal-key.js';
import { PRESENCE_COLUMNS, presence } from './presence.js';
import { statusMonths } from './status-months.js';

/** The only service that may read personal columns. */
const KEEPER_OF_PERSONS = 'customer-profile';
const SUBSCRIPTIONS_MAX = 500;
const KINDS_MAX = 50;
const ROWS_SORTED_MAX = 500_000;
/** From so many rows on it pays to look at their texts first. */
const ROWS_MANY = 20_000;

const subscriptionsInvalid = failure('invalid', 'facts.subscriptionsInvalid', {
  en: 'At most {max} subscriptions can be asked for, by their ids, of a table about subscriptions.',
  'zh-CN': '最多可按标识查询 {max} 个用户，且仅限于以用户为主体的表。',
});
const kindsInvalid = failure('invalid', 'facts.kindsInvalid', {
  en: 'Table {table} cannot be asked for kinds, or for so many.',
  'zh-CN': '表 {table} 不支持按类别查询，或查询的类别过多。',
});
const shardsInvalid = failure('invalid', 'shards.invalid', {
  en: 'Shards {from} to {to} are no range within 0 to 256.',
  'zh-CN': '分片范围 {from} 至 {to} 无效，应在 0 至 256 之间。',
});

const STATUS_COLUMNS: readonly BatchColumn[] = [
  { name: 'subscription_id', kind: 'uuid', sql: 'subscription_id' },
  { name: 'org_unit_path', kind: 'category', sql: 'org_unit_path' },
  { name: 'month', kind: 'category', sql: 'month' },
  ...['suspended_days', 'cancelled', 'churned', 'silent', 'at_risk'].map((name): BatchColumn => ({
    name,
    kind: 'number',
    sql: `${name}::integer::double`,
  })),
  { name: 'reason_code', kind: 'category', sql: 'reason_code' },
  { name: 'arpu', kind: 'number', sql: '(arpu * 100)::double' },
];

/** The operator's tables as they were known, to services. */
@Injectable()
export class FactsRpc implements Rpc<FactService> {
  constructor(
    private readonly facts: Facts,
    private readonly extracts: Extracts,
    private readonly engine: Engine,
    private readonly files: LakeFiles,
    private readonly keys: DataKeys,
    private readonly parameters: Parameters<FeatureStoreParameters>,
    private readonly clock: Clock,
  ) {}

  async *readFacts(call: Call, request: ReadFactsRequest): AsyncIterable<ColumnBatch> {
    requireScope(call.caller, 'features:read');
    const table = contractTableOf(request.table);
    if (table === undefined) throw tableOutsideContract({ table: request.table });
    const sources = await this.sourcesOf(table, request.sequence);
    const free = freeColumnsOf(sources.map(({ extract, found }) => ({ extract, table: found })));
    const { columns, isPersonal } = answerColumns(
      ...([table, free, request.columns, maySeePersons(call.caller)] as const),
      request.sequence !== 0,
    );
    const conditions = [
      ...unitConditions(table, call.caller),
      ...shardConditions(request.shards),
      ...subscriptionConditions(table, request.subscriptionIds),
      ...kindConditions(table, request.kinds),
    ];
    const connection = await this.engine.connect();
    let close = nothingOpen;
    try {
      close = await this.facts.openFacts(connection, {
        knowledgeTime: await this.cut(request.knowledgeTime),
        ...monthsOf(request),
        ...(request.sequence === 0 ? {} : { sequence: request.sequence }),
        tables: [table.name],
      });
      const persons = isPersonal
        ? await this.openPersons(
            connection,
            table,
            sources.map(({ extract }) => extract),
          )
        : '';
      const rows = sources.reduce((sum, { found }) => sum + found.rows, 0);
      const from = `facts.${table.name} as f`;
      // A dictionary contains the texts of all rows, so it would reveal other regions to a caller of one.
      const isMany = rows > ROWS_MANY && request.subscriptionIds.length === 0 && call.caller.system;
      const coded = isMany ? await withDictionaries(connection, columns, from, close.schema) : columns;
      for (const range of rangesOf(table, rows)) {
        const within = [...conditions, ...range];
        const where = within.length === 0 ? '' : `where ${within.join(' and ')}`;
        yield* factBatches(connection, coded, `from ${from} ${persons} ${where} order by ${orderOf(table)}`);
      }
    } finally {
      await close();
      connection.closeSync();
    }
  }

  async describeFacts(call: Call): Promise<DescribeFactsResponse> {
    requireScope(call.caller, 'features:read');
    const extracts = await this.extracts.loaded();
    const names = [...new Set(extracts.flatMap(({ tables }) => tables.map(({ table }) => table)))].sort();
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
  }

  async *readPresence(call: Call, request: ReadPresenceRequest): AsyncIterable<ColumnBatch> {
    requireSystem(call.caller);
    const month = checkedMonth(request.month);
    const timeZone = await this.timeZoneWith('events');
    const connection = await this.engine.connect();
    let close = nothingOpen;
    try {
      close = await this.facts.openFacts(connection, {
        knowledgeTime: await this.cut(request.knowledgeTime),
        fromMonth: month,
        toMonth: addMonths(month, 1),
        tables: ['events'],
      });
      const columns = await withDictionaries(connection, PRESENCE_COLUMNS, 'facts.events', close.schema);
      const relation = presence(month, new LocalClock(timeZone));
      yield* factBatches(connection, columns, `from ${relation} order by cell_id, day, subscription_id`);
    } finally {
      await close();
      connection.closeSync();
    }
  }

  async *readStatusMonths(call: Call, request: ReadStatusMonthsRequest): AsyncIterable<ColumnBatch> {
    requireScope(call.caller, 'features:read');
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
    const conditions = [
      ...unitConditions(history, call.caller),
      ...shardConditions(request.shards),
      ...subscriptionConditions(history, request.subscriptionIds),
    ].map((condition) => condition.replaceAll('f.', ''));
    const has = { usage: available.has('usage'), billing: available.has('billing') };
    const connection = await this.engine.connect();
    let close = nothingOpen;
    try {
      close = await this.facts.openFacts(connection, {
        knowledgeTime: await this.cut(request.knowledgeTime),
        fromMonth: months.from,
        toMonth: months.to,
        ...(request.shards === undefined ? {} : { shards: request.shards }),
        tables: ['status_history', ...(has.usage ? ['usage'] : []), ...(has.billing ? ['billing'] : [])],
      });
      const where = conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`;
      const relation = `${statusMonths(months, rule, has)} as m ${where}`;
      yield* factBatches(connection, STATUS_COLUMNS, `from ${relation} order by shard, subscription_id, month`);
    } finally {
      await close();
      connection.closeSync();
    }
  }

  /** Makes the personal columns of a table readable as relation `p`; gives the SQL that joins them to `f`. */
  private async openPersons(
    connection: DuckDBConnection,
    table: ContractTable,
    extracts: readonly LoadedExtract[],
  ): Promise<string> {
    const parts: string[] = [];
    for (const { importId, sequence } of extracts) {
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
      return `left join (select ${nothing.join(', ')}) as p on false`;
    }
    return `left join (${parts.join(' union all by name ')}) as p on p.sequence = f.sequence and p.row_no = f.row_no`;
  }

  private async sourcesOf(table: ContractTable, sequence: number) {
    const extracts = await this.extracts.loaded();
    const sources = extracts
      .filter((extract) => sequence === 0 || extract.sequence === sequence)
      .flatMap((extract) => {
        const found = extract.tables.find((candidate) => candidate.table === table.name);
        return found === undefined ? [] : [{ extract, found }];
      });
    if (sources.length === 0) throw needsTable({ table: table.name });
    return sources;
  }

  /** Now, or when the newest extract was drawn if our clock is behind it. */
  private async cut(knowledgeTime: Date | undefined): Promise<Date> {
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

/** No-op until openFacts succeeds, so that `finally` also covers an abandoned stream. */
const nothingOpen: CloseFacts = Object.assign(() => Promise.resolve(), { schema: '' });

function maySeePersons({ system, client }: Caller): boolean {
  return system && client === KEEPER_OF_PERSONS;
}

function orderOf(table: ContractTable): string {
  const about = table.about === 'none' ? [] : ['f.shard', `f."${table.aboutColumn}"`];
  const key = table.key.filter(({ kind }) => kind !== 'personal').map(({ name }) => `f."${name}"`);
  const time = 'column' in table.time && table.time.column !== undefined ? [`f."${table.time.column}"`] : [];
  return [...new Set([...about, ...key, ...time, 'f.sequence', 'f.row_no'])].join(', ');
}

/** Sorting all rows of a large table at once would spill them to disk: pieces of shards follow one another instead. */
function rangesOf(table: ContractTable, rows: number): string[][] {
  const pieces = table.about === 'none' ? 1 : Math.min(SHARDS, Math.ceil(rows / ROWS_SORTED_MAX));
  if (pieces === 1) return [[]];
  const bounds = Array.from({ length: pieces + 1 }, (_, at) => Math.round((at * SHARDS) / pieces));
  return bounds.slice(0, -1).map((from, at) => [`f.shard between ${from} and ${bounds[at + 1]! - 1}`]);
}

/** Rows without a person (plans, cells, calendar) are visible to all; those of potential users to the province. */
function unitConditions(table: ContractTable, caller: Caller): string[] {
  if (table.about === 'none' && personalColumns(table).length === 0) return [];
  const filter = orgUnitFilter(caller);
  if (filter.includes('')) return [];
  const seen = filter.map((prefix) => `starts_with(f.org_unit_path, ${literal(prefix)})`);
  return [seen.length === 0 ? 'false' : `(${seen.join(' or ')})`];
}

function shardConditions(range: ShardRange | undefined): string[] {
  if (range === undefined) return [];
  const { from, to } = range;
  if (from >= to || to > SHARDS) throw shardsInvalid({ from, to });
  return [`f.shard between ${from} and ${to - 1}`];
}

function subscriptionConditions(table: ContractTable, ids: readonly string[]): string[] {
  if (ids.length === 0) return [];
  const isPossible = table.about === 'subscription' && ids.length <= SUBSCRIPTIONS_MAX && ids.every(isUuid);
  if (!isPossible) throw subscriptionsInvalid({ max: SUBSCRIPTIONS_MAX });
  // Files are sorted by shard: naming the few shards skips nearly all of their blocks.
  const shards = [...new Set(ids.map(shardOf))];
  return [
    `f.shard in (${shards.join(', ')})`,
    `f."${table.aboutColumn}" in (${ids.map((id) => `'${id}'::uuid`).join(', ')})`,
  ];
}

function kindConditions(table: ContractTable, kinds: readonly string[]): string[] {
  if (kinds.length === 0) return [];
  const isPossible = table.columns.some(({ name }) => name === 'kind') && kinds.length <= KINDS_MAX;
  if (!isPossible) throw kindsInvalid({ table: table.name });
  return [`f.kind in (${kinds.map(literal).join(', ')})`];
}

function monthsOf({ fromMonth, toMonth }: ReadFactsRequest): { fromMonth?: string; toMonth?: string } {
  const [from, to] = [checkedBound(fromMonth), checkedBound(toMonth)];
  return { ...(from === '' ? {} : { fromMonth: from }), ...(to === '' ? {} : { toMonth: to }) };
}

/** @throws invalid for a text that is neither a month nor empty */
function checkedBound(month: string): string {
  return month === '' ? '' : checkedMonth(month);
}
