import { Inject, Injectable } from '@nestjs/common';
import { ExtractWithdrawn } from '@holdfast/contracts/feature_store/v1/extract';
import {
  FactServiceDefinition,
  type DescribeFactsResponse,
  type FactService,
} from '@holdfast/contracts/feature_store/v1/facts';
import { localCalendar } from '@holdfast/platform/calendar';
import { systemCaller } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { Database, insertRow, rowsOf, type Transaction } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import { factsRequest, readIfAvailable } from '@holdfast/platform/facts';
import type { Rpc } from '@holdfast/platform/grpc';
import { isUuid } from '@holdfast/platform/identity';
import { Jobs, callOfJob, jobKind, type JobResult, type JobRun, type ParamsOf } from '@holdfast/platform/jobs';
import { MonthSteps } from '@holdfast/platform/month-steps';
import { eventOf } from '@holdfast/platform/outbox';
import { CONFIG } from '@holdfast/platform/service';
import { z } from 'zod';
import type { CustomerProfileConfig } from '../config.js';
import { FactRows } from '../fact/fact-rows.js';
import {
  endFacts,
  endNumbers,
  endSubjects,
  rangesFor,
  type SubjectRange,
  type Withdrawn,
} from '../fact/withdraw-facts.js';
import { Vault } from '../personal/vault.js';
import { EXTRACT_SOURCES, type ExtractSource } from './extract-sources.js';
import { reachesOf } from './facts-of.js';
import { IMPORT_EXTRACT_PROFILES, piecesOf } from './import-extract.js';
import { storeAccounts, storeCustomers, storeSubscriptions, type MasterOrigin } from './store-masters.js';
import { storeContactNumbers } from './store-numbers.js';

export const WITHDRAW_EXTRACT_PROFILES = jobKind('withdraw-extract-profiles', { sequence: z.number().int() });
export const extractWithdrawn = eventOf('feature-store', ExtractWithdrawn);

const SERVICE = 'customer-profile';
/** Tables whose rows are stored as a present state, without versions. */
const PRESENT: readonly string[] = ['customers', 'accounts', 'subscriptions', 'number_history'];

const laterUnderWay = failure('unavailable', 'profiles.laterUnderWay', {
  en: 'Extract {sequence} is still coming in or being withdrawn.',
  'zh-CN': '第 {sequence} 个数据包仍在导入或撤回中。',
});

interface ExtractRow {
  importId: string | null;
  knownAt: Date;
  withdrawnAt: Date;
  /** Imported ones. */
  rows: number;
}

interface ExtractToEnd extends Withdrawn {
  ranges: readonly SubjectRange[];
}

/**
 * Follows the withdrawal of an extract: its facts are known until then, and those that it superseded are known again from
 * then on. The present state of customers, accounts, subscriptions and numbers is read again from the extracts that are
 * left. Its refusals keep counting, its consents do not. Each step can be repeated.
 */
@Injectable()
export class WithdrawExtract {
  constructor(
    private readonly database: Database,
    private readonly jobs: Jobs,
    private readonly monthSteps: MonthSteps,
    private readonly clock: Clock,
    private readonly vault: Vault,
    @Inject(CONFIG) private readonly config: CustomerProfileConfig,
    @Inject(FactServiceDefinition.fullName) private readonly facts: Rpc<FactService>,
  ) {}

  /** The event of an extract that was not announced yet keeps it from being imported. */
  async onExtractWithdrawn(tx: Transaction, event: ExtractWithdrawn): Promise<void> {
    const { extractId, sequence, importId, extractedAt, withdrawnAt, newest, newestMonth } = event;
    const row = { sequence, extract_id: extractId, extracted_at: extractedAt, known_at: extractedAt, tables: [] };
    await insertRow(
      tx,
      'extract',
      { ...row, import_id: isUuid(importId) ? importId : null, withdrawn_at: withdrawnAt },
      'on conflict (sequence) do update set withdrawn_at = excluded.withdrawn_at, import_id = excluded.import_id',
    );
    const request = { key: `${extractId}@${sequence}`, params: { sequence }, caller: systemCaller(SERVICE) };
    await this.jobs.submit(tx, { kind: WITHDRAW_EXTRACT_PROFILES, ...request });
    await this.monthSteps.withdraw(tx, { table: '', version: String(sequence) });
    const sql = `select job.id from extract join job on job.kind = $2 and job.natural_key = extract_id || '@' || sequence
      where sequence = $1 order by job.created_at desc limit 1`;
    const [job] = await rowsOf<{ id: string }>(tx, sql, [newest, IMPORT_EXTRACT_PROFILES.name]);
    if (job === undefined) return;
    const step = { month: newestMonth, step: 'profiles', table: '', version: String(newest) };
    await this.monthSteps.record(tx, { ...step, jobId: `${SERVICE}.${job.id}` });
  }

  async run(run: JobRun<ParamsOf<typeof WITHDRAW_EXTRACT_PROFILES>>): Promise<JobResult> {
    const { sequence } = run.params;
    const { importId, knownAt, withdrawnAt, rows } = await this.begin(sequence);
    const of: ExtractToEnd = { sequence, withdrawnAt, ranges: rangesFor(rows) };
    const sql = `update consent_decision set withdrawn_at = $2
      where import_id = $1 and granted and basis = 'imported' and withdrawn_at is null`;
    await this.database.query(sql, [importId, withdrawnAt]);
    await this.inRanges(run, 'facts', of, endFacts);
    await this.restorePresent(run, knownAt);
    await this.inRanges(run, 'numbers', of, endNumbers);
    for (const table of ['subscription', 'customer'] as const)
      await this.inRanges(run, 'subjects', of, (tx, extract, range) => endSubjects(tx, table, extract, range));
    const done = 'update extract set reverted_at = $2 where sequence = $1 and reverted_at is null';
    await this.database.query(done, [sequence, this.clock.now()]);
    return { sequence: String(sequence) };
  }

  /** @throws unavailable while its import is under way, or a later extract is being withdrawn */
  private async begin(sequence: number): Promise<ExtractRow> {
    const sql = `select sequence from extract left join job
        on job.kind = $2 and job.natural_key = extract_id || '@' || sequence and job.state in ('queued', 'running')
      where sequence = $1 and job.id is not null
        or sequence > $1 and withdrawn_at is not null and reverted_at is null limit 1`;
    const [busy] = await this.database.query<{ sequence: string }>(sql, [sequence, IMPORT_EXTRACT_PROFILES.name]);
    if (busy !== undefined) throw laterUnderWay({ sequence: busy.sequence });
    const [row] = await this.database.query<ExtractRow>(
      `select import_id as "importId", known_at as "knownAt", withdrawn_at as "withdrawnAt",
         (select coalesce(sum(rows), 0)::float8 from extract_piece piece where piece.sequence = extract.sequence) as rows
       from extract where sequence = $1`,
      [sequence],
    );
    return row!;
  }

  /** A transaction for each range of subjects: a million of them would make one too long. */
  private async inRanges(
    run: JobRun,
    phase: string,
    of: ExtractToEnd,
    work: (tx: Transaction, of: Withdrawn, range: SubjectRange) => Promise<void>,
  ): Promise<void> {
    for (const [at, range] of of.ranges.entries()) {
      run.signal.throwIfAborted();
      await this.database.transaction((tx) => work(tx, of, range));
      await run.progress({ phase, fraction: (at + 1) / of.ranges.length });
    }
  }

  /** @param replaces `knownAt` of the withdrawn extract */
  private async restorePresent(run: JobRun, replaces: Date): Promise<void> {
    const sql = `select extract_id as "extractId", import_id as "importId", extracted_at as "extractedAt", known_at as "knownAt",
        sequence::float8 as sequence
      from extract where withdrawn_at is null and imported_at is not null order by sequence desc limit 1`;
    const [newest] =
      await this.database.query<Pick<MasterOrigin, 'extractId' | 'importId' | 'extractedAt' | 'knownAt' | 'sequence'>>(
        sql,
      );
    if (newest === undefined) return;
    const described = await this.facts.describeFacts(callOfJob(SERVICE, run), {});
    const rootPath = `${this.config.operator}/`;
    const origin = { ...newest, isFirst: false, rootPath, now: this.clock.now(), replaces };
    for (const source of EXTRACT_SOURCES.filter(({ table }) => PRESENT.includes(table)))
      await readIfAvailable(() => this.restoreTable(run, source, described, origin));
  }

  private async restoreTable(
    run: JobRun,
    source: ExtractSource,
    described: DescribeFactsResponse,
    origin: MasterOrigin,
  ): Promise<void> {
    const calendar = localCalendar(described.timeZone || 'Asia/Shanghai');
    for (const { request } of piecesOf(source, described)) {
      run.signal.throwIfAborted();
      const batches = this.facts.readFacts(callOfJob(SERVICE, run), factsRequest(source.table, request));
      await this.database.transaction(async (tx) => {
        for await (const batch of batches) {
          const rows = FactRows.of(batch);
          if (source.kind === 'customer') await storeCustomers(tx, rows, origin);
          if (source.kind === 'account') await storeAccounts(tx, rows, origin);
          if (source.kind === 'subscription') await storeSubscriptions(tx, rows, origin);
          const reaches = reachesOf(source, rows, { vault: this.vault, calendar, operator: this.config.operator });
          await storeContactNumbers(tx, source.kind, reaches);
        }
      });
      await run.progress({ phase: source.table });
    }
  }
}
