import { Inject, Injectable } from '@nestjs/common';
import { CustomersImported } from '@holdfast/contracts/customer_profile/v1/customer';
import { ExtractLoaded } from '@holdfast/contracts/feature_store/v1/extract';
import {
  FactServiceDefinition,
  type DescribeFactsResponse,
  type FactService,
  type ReadFactsRequest,
} from '@holdfast/contracts/feature_store/v1/facts';
import { localCalendar } from '@holdfast/platform/calendar';
import { systemCaller } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { Database, rowsOf, type Transaction, insertRow } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import { factsRequest } from '@holdfast/platform/facts';
import type { Rpc } from '@holdfast/platform/grpc';
import { SHARDS, isUuid } from '@holdfast/platform/identity';
import { Jobs, callOfJob, jobKind, type JobResult, type JobRun, type ParamsOf } from '@holdfast/platform/jobs';
import { MonthSteps } from '@holdfast/platform/month-steps';
import { Outbox, eventOf } from '@holdfast/platform/outbox';
import { CONFIG } from '@holdfast/platform/service';
import { z } from 'zod';
import { KnownCities, type DistrictRow } from '../address/known-cities.js';
import type { CustomerProfileConfig } from '../config.js';
import { storeFacts } from '../fact/store-facts.js';
import { Vault } from '../personal/vault.js';
import { FactRows } from '../fact/fact-rows.js';
import { EXTRACT_SOURCES, type ExtractSource } from './extract-sources.js';
import { factsOf, type ReadingContext } from './facts-of.js';
import { ImportRefusals } from './import-refusals.js';
import { piecesFor } from './import-subjects.js';
import {
  storeAccounts,
  storeCustomers,
  storeImportedConsents,
  storeSubscriptions,
  type MasterOrigin,
} from './store-masters.js';
import { storeContactNumbers } from './store-numbers.js';
import { nameUnits, storeOrgUnits, unitsOf } from './store-org-units.js';

export const IMPORT_EXTRACT_PROFILES = jobKind('import-extract-profiles', {
  sequence: z.number().int(),
  importId: z.string(),
  /** Sequences of extracts that were withdrawn before, by blanks: this one waits until they are reverted. */
  withdrawn: z.string().default(''),
});
export const extractLoaded = eventOf('feature-store', ExtractLoaded);
const customersImported = eventOf('customer-profile', CustomersImported);

const SERVICE = 'customer-profile';
const UNITS = 'org_units';
/** Cities of districts. */
const CELLS = 'cells';
/** Opening a month costs more than reading a thousand of its rows, so small ones come together. */
const MONTH_ROWS_PER_PIECE = 32_768;
/** An operator has thousands of org units; more are an input error. */
const UNITS_MAX = 100_000;

const earlierUnderWay = failure('unavailable', 'profiles.earlierUnderWay', {
  en: 'Extract {sequence} is still coming in.',
  'zh-CN': '第 {sequence} 个数据包仍在导入。',
});
const tooManyUnits = failure('unprocessable', 'profiles.tooManyUnits', {
  en: 'The extract has more than {max} organisation units.',
  'zh-CN': '数据包中的组织单位超过 {max} 个。',
});

/** A part of a table that is stored in one transaction. */
interface Piece {
  name: string;
  request: Partial<ReadFactsRequest>;
}

/**
 * Takes customers, accounts and subscriptions of a full extract, with everything that held of them, when feature-store
 * publishes the extract. Tables are imported so that owners precede what they own, each in
 * pieces; a piece is stored with the note that it was, so a crash costs the piece under way and nothing else.
 */
@Injectable()
export class ImportExtract {
  constructor(
    private readonly database: Database,
    private readonly jobs: Jobs,
    private readonly outbox: Outbox,
    private readonly monthSteps: MonthSteps,
    private readonly clock: Clock,
    private readonly vault: Vault,
    private readonly refusals: ImportRefusals,
    @Inject(CONFIG) private readonly config: CustomerProfileConfig,
    @Inject(FactServiceDefinition.fullName) private readonly facts: Rpc<FactService>,
  ) {}

  /** An extract is imported once; one older than the present one, or withdrawn by now, is ignored. */
  async onExtractLoaded(tx: Transaction, event: ExtractLoaded): Promise<void> {
    const { extractId, sequence, extractedAt, tables, importId, month, withdrawn } = event;
    const sql = `select max(sequence) filter (where withdrawn_at is null and sequence <> all($1::bigint[])) as newest,
        coalesce(bool_or(withdrawn_at is not null) filter (where sequence = $2), false) as "isWithdrawn"
      from extract`;
    const [known] = await rowsOf<{ newest: string | null; isWithdrawn: boolean }>(tx, sql, [withdrawn, sequence]);
    if (known!.isWithdrawn || sequence < Number(known!.newest ?? 0)) return;
    const times = { extracted_at: extractedAt, known_at: extractedAt };
    const row = { sequence, extract_id: extractId, tables, import_id: isUuid(importId) ? importId : null, ...times };
    await insertRow(tx, 'extract', row, 'on conflict do nothing');
    const params = { sequence, importId, withdrawn: withdrawn.join(' ') };
    const request = { key: `${extractId}@${sequence}`, params, caller: systemCaller(SERVICE) };
    const { jobId } = await this.jobs.submit(tx, { kind: IMPORT_EXTRACT_PROFILES, ...request });
    await this.monthSteps.record(tx, { month, step: 'profiles', table: '', version: String(sequence), jobId });
  }

  async run(run: JobRun<ParamsOf<typeof IMPORT_EXTRACT_PROFILES>>): Promise<JobResult> {
    const { sequence, importId } = run.params;
    if (await this.isWithdrawn(sequence)) return { sequence: String(sequence), state: 'withdrawn' };
    const extract = await this.begin(run.params);
    // Before the customers are published.
    if (isUuid(importId)) await this.refusals.take(callOfJob(SERVICE, run), importId, `extract ${extract.extractId}`);
    const described = await this.facts.describeFacts(callOfJob(SERVICE, run), {});
    const timeZone = described.timeZone || 'Asia/Shanghai';
    const calendar = localCalendar(timeZone);
    // Later extracts may be there by now; what they closed is theirs.
    const endOf = (month: string): Date => calendar.endOfMonth(month);
    const closedMonths = described.closedMonths.filter((month) => endOf(month) <= extract.extractedAt);
    const sql = 'update extract set time_zone = $2, currency = $3, closed_months = $4 where sequence = $1';
    await this.database.query(sql, [sequence, timeZone, described.currency, closedMonths]);
    if (extract.tables.includes(UNITS)) await this.units(run, extract);
    const hasCells = described.tables.some(({ table }) => table === CELLS);
    const reading: Reading = {
      extract,
      ...{ operator: this.config.operator, vault: this.vault, cities: await this.cities(run, extract, hasCells) },
      ...{ knownAt: extract.knownAt, coveredTo: extract.coveredTo, calendar },
    };
    const wanted = EXTRACT_SOURCES.filter(({ table }) => extract.tables.includes(table));
    for (const [done, source] of wanted.entries()) {
      for (const piece of piecesOf(source, described)) {
        if (await this.isWithdrawn(sequence)) return { sequence: String(sequence), state: 'withdrawn' };
        await this.piece(run, source, piece, reading);
      }
      await run.progress({ phase: source.table, fraction: (done + 1) / (wanted.length + 1) });
    }
    return this.finish(extract);
  }

  private async isWithdrawn(sequence: number): Promise<boolean> {
    const sql = 'select from extract where sequence = $1 and withdrawn_at is not null';
    return (await this.database.query(sql, [sequence])).length > 0;
  }

  /**
   * @throws unavailable while an earlier extract is coming in, or a withdrawn one is being reverted: which of two versions
   *   is right depends on the order
   */
  private async begin({ sequence, withdrawn }: ParamsOf<typeof IMPORT_EXTRACT_PROFILES>): Promise<ExtractRow> {
    const sql = `select sequence from extract left join job
        on job.kind = $2 and job.natural_key = extract_id || '@' || sequence and job.state in ('queued', 'running')
      where withdrawn_at is null and imported_at is null and sequence < $1 and job.id is not null
        or withdrawn_at is not null and reverted_at is null
        or withdrawn_at is null and sequence = any($3::bigint[]) limit 1`;
    const params = [sequence, IMPORT_EXTRACT_PROFILES.name, withdrawn.split(' ').filter((text) => text !== '')];
    const [earlier] = await this.database.query<{ sequence: string }>(sql, params);
    if (earlier !== undefined) throw earlierUnderWay({ sequence: earlier.sequence });
    const known = `update extract set known_at = greatest(extracted_at, (select max(withdrawn_at) from extract))
      where sequence = $1 returning extract_id as "extractId", import_id as "importId", extracted_at as "extractedAt",
        known_at as "knownAt", tables`;
    const [row] = await this.database.query<Omit<ExtractRow, 'sequence' | 'isFirst' | 'coveredTo'>>(known, [sequence]);
    // What a withdrawn extract covered was answered from it until then.
    const [before] = await this.database.query<{ extracts: number; covered_to: string | null }>(
      `select count(distinct sequence)::int as extracts, max(month) as covered_to
       from extract left join lateral unnest(closed_months) month on true
       where (sequence < $1 or withdrawn_at is not null) and imported_at is not null`,
      [sequence],
    );
    const { extracts, covered_to: coveredTo } = before!;
    return { sequence, ...row!, isFirst: extracts === 0, coveredTo: coveredTo ?? '' };
  }

  private async units(run: JobRun, { sequence }: ExtractRow): Promise<void> {
    const batches: FactRows[] = [];
    let count = 0;
    for await (const batch of this.facts.readFacts(callOfJob(SERVICE, run), factsRequest(UNITS, { sequence }))) {
      batches.push(FactRows.of(batch).newest());
      if ((count += batch.rows) > UNITS_MAX) throw tooManyUnits({ max: UNITS_MAX });
    }
    await this.database.transaction((tx) => storeOrgUnits(tx, unitsOf(this.config.operator, batches)));
  }

  private async cities(run: JobRun, { extractedAt }: ExtractRow, hasCells: boolean): Promise<KnownCities> {
    const units = await this.database.query<{ orgUnitPath: string; name: string }>(
      `select org_unit_path as "orgUnitPath", name from org_unit where level = 'city'`,
    );
    const districts = new Map<string, DistrictRow>();
    if (hasCells) {
      const request = factsRequest(CELLS, { columns: ['city', 'district'], knowledgeTime: extractedAt });
      for await (const batch of this.facts.readFacts(callOfJob(SERVICE, run), request)) {
        const rows = FactRows.of(batch).newest();
        for (let row = 0; row < rows.count; row += 1) {
          const [city, district] = [rows.text('city', row), rows.text('district', row)];
          if (city !== undefined && district !== undefined) districts.set(`${city} ${district}`, { city, district });
        }
      }
    }
    return new KnownCities(units, districts.values());
  }

  private async piece(run: JobRun, source: ExtractSource, { name, request }: Piece, reading: Reading): Promise<void> {
    const { sequence } = reading.extract;
    const sql = 'select from extract_piece where sequence = $1 and source = $2 and piece = $3';
    const [done] = await this.database.query(sql, [sequence, source.table, name]);
    if (done !== undefined) return;
    run.signal.throwIfAborted();
    const batches = this.facts.readFacts(callOfJob(SERVICE, run), factsRequest(source.table, { ...request, sequence }));
    await this.database.transaction(async (tx) => {
      let rows = 0;
      for await (const batch of batches) {
        await this.store(tx, source, FactRows.of(batch), reading);
        rows += batch.rows;
      }
      await insertRow(tx, 'extract_piece', { sequence, source: source.table, piece: name, rows });
    });
  }

  private async store(tx: Transaction, source: ExtractSource, rows: FactRows, reading: Reading): Promise<void> {
    const { extract } = reading;
    const rootPath = `${this.config.operator}/`;
    const origin: MasterOrigin = { ...extract, rootPath, now: this.clock.now() };
    // The row of a customer has its city.
    if (source.address !== undefined && source.kind !== 'customer' && 'column' in source.subject) {
      const { column } = source.subject;
      const customerIds = Array.from({ length: rows.count }, (_, row) => rows.id(column, row));
      await reading.cities.readCustomers(tx, customerIds);
    }
    const facts = factsOf(source, rows, reading);
    const paths = new Set(facts.map(({ orgUnitPath }) => orgUnitPath));
    const newest = rows.newest();
    switch (source.kind) {
      case 'customer':
        await nameUnits(tx, paths);
        await storeCustomers(tx, newest, origin);
        // A refusal counts in every version.
        await storeImportedConsents(tx, rows, origin);
        break;
      case 'account':
        await storeAccounts(tx, newest, origin);
        break;
      case 'subscription':
        await nameUnits(tx, paths);
        await storeSubscriptions(tx, newest, origin);
        break;
      default:
    }
    const changed = await storeFacts(tx, source.kind, facts, origin);
    const lasting = facts.filter(({ supersededFrom }) => supersededFrom === undefined);
    await storeContactNumbers(tx, source.kind, lasting);
    if (!extract.isFirst) await raiseVersions(tx, changed);
  }

  /** Publishes the finished import once. */
  private async finish({ sequence, extractId }: ExtractRow): Promise<JobResult> {
    return this.database.transaction(async (tx) => {
      const selectExtractPiece = `select coalesce(sum(rows), 0)::float8 as subscriptions from extract_piece
        where sequence = $1 and source = 'subscriptions'`;
      const [counted] = await rowsOf<{ subscriptions: number }>(tx, selectExtractPiece, [sequence]);
      // ANALYZE now: consumers query immediately, before autovacuum updates the statistics.
      await rowsOf(tx, 'analyze customer, account, subscription, fact, consent_decision, contact_number');
      const sql = 'update extract set imported_at = $2 where sequence = $1 and imported_at is null returning sequence';
      const done = await rowsOf(tx, sql, [sequence, this.clock.now()]);
      const { subscriptions } = counted!;
      const imported = { table: extractId, version: String(sequence), subscriptions };
      if (done.length > 0) await this.outbox.publish(tx, customersImported, { subjectId: extractId }, imported);
      return { extractId, sequence: String(sequence), subscriptions: String(subscriptions) };
    });
  }
}

interface Reading extends ReadingContext {
  extract: ExtractRow;
}

interface ExtractRow {
  sequence: number;
  extractId: string;
  importId: string | null;
  extractedAt: Date;
  /** See FactOrigin. */
  knownAt: Date;
  tables: string[];
  isFirst: boolean;
  /** See ReadingContext. */
  coveredTo: string;
}

/** Pieces of whole shards, or of whole months where the table has them. */
export function piecesOf(source: ExtractSource, described: DescribeFactsResponse): Piece[] {
  const table = described.tables.find(({ table: name }) => name === source.table);
  if (source.from !== undefined && 'month' in source.from) return monthPiecesOf(table?.months ?? [], table?.rows ?? 0);
  if ('catalogue' in source.subject) return [{ name: 'all', request: {} }];
  const pieces = piecesFor(table?.rows ?? 0);
  const width = SHARDS / pieces;
  return Array.from({ length: pieces }, (_, piece) => {
    const shards = { from: piece * width, to: (piece + 1) * width };
    return { name: `${shards.from}-${shards.to}`, request: { shards } };
  });
}

function monthPiecesOf(months: readonly string[], rows: number): Piece[] {
  const width = Math.max(1, Math.floor((MONTH_ROWS_PER_PIECE * months.length) / Math.max(1, rows)));
  return Array.from({ length: Math.ceil(months.length / width) }, (_, piece) => {
    const of = months.slice(piece * width, (piece + 1) * width);
    const request = { fromMonth: of[0]!, toMonth: of.at(-1)! };
    return { name: `${request.fromMonth}-${request.toMonth}`, request };
  });
}

/** Customers with new facts about themselves, their subscriptions or accounts. */
async function raiseVersions(tx: Transaction, subjectIds: readonly string[]): Promise<void> {
  const sql = `update customer set version = version + 1 where customer_id in (
    select customer_id from customer where customer_id = any($1::uuid[])
    union select customer_id from account where account_id = any($1::uuid[])
    union select customer_id from subscription where subscription_id = any($1::uuid[]))`;
  await rowsOf(tx, sql, [subjectIds]);
}
