import { ConsentServiceDefinition, type ConsentService } from '@holdfast/contracts/customer_profile/v1/consent';
import { CustomerServiceDefinition, type CustomerService } from '@holdfast/contracts/customer_profile/v1/customer';
import { OrgUnitServiceDefinition, type OrgUnitService } from '@holdfast/contracts/customer_profile/v1/org_unit';
import { View360ServiceDefinition, type View360Service } from '@holdfast/contracts/customer_profile/v1/view360';
import {
  RefusalServiceDefinition,
  type ReadRefusalsRequest,
  type RefusalService,
} from '@holdfast/contracts/feature_store/v1/refusals';
import {
  TableServiceDefinition,
  type ReadSubjectsRequest,
  type TableService,
} from '@holdfast/contracts/feature_store/v1/lake';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { requireSystem } from '@holdfast/platform/caller';
import { ROWS_PER_BATCH_MAX, categories, columnBatch, numbers, texts, uuids } from '@holdfast/platform/columns';
import { failure } from '@holdfast/platform/errors';
import type { Call, Rpc } from '@holdfast/platform/grpc';
import {
  NIL_UUID,
  accountId,
  customerId,
  naturalKey,
  shardOf,
  subscriptionId,
  type KeySpace,
} from '@holdfast/platform/identity';
import { callOf } from '@holdfast/testing/callers';
import { TestService, eventually, unimplemented } from '@holdfast/testing/service';
import { CustomerProfileModule } from './customer-profile.module.js';
import { extractLoaded } from './import/import-extract.js';
import { tableLoaded } from './import/import-subjects.js';
import { extractWithdrawn } from './import/withdraw-extract.js';
import { SyntheticFacts, type FactRow } from './synthetic-facts.fixture.js';

export const PROFILE_KEY = '0a'.repeat(32);
export const reader: Call = callOf({ scopes: ['profile:read'] });
export const named: Call = callOf({ scopes: ['profile:read', 'pii:read'], accessReason: 'complaint 4711' });

export type FactTables = Record<string, FactRow[]>;

/** A row of a plain table. */
export interface SubjectRow {
  key: string;
  city?: string;
  name?: string;
  phone?: string;
  firstMonth?: string;
}

const notRead = failure('notFound', 'refusals.unknown', { en: 'Not read.', 'zh-CN': '未读取。' });
const lakeBusy = failure('unavailable', 'lake.busy', { en: 'The lake is busy.', 'zh-CN': '数据湖繁忙。' });

export function idsOf(key: string, space: KeySpace = { of: 'operator' }) {
  const natural = naturalKey(space, key);
  return {
    customer: customerId('demo', natural),
    account: accountId('demo', natural),
    subscription: subscriptionId('demo', natural),
  };
}

/** feature-store's plain tables, with rows of a test. */
class SyntheticTables {
  /** By `table@version`. */
  readonly tables = new Map<string, { space: KeySpace; rows: SubjectRow[] }>();
  /** Pieces answered before it gets busy. */
  answersLeft = Infinity;
  asked = 0;
  /** Pieces that were answered whole, by their first shard. */
  readonly answered: number[] = [];

  async *readSubjects(call: Call, { table, version, shards }: ReadSubjectsRequest): AsyncIterable<ColumnBatch> {
    requireSystem(call.caller);
    this.asked += 1;
    const { from, to } = shards!;
    const { space, rows } = this.tables.get(`${table}@${version}`)!;
    const inRange = rows.filter(({ key }) => {
      const shard = shardOf(idsOf(key, space).subscription);
      return shard >= from && shard < to;
    });
    for (let start = 0; start < inRange.length; start += ROWS_PER_BATCH_MAX) {
      yield columnBatch(inRange.slice(start, start + ROWS_PER_BATCH_MAX), {
        customer_id: uuids(({ key }) => idsOf(key, space).customer),
        subscription_id: uuids(({ key }) => idsOf(key, space).subscription),
        account_id: uuids(({ key }) => idsOf(key, space).account),
        key: texts(({ key }) => key),
        org_unit_path: categories(({ city }) => (city === undefined ? 'demo/' : `demo/${city}/`)),
        first_month: texts(({ firstMonth }) => firstMonth ?? '2026-08'),
        name: texts(({ name }) => name ?? ''),
        phone: texts(({ phone }) => phone ?? ''),
      });
    }
    if (this.answersLeft-- <= 0) throw lakeBusy();
    this.answered.push(from);
  }
}

export type Refusing = [key: string, at: Date, subscription?: string];

/** The refusals of feature-store, and the consents by text message: keys and times of a test by import. */
class SyntheticRefusals implements Rpc<RefusalService> {
  readonly imports = new Map<string, Refusing[]>();
  readonly consents = new Map<string, Refusing[]>();

  async *readRefusals(_call: Call, { importId, granted = false }: ReadRefusalsRequest): AsyncIterable<ColumnBatch> {
    const rows = (granted ? this.consents : this.imports).get(importId);
    if (rows === undefined) throw notRead();
    yield columnBatch(rows, {
      customer_id: uuids(([key]) => customerId('demo', key)),
      subscription_id: uuids(([, , key]) => (key === undefined ? NIL_UUID : subscriptionId('demo', key))),
      at: numbers(([, moment]) => moment.getTime()),
      purpose: categories(() => 'marketing'),
      channel: categories(() => (granted ? 'sms' : 'any')),
      evidence: categories(() => (granted ? 'CRM forms' : '')),
    });
  }
}

/** The customer-profile service in tests, with the data of feature-store. */
export class TestProfile extends TestService {
  readonly consents: Rpc<ConsentService> = this.client(ConsentServiceDefinition);
  readonly customers: Rpc<CustomerService> = this.client(CustomerServiceDefinition);
  readonly orgUnits: Rpc<OrgUnitService> = this.client(OrgUnitServiceDefinition);
  readonly views: Rpc<View360Service> = this.client(View360ServiceDefinition);
  loadedAtMs = Date.parse('2026-09-01T00:00:00Z');

  constructor(
    now?: string,
    readonly facts = new SyntheticFacts(),
    readonly lake = new SyntheticTables(),
    readonly refusals = new SyntheticRefusals(),
  ) {
    super(CustomerProfileModule, {
      ...{ service: 'customer-profile', environment: { HOLDFAST_PROFILE_KEY: PROFILE_KEY }, calls: ['feature-store'] },
      ...(now === undefined ? {} : { now }),
      serve: (server) => {
        facts.serve(server);
        const tables = unimplemented<TableService>(TableServiceDefinition, {
          readSubjects: (call, request) => lake.readSubjects(call, request),
        });
        server.serve<TableService>(TableServiceDefinition, tables);
        server.serve<RefusalService>(RefusalServiceDefinition, refusals);
      },
    });
  }

  async announceExtract(
    sequence: number,
    extractedAt: string,
    tables: FactTables,
    importId = '',
    withdrawn: number[] = [],
  ): Promise<void> {
    this.facts.extracts.set(sequence, tables);
    const extractId = `extract-${sequence}`;
    const of = { importId, extractedAt: new Date(extractedAt), tables: Object.keys(tables), withdrawn };
    const event = { extractId, sequence, ...of };
    const month = extractedAt.slice(0, 7);
    await this.publish(extractLoaded, { subjectId: extractId }, { ...event, month, closedMonth: month });
  }

  async extractImported(sequence: number): Promise<void> {
    await eventually(`extract ${sequence} is imported`, async () => {
      const [failed] = await this.database.query(`select failure from job where state = 'failed'`);
      if (failed !== undefined) throw new Error(JSON.stringify(failed));
      const sql = 'select from extract where sequence = $1 and imported_at is not null';
      return (await this.database.query(sql, [sequence])).length > 0;
    });
  }

  async loadExtract(
    sequence: number,
    extractedAt: string,
    tables: FactTables,
    importId = '',
    withdrawn: number[] = [],
  ): Promise<void> {
    await this.announceExtract(sequence, extractedAt, tables, importId, withdrawn);
    await this.extractImported(sequence);
  }

  /** Announces the withdrawal of an extract, which feature-store serves no more, without waiting for its end. */
  async announceWithdrawal(sequence: number, withdrawnAt: string, importId = ''): Promise<void> {
    this.facts.extracts.delete(sequence);
    const extractId = `extract-${sequence}`;
    const newest = Math.max(0, ...this.facts.extracts.keys());
    const event = { extractId, sequence, importId, extractedAt: new Date(withdrawnAt), month: '2026-10' };
    const now = { withdrawnAt: new Date(withdrawnAt), newest, newestMonth: '2026-10', closedMonth: '2026-09' };
    await this.publish(extractWithdrawn, { subjectId: extractId }, { ...event, ...now });
  }

  async withdrawExtract(sequence: number, withdrawnAt: string, importId = ''): Promise<void> {
    await this.announceWithdrawal(sequence, withdrawnAt, importId);
    await eventually(`extract ${sequence} is reverted`, async () => {
      const [failed] = await this.database.query(`select failure from job where state = 'failed'`);
      if (failed !== undefined) throw new Error(JSON.stringify(failed));
      const sql = 'select from extract where sequence = $1 and reverted_at is not null';
      return (await this.database.query(sql, [sequence])).length > 0;
    });
  }

  /** Announces `table@version` a second after the table before, or at the moment given. @returns the space of its keys */
  async announceTable(
    name: string,
    rows: SubjectRow[],
    options: { keySpace?: KeySpace['of']; declaredRows?: number; atMs?: number; importId?: string } = {},
  ): Promise<KeySpace> {
    const [table = '', version = ''] = name.split('@');
    const { keySpace = 'operator', declaredRows = rows.length, atMs = (this.loadedAtMs += 1000) } = options;
    const { importId = 'import-1' } = options;
    const spaces: Record<KeySpace['of'], KeySpace> = {
      operator: { of: 'operator' },
      table: { of: 'table', table },
      row: { of: 'row', table, version },
    };
    const space = spaces[keySpace];
    this.lake.tables.set(name, { space, rows });
    const event = { importId, table, version, rows: declaredRows, rowsHash: 'hash', keySpace, month: '2026-09' };
    await this.publish(tableLoaded, { subjectId: table, occurredAt: new Date(atMs) }, event);
    return space;
  }

  async tableJob(name: string) {
    const [job] = await this.database.query<{ state: string; result: Record<string, string>; shards_done: number }>(
      "select state, result, shards_done from job where kind = 'import-subjects' and natural_key = $1",
      [name],
    );
    return job;
  }

  tableImported(name: string) {
    return eventually(`${name} is imported`, async () => {
      const job = await this.tableJob(name);
      return job?.state === 'done' && job;
    });
  }

  async loadTable(name: string, rows: SubjectRow[], options = {}): Promise<KeySpace> {
    const space = await this.announceTable(name, rows, options);
    await this.tableImported(name);
    return space;
  }
}
