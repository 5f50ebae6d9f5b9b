import type { DuckDBValue } from '@duckdb/node-api';
import { Inject, Injectable } from '@nestjs/common';
import { RefusalsRead } from '@holdfast/contracts/feature_store/v1/refusals';
import { Clock } from '@holdfast/platform/clock';
import { Database, insertRow } from '@holdfast/platform/database';
import { derivedIdInDuckDb, type KeySpace } from '@holdfast/platform/identity';
import { log } from '@holdfast/platform/log';
import { Outbox, eventOf } from '@holdfast/platform/outbox';
import { CONFIG } from '@holdfast/platform/service';
import type { FeatureStoreConfig } from '../config.js';
import type { Rejects } from '../csv/rejects.js';
import type { Engine } from '../engine/engine.js';
import { notice, type Notice } from '../notices.js';
import { readConsents, type ConsentCells, type ConsentFile, type ReadConsentsContext } from './read-consents.js';

const refusalsRead = eventOf('feature-store', RefusalsRead);

const ROWS_PER_STATEMENT = 8192;

export interface RefusalsOf {
  importId: string;
  orgUnitPath: string;
  /** `extract <id>` or `table <name>`. */
  origin: string;
  /** When the file was written: no refusal is later. */
  writtenAt: Date;
  /** The key space of the customers. */
  keySpace: KeySpace;
  /** Whether the keys identify subscriptions as well, as in a plain table. */
  areSubscriptions: boolean;
}

/** A pass over the files for the cells of one column. */
export interface ConsentPass {
  context: ReadConsentsContext;
  purpose: string;
  channel: string;
  /** Of the consents; none is stored without it. */
  evidence: string;
}

/** The cells of a pass. */
export interface PassCells {
  pass: ConsentPass;
  cells: ConsentCells;
  /** Rows in which the cell cannot be located. */
  unlocated: number;
}

export interface RefusalCounts {
  refusals: number;
  unreadable: number;
  unlocated: number;
}

/** Refusals of an import, stored and announced before its rows are checked. */
@Injectable()
export class Refusals {
  private readonly log = log('refusals');

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly outbox: Outbox,
    @Inject(CONFIG) private readonly config: FeatureStoreConfig,
  ) {}

  /** The counts of an earlier run of the import's job; undefined if none completed. */
  async readBefore(importId: string): Promise<RefusalCounts | undefined> {
    const sql = `select refusals::float8 as refusals, unreadable::float8 as unreadable, unlocated::float8 as unlocated
      from refusal_reading where import_id = $1`;
    const [counts] = await this.database.query<RefusalCounts>(sql, [importId]);
    return counts;
  }

  /** Reads and stores the refusals in the files of a table; a repeated run only reads them, for the report. */
  async read(
    engine: Engine,
    files: readonly ConsentFile[],
    passes: readonly ConsentPass[],
    of: RefusalsOf,
  ): Promise<RefusalCounts & { read: PassCells[] }> {
    const read: PassCells[] = [];
    for (const pass of passes) read.push({ pass, ...(await readConsents(engine, files, pass.context)) });
    const counts = (await this.readBefore(of.importId)) ?? (await this.store(read, of));
    return { ...counts, read };
  }

  /**
   * Stores the consents of accepted rows, each customer once, where the mapping names their proof. They are served once the
   * import is visible. A customer with a refusal in the same column has none. A consent without a date is of 1970, so that it
   * lifts no refusal; one that is dated ahead does not count.
   */
  async storeConsents(read: readonly PassCells[], rejects: Rejects, of: RefusalsOf): Promise<void> {
    const latestMs = this.latestMs(of);
    await this.database.query('delete from refusal where import_id = $1 and granted', [of.importId]);
    for (const { pass, cells } of read) {
      if (pass.evidence === '') continue;
      const from = `select key, max(coalesce(at_ms, 0)) as said_ms
        from ${cells.name} as cell left join (select distinct file_no, line from ${rejects.name}) as reject using (file_no, line)
        group by key
        having not bool_or(is_refusal) and bool_and(reject.line is null) and max(coalesce(at_ms, 0)) <= ${latestMs}`;
      await this.storeRows(cells.engine, from, of, { ...pass, granted: true });
    }
  }

  private latestMs({ writtenAt }: RefusalsOf): number {
    return Math.min(writtenAt.getTime(), this.clock.now().getTime());
  }

  /**
   * Stores the refusals, each customer once, and announces them. If a customer has a yes and a no, the no counts, from the
   * extraction on: either may be the newer one.
   */
  private async store(read: readonly PassCells[], of: RefusalsOf): Promise<RefusalCounts> {
    const { importId, origin } = of;
    const latestMs = this.latestMs(of);
    await this.database.query('delete from refusal where import_id = $1', [importId]);
    let [refusals, unreadable, unlocated] = [0, 0, 0];
    for (const { pass, cells, unlocated: rows } of read) {
      const from = `select key, case when bool_or(not is_refusal) then ${latestMs}
          else least(max(case when is_refusal then coalesce(at_ms, ${latestMs}) end), ${latestMs}) end as said_ms
        from ${cells.name} group by key having bool_or(is_refusal)`;
      refusals += await this.storeRows(cells.engine, from, of, { ...pass, evidence: '', granted: false });
      unreadable += await cells.count('is_unreadable');
      unlocated += rows;
    }
    await this.database.transaction(async (tx) => {
      const counted = { origin, refusals, unreadable, unlocated };
      await insertRow(tx, 'refusal_reading', { import_id: importId, ...counted, read_at: this.clock.now() });
      const about = { subjectId: importId, orgUnitPath: of.orgUnitPath };
      await this.outbox.publish(tx, refusalsRead, about, { importId, origin, refusals });
    });
    this.log.info({ import: importId, refusals, unreadable, unlocated }, 'refusals read');
    return { refusals, unreadable, unlocated };
  }

  /** @param from SQL of `key` and `said_ms`, milliseconds since 1970 */
  private async storeRows(
    engine: Engine,
    from: string,
    { importId, keySpace, areSubscriptions }: RefusalsOf,
    { purpose, channel, granted, evidence }: Omit<ConsentPass, 'context'> & { granted: boolean },
  ): Promise<number> {
    const idOf = (kind: string): string => derivedIdInDuckDb(kind, this.config.operator, 'key', keySpace);
    const sql = `select ${idOf('customer')}::varchar, ${areSubscriptions ? `${idOf('subscription')}::varchar` : 'null'},
        said_ms::double from (${from})`;
    const refusals = engine.stream(sql);
    let stored = 0;
    let rows: DuckDBValue[][] = [];
    const flush = async (): Promise<void> => {
      const columns = [0, 1, 2].map((at) => rows.map((row) => row[at]));
      const sql = `insert into refusal (import_id, customer_id, subscription_id, at, purpose, channel, granted, evidence)
       select $1, customer, subscription, to_timestamp(ms / 1000), $5, $6, $7, $8
       from unnest($2::uuid[], $3::uuid[], $4::float8[]) as refusal(customer, subscription, ms) on conflict do nothing`;
      await this.database.query(sql, [importId, ...columns, purpose, channel, granted, evidence]);
      stored += rows.length;
      rows = [];
    };
    for await (const chunk of refusals) {
      rows.push(...chunk.getRows());
      if (rows.length >= ROWS_PER_STATEMENT) await flush();
    }
    if (rows.length > 0) await flush();
    return stored;
  }
}

export async function refusalsInRejects(read: readonly PassCells[], rejects: Rejects): Promise<number> {
  let refusals = 0;
  for (const { cells } of read)
    refusals += await cells.count(
      `is_refusal and exists (select 1 from ${rejects.name} as reject
         where reject.file_no = ${cells.name}.file_no and reject.line = ${cells.name}.line)`,
    );
  return refusals;
}

/** @param outside refusals in rows that are not imported */
export function refusalNotices(table: string, outside: number, { unreadable, unlocated }: RefusalCounts): Notice[] {
  return [
    ...(outside === 0 ? [] : [notice('consent.refusalsOfRejected', table, { count: outside })]),
    ...(unreadable === 0 ? [] : [notice('consent.unreadable', table, { count: unreadable })]),
    ...(unlocated === 0 ? [] : [notice('consent.unlocated', table, { count: unlocated })]),
  ];
}
