import {
  FactServiceDefinition,
  DescribeFactsResponse,
  type FactService,
  type ReadFactsRequest,
} from '@holdfast/contracts/feature_store/v1/facts';
import {
  ValueGroupServiceDefinition,
  type ReadValueMonthsRequest,
  type ValueGroupService,
} from '@holdfast/contracts/feature_store/v1/value_group';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { requireSystem } from '@holdfast/platform/caller';
import { ROWS_PER_BATCH_MAX, categories, columnBatch, numbers, texts, uuids } from '@holdfast/platform/columns';
import { failure } from '@holdfast/platform/errors';
import { factsRequest } from '@holdfast/platform/facts';
import type { Call, GrpcServer } from '@holdfast/platform/grpc';
import { accountId, customerId, subscriptionId } from '@holdfast/platform/identity';
import { unimplemented } from '@holdfast/testing/service';

const needsTable = failure('precondition', 'facts.needsTable', { en: 'Needs {table}.', 'zh-CN': '需要 {table}。' });
const busy = failure('unavailable', 'facts.busy', { en: 'Busy.', 'zh-CN': '繁忙。' });

type FactCell = string | number | boolean;
export type FactRow = Record<string, FactCell>;

const IDS: Record<string, (operator: string, key: string) => string> = {
  ...{ customer_id: customerId, from_customer_id: customerId, to_customer_id: customerId, group_id: customerId },
  ...{ user_customer_id: customerId, account_id: accountId, subscription_id: subscriptionId },
};
const PERSONAL = [
  ...['name', 'birth_date', 'id_document_no', 'ethnicity', 'employer', 'address', 'contact_phone', 'msisdn'],
  ...['text', 'value'],
  ...['customer_key', 'account_key', 'subscription_key'],
];
const KEYS: Record<string, string> = { customers: 'customer', accounts: 'account', subscriptions: 'subscription' };

/** The RPCs of feature-store that customer-profile calls, with tables of a test, rows as in the operator's file. */
export class SyntheticFacts {
  /** Rows by extract, then table. */
  readonly extracts = new Map<number, Record<string, FactRow[]>>();
  closedMonths: string[] = ['2026-07', '2026-08', '2026-09'];
  /** Answers left before it gets busy. */
  answersLeft = Infinity;
  /** Tables that are missing, and tables that are not listed. */
  readonly without = new Set<string>();
  readonly silent = new Set<string>();
  readonly asked: ReadFactsRequest[] = [];

  serve(server: GrpcServer): void {
    const facts = unimplemented<FactService>(FactServiceDefinition, {
      describeFacts: () => this.describeFacts(),
      readFacts: (call, request) => this.readFacts(call, request),
    });
    server.serve<FactService>(FactServiceDefinition, facts);
    const valueGroups = unimplemented<ValueGroupService>(ValueGroupServiceDefinition, {
      readValueMonths: (call, request) => this.readValueMonths(call, request),
    });
    server.serve<ValueGroupService>(ValueGroupServiceDefinition, valueGroups);
  }

  async describeFacts(): Promise<DescribeFactsResponse> {
    const tables = [...this.extracts.values()].flatMap((extract) => Object.entries(extract));
    return DescribeFactsResponse.fromPartial({
      tables: tables.map(([table, rows]) => ({
        ...{ table, rows: rows.length, freeColumns: [] },
        months: [...new Set(rows.flatMap(({ month }) => (month === undefined ? [] : [String(month)])))],
      })),
      ...{ closedMonths: this.closedMonths, currency: 'CNY', timeZone: 'Asia/Shanghai' },
    });
  }

  /** Rows that a test gives as table `value_groups`; they need bills, as those of feature-store. */
  async *readValueMonths(call: Call, request: ReadValueMonthsRequest): AsyncIterable<ColumnBatch> {
    if (this.without.has('billing')) throw needsTable({ table: 'billing' });
    yield* this.readFacts(call, factsRequest('value_groups', { ...request, sequence: 0 }));
  }

  async *readFacts(call: Call, request: ReadFactsRequest): AsyncIterable<ColumnBatch> {
    requireSystem(call.caller);
    this.asked.push(request);
    const { table, sequence, fromMonth, toMonth, subscriptionIds, shards } = request;
    if (this.silent.has(table)) throw busy();
    if (this.without.has(table)) throw needsTable({ table });
    if (this.answersLeft-- <= 0) throw busy();
    const found = sequence === 0 ? [...this.extracts.keys()].sort((one, other) => one - other) : [sequence];
    const all = found.flatMap((one) => this.extracts.get(one)?.[table] ?? []);
    const rows = (sequence === 0 ? newestOf(table, all) : all).filter((row) => {
      const month = String(row['month'] ?? fromMonth);
      const isWanted = (fromMonth === '' || month >= fromMonth) && (toMonth === '' || month <= toMonth);
      const id = subscriptionId('demo', String(row['subscription_id']));
      return isWanted && (subscriptionIds.length === 0 || subscriptionIds.includes(id));
    });
    if (shards !== undefined && shards.from > 0) return;
    for (let start = 0; start < rows.length; start += ROWS_PER_BATCH_MAX)
      yield batchOf(table, rows.slice(start, start + ROWS_PER_BATCH_MAX));
  }
}

const NATURAL_KEYS: Record<string, readonly string[]> = {
  ...{ customers: ['customer_id'], accounts: ['account_id'], subscriptions: ['subscription_id'] },
  number_history: ['msisdn', 'valid_from'],
};

/** Of the rows of a key the last one. */
function newestOf(table: string, rows: readonly FactRow[]): FactRow[] {
  const key = NATURAL_KEYS[table];
  if (key === undefined) return [...rows];
  return [...new Map(rows.map((row) => [JSON.stringify(key.map((name) => row[name])), row])).values()];
}

function batchOf(table: string, rows: readonly FactRow[]): ColumnBatch {
  const names = [...new Set(rows.flatMap(Object.keys))];
  const columns = Object.fromEntries(names.map((name) => [name, columnOf(name, rows)]));
  const keyed = KEYS[table];
  const key = keyed === undefined ? {} : { [`${keyed}_key`]: texts((row: FactRow) => String(row[`${keyed}_id`])) };
  return columnBatch(rows, { ...columns, ...key });
}

function columnOf(name: string, rows: readonly FactRow[]) {
  const textOf = (row: FactRow): string => String(row[name] ?? '');
  const idOf = IDS[name];
  if (idOf !== undefined) return uuids((row: FactRow) => (textOf(row) === '' ? '' : idOf('demo', textOf(row))));
  if (PERSONAL.includes(name)) return texts(textOf);
  const known = rows.find((row) => row[name] !== undefined)![name];
  const isDay = typeof known === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(known);
  const isMoment = typeof known === 'string' && /^\d{4}-\d{2}-\d{2}T/.test(known);
  if (typeof known === 'string' && !isDay && !isMoment)
    return categories((row: FactRow) => (row[name] === undefined ? undefined : textOf(row)));
  return numbers((row: FactRow) => {
    if (row[name] === undefined) return undefined;
    if (isDay) return Date.parse(`${textOf(row)}T00:00:00Z`) / 86_400_000;
    return isMoment ? Date.parse(textOf(row)) : Number(row[name]);
  });
}
