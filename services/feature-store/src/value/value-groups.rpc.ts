import { Injectable } from '@nestjs/common';
import type {
  CountValueGroupsRequest,
  CountValueGroupsResponse,
  CountedMonths,
  ReadValueMonthsRequest,
  ReadWorthFactsRequest,
  ValueGroupCount,
  ValueGroupService,
} from '@holdfast/contracts/feature_store/v1/value_group';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { addMonths, checkedMonth } from '@holdfast/platform/calendar';
import { orgUnitFilter } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { readCategoryTexts, readUuids } from '@holdfast/platform/columns';
import { failure } from '@holdfast/platform/errors';
import type { Call, Rpc } from '@holdfast/platform/grpc';
import { Parameters } from '@holdfast/platform/parameters';
import { forServices, scoped } from '@holdfast/platform/scoped';
import { contractTableOf } from '@holdfast/extract-contract/tables';
import { columnBatches, numberColumn, type BatchColumn } from '../engine/column-batches.js';
import { literal, type Connection } from '../engine/engine.js';
import { Lanes } from '../engine/lanes.js';
import { Extracts, closedMonthsOf, tablesOf, type LoadedExtract } from '../facts/extracts.js';
import { Facts, needsTable } from '../facts/facts.js';
import { pathConditions, subscriptionConditions } from '../facts/row-conditions.js';
import { statusMonths } from '../facts/status-months.js';
import { shardConditions } from '../lake/stored-rows.js';
import type { FeatureStoreParameters } from '../parameters.js';
import { definitionMessages, definitionsAt, monthsBack, versionsText, type Definitions } from './definitions.js';
import { SEGMENT_COLUMNS, SEGMENT_TABLES, adopterSegments, segmentMonthsBack } from './adopter-segments.js';
import { stageTerms } from './rival-offers.js';
import { COUNTED_GROUPS, valueGroupCounts, valueMonths } from './value-months.js';
import { WORTH_MONTHS_BACK, WORTH_TABLES, worthColumns, worthFacts } from './worth-facts.js';

const MONTHS_MAX = 12;
const LEVELS_MAX = 5;
const NEEDED = ['status_history', 'billing'];

const monthsInvalid = failure('invalid', 'value.monthsInvalid', {
  en: 'The months must be closed and in their order, at most {max} at a time.',
  'zh-CN': '请按先后顺序指定已关账月份，一次最多 {max} 个。',
});
const levelsInvalid = failure('invalid', 'value.levelsInvalid', {
  en: 'Counts are by 1 to {max} levels below the operator.',
  'zh-CN': '只能按运营商以下 1 至 {max} 级统计。',
});
const partsInvalid = failure('invalid', 'value.partsInvalid', {
  en: 'The first message must select the months, the others contacts.',
  'zh-CN': '首条消息须选择月份，其余消息为接触记录。',
});

/** Facts of some months as of a moment, with the definitions of that moment. */
interface Read {
  readonly months: { readonly from: string; readonly to: string };
  readonly asOf: Date;
  readonly extracts: readonly LoadedExtract[];
  readonly definitions: Definitions;
}

/** Value groups, computed from the facts when they are read: nothing is stored that a late bill could make wrong. */
@Injectable()
export class ValueGroupsRpc {
  constructor(
    private readonly facts: Facts,
    private readonly extracts: Extracts,
    private readonly lanes: Lanes,
    private readonly parameters: Parameters<FeatureStoreParameters>,
    private readonly clock: Clock,
  ) {}

  readonly handlers: Rpc<ValueGroupService> = {
    listDefinitions: scoped('features:read', async (_call, { at }) => ({
      definitions: definitionMessages(await definitionsAt(this.parameters, at)),
    })),
    readValueMonths: scoped('features:read', (call, request) => this.read(call, request)),
    readWorthFacts: forServices(['churn-scoring'], (call, request) => this.readWorth(call, request)),
    countValueGroups: forServices(['evaluation'], (call, parts) => this.count(call, parts)),
  };

  private async *read({ caller, signal }: Call, request: ReadValueMonthsRequest): AsyncIterable<ColumnBatch> {
    const read = await this.readOf(request);
    if (read === undefined) return;
    const { months, asOf, extracts, definitions } = read;
    const where = [
      ...pathConditions(orgUnitFilter(caller), 'v.org_unit_path'),
      ...shardConditions(request.shards, 'v.shard'),
      ...subscriptionConditions(contractTableOf('status_history')!, request.subscriptionIds).map(({ sql }) => sql),
    ];
    const relation = await this.relation(read);
    const rows = `from ${relation} as v ${where.length === 0 ? '' : `where ${where.join(' and ')}`}
      order by shard, subscription_id, month`;
    const options = {
      ...{ knowledgeTime: asOf, extracts, tables: NEEDED, toMonth: months.to },
      fromMonth: addMonths(months.from, -monthsBack(definitions)),
      ...(request.shards === undefined ? {} : { shards: request.shards }),
      conditions: subscriptionConditions(contractTableOf('billing')!, request.subscriptionIds),
    };
    const { facts } = this;
    yield* this.lanes.of(request.subscriptionIds).stream(signal, async function* (connection) {
      const close = await facts.openFacts(connection, options);
      try {
        yield* columnBatches(connection, columnsOf(versionsText(definitions)), rows);
      } finally {
        connection.startCleaning();
        await close();
      }
    });
  }

  private async *readWorth({ signal }: Call, { month }: ReadWorthFactsRequest): AsyncIterable<ColumnBatch> {
    const asked = { fromMonth: month, toMonth: month, knowledgeTime: undefined, beforeWithdrawals: false };
    const read = await this.readOf(asked);
    if (read === undefined) return;
    const { months, asOf, extracts, definitions } = read;
    const available = tablesOf(extracts);
    const relation = await this.relation(read);
    const has = (table: string): boolean => available.has(table);
    const rows = worthFacts('worth_values', months.to, definitions, has);
    const { adopterSegments: rule } = definitions;
    const segments = adopterSegments('worth_values', months.to, rule, 'rival_terms', has);
    const rivalOffers = await this.parameters.get('rival.offers');
    const tables = [...new Set([...WORTH_TABLES, ...SEGMENT_TABLES])];
    const options = { knowledgeTime: asOf, extracts, tables, toMonth: months.to };
    const back = Math.max(monthsBack(definitions), WORTH_MONTHS_BACK, segmentMonthsBack(rule));
    const fromMonth = addMonths(months.from, -back);
    const versions = `${versionsText(definitions)};adopterSegments=${rule.version}`;
    const { facts } = this;
    yield* this.lanes.bulk.stream(signal, async function* (connection) {
      const close = await facts.openFacts(connection, { ...options, fromMonth });
      try {
        // The columns are selected from a table: DuckDB computes the ranks once, and streams them in order.
        await connection.run(`create temp table worth_values as select * from ${relation} as v`);
        await stageTerms(connection, months.to, rivalOffers, 'rival_terms');
        await connection.run(
          `create temp table worth_facts as select w.*, g.* exclude (shard, subscription_id)
           from (${rows}) as w left join (${segments}) as g using (subscription_id)`,
        );
        const columns = [...worthColumns(versions), ...SEGMENT_COLUMNS];
        yield* columnBatches(connection, columns, 'from worth_facts order by shard, subscription_id');
      } finally {
        connection.startCleaning();
        await close();
      }
    });
  }

  private async count(
    { signal }: Call,
    parts: AsyncIterable<CountValueGroupsRequest>,
  ): Promise<CountValueGroupsResponse> {
    const iterator = parts[Symbol.asyncIterator]();
    const first = await iterator.next();
    if (first.done === true || first.value.part?.$case !== 'months') throw partsInvalid();
    const asked = first.value.part.months;
    if (asked.levels < 1 || asked.levels > LEVELS_MAX) throw levelsInvalid({ max: LEVELS_MAX });
    const read = await this.readOf({ ...asked, beforeWithdrawals: false });
    if (read === undefined) throw needsTable({ table: 'billing' });
    const rest = { [Symbol.asyncIterator]: () => iterator };
    const counts = await this.lanes.bulk.run(signal, (connection) => this.countOn(connection, read, asked, rest));
    const definitions = definitionMessages(read.definitions);
    return { counts, definitions, currency: read.extracts.at(-1)!.currency, asOf: read.asOf };
  }

  /** Reads one month more than is counted, to compare with, and those after it in which saves are known. */
  private async countOn(
    connection: Connection & { startCleaning: () => void },
    read: Read,
    { levels, orgUnitPaths }: CountedMonths,
    parts: AsyncIterable<CountValueGroupsRequest>,
  ): Promise<ValueGroupCount[]> {
    const { months, asOf, extracts, definitions } = read;
    const closed = closedMonthsOf(extracts);
    const { afterMonths } = definitions.saved.value;
    const last = [addMonths(months.to, afterMonths), closed.at(-1)!].sort()[0]!;
    const wide = { ...read, months: { from: addMonths(months.from, -1), to: last } };
    const paths = pathConditions(orgUnitPaths, 'org_unit_path').map((sql) => `and ${sql}`);
    const relation = await this.relation(wide);
    const sql = valueGroupCounts(relation, months, { levels, afterMonths, where: paths.join(' ') });
    const options = {
      ...{ knowledgeTime: asOf, extracts, tables: [...NEEDED, 'touches'], toMonth: last },
      fromMonth: addMonths(wide.months.from, -monthsBack(definitions)),
    };
    await connection.run('create temp table contacted_part (subscription_id uuid, month varchar)');
    for await (const { part } of parts) {
      if (part?.$case !== 'contacts') throw partsInvalid();
      await stageContacts(connection, part.contacts);
    }
    const rows = await this.facts.withFacts(connection, options, async () => {
      try {
        // Those of the operator's other systems, and those that were sent.
        await connection.run(
          `create temp table contacted as select distinct subscription_id, month from (
            select subscription_id, month from contacted_part union all select subscription_id, month from facts.touches)`,
        );
        return (await connection.runAndReadAll(sql)).getRowObjectsJS();
      } finally {
        connection.startCleaning();
      }
    });
    return rows.flatMap((row) => countsOf(row, closed, afterMonths));
  }

  /** Undefined where no month is closed. @throws invalid; precondition `facts.needsTable` */
  private async readOf(
    request: Pick<ReadValueMonthsRequest, 'fromMonth' | 'toMonth' | 'knowledgeTime' | 'beforeWithdrawals'>,
  ): Promise<Read | undefined> {
    const loaded = await this.extracts.loaded();
    const { knowledgeTime } = request;
    const isBefore = request.beforeWithdrawals && knowledgeTime !== undefined;
    const extracts = isBefore ? await this.extracts.visibleAt(knowledgeTime) : loaded;
    for (const table of NEEDED) {
      if (!extracts.some(({ tables }) => tables.some((found) => found.table === table))) throw needsTable({ table });
    }
    const last = closedMonthsOf(extracts).at(-1);
    if (last === undefined) return undefined;
    const months = { from: checkedBound(request.fromMonth) || last, to: checkedBound(request.toMonth) || last };
    if (months.from > months.to || months.to > addMonths(months.from, MONTHS_MAX - 1) || months.to > last)
      throw monthsInvalid({ max: MONTHS_MAX });
    const newest = extracts.at(-1)!.extractedAt.getTime();
    const asOf = knowledgeTime ?? new Date(Math.max(this.clock.now().getTime(), newest));
    return { months, asOf, extracts, definitions: await definitionsAt(this.parameters, knowledgeTime) };
  }

  private async relation({ months, definitions, extracts }: Read): Promise<string> {
    const rule = {
      suspendedDaysMin: await this.parameters.get('churn.suspendedDaysMin'),
      cancelCounts: await this.parameters.get('churn.cancelCounts'),
    };
    const billed = extracts.flatMap(({ tables }) => tables.filter(({ table }) => table === 'billing'));
    const firstBilled = billed.flatMap(({ months: known }) => known).sort()[0]!;
    return valueMonths(statusMonths(months, rule, { usage: false, billing: true }), firstBilled, definitions);
  }
}

function columnsOf(versions: string): BatchColumn[] {
  return [
    { name: 'subscription_id', kind: 'uuid', sql: 'subscription_id' },
    ...['org_unit_path', 'month', 'value_group'].map((name): BatchColumn => ({ name, kind: 'category', sql: name })),
    numberColumn('mean_arpu', 'mean_arpu'),
    ...['in_cohort', 'value_lost', 'cancelled'].map((name) => numberColumn(name, `${name}::integer::double`)),
    { name: 'definitions', kind: 'category', sql: '0::uinteger', dictionary: [versions] },
  ];
}

async function stageContacts(connection: Connection, batch: ColumnBatch): Promise<void> {
  if (batch.rows === 0) return;
  const months = readCategoryTexts(batch, 'month');
  const values = readUuids(batch, 'subscription_id').map((id, row) => `('${id}', ${literal(months[row] ?? '')})`);
  await connection.run(`insert into contacted_part values ${values.join(', ')}`);
}

/** What compares with a month that is not closed is absent. */
function countsOf(row: Record<string, unknown>, closed: readonly string[], afterMonths: number): ValueGroupCount[] {
  const month = String(row['month']);
  const isCompared = closed.includes(addMonths(month, -1));
  const isJudged = isCompared && closed.includes(addMonths(month, afterMonths));
  return COUNTED_GROUPS.map((valueGroup) => {
    const of = (measure: string): number => Number(row[`${measure}_${valueGroup}`]);
    const when = (isKnown: boolean, measure: string): number | undefined => (isKnown ? of(measure) : undefined);
    return {
      ...{ month, orgUnitPath: String(row['org_unit_path']), valueGroup, stock: of('stock') },
      ...{ entered: when(isCompared, 'entered'), left: when(isCompared, 'left') },
      ...{ cancelled: when(isCompared, 'cancelled'), arpuMinor: of('arpu'), billed: of('billed') },
      ...{ contacted: when(isCompared, 'contacted'), saved: when(isJudged, 'saved') },
    };
  });
}

/** @throws invalid for a text that is neither a month nor empty */
function checkedBound(month: string): string {
  return month === '' ? '' : checkedMonth(month);
}
