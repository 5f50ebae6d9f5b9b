import { Inject, Injectable } from '@nestjs/common';
import { RefusalsRead } from '@holdfast/contracts/feature_store/v1/refusals';
import { Clock } from '@holdfast/platform/clock';
import { Database, rowsOf } from '@holdfast/platform/database';
import { derivedIdInDuckDb, type KeySpace } from '@holdfast/platform/identity';
import { log } from '@holdfast/platform/log';
import { Outbox, eventOf } from '@holdfast/platform/outbox';
import { CONFIG } from '@holdfast/platform/service';
import type { FeatureStoreConfig } from '../config.js';
import type { Engine } from '../engine/engine.js';
import { notice, type Notice } from '../extract/notices.js';

const refusalsRead = eventOf('feature-store', RefusalsRead);

const ROWS_PER_STATEMENT = 8192;

/** Whose refusals are stored. */
interface RefusalsOf {
  importId: string;
  orgUnitPath: string;
  /** `extract <id>` or `table <name>`. */
  origin: string;
  /** When the file was drawn: no refusal is later. */
  drawnAt: Date;
  /** Rows in which the cell cannot be located. */
  unlocated: number;
  /** Within what the keys name customers. */
  keySpace: KeySpace;
  /** Whether the keys name subscriptions as well: a plain table has one for each. */
  areSubscriptions: boolean;
}

/** What was read of an import's refusals. */
export interface RefusalCounts {
  refusals: number;
  unreadable: number;
  unlocated: number;
}

/** Refusals of an import, kept and announced before its rows are checked and whatever becomes of them. */
@Injectable()
export class Refusals {
  private readonly log = log('refusals');

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly outbox: Outbox,
    @Inject(CONFIG) private readonly config: FeatureStoreConfig,
  ) {}

  /** What an earlier run of the import's job read; undefined if none came to its end. */
  async readBefore(importId: string): Promise<RefusalCounts | undefined> {
    const [known] = await this.database.query<{ refusals: string; unreadable: string; unlocated: string }>(
      'select refusals, unreadable, unlocated from refusal_reading where import_id = $1',
      [importId],
    );
    if (known === undefined) return undefined;
    const { refusals, unreadable, unlocated } = known;
    return { refusals: Number(refusals), unreadable: Number(unreadable), unlocated: Number(unlocated) };
  }

  /**
   * Stores the refusals in the engine's table `consent_cell` (see read-consents.ts), each customer once, and says that they are
   * there. Of two rows about one customer the no counts, from the drawing on if the other says yes: nothing tells which
   * of the two is newer.
   */
  async store(engine: Engine, of: RefusalsOf): Promise<RefusalCounts> {
    const { importId, origin, unlocated } = of;
    const latestMs = Math.min(of.drawnAt.getTime(), this.clock.now().getTime());
    await this.database.query('delete from refusal where import_id = $1', [importId]);
    const refusals = await this.storeRows(engine, of, latestMs);
    const { n } = await engine.row<{ n: bigint }>('select count(*) as n from consent_cell where is_unreadable');
    const unreadable = Number(n);
    await this.database.transaction(async (tx) => {
      await rowsOf(
        tx,
        `insert into refusal_reading (import_id, origin, refusals, unreadable, unlocated, read_at)
         values ($1, $2, $3, $4, $5, $6)`,
        [...[importId, origin, refusals, unreadable, unlocated], this.clock.now()],
      );
      const about = { subjectId: importId, orgUnitPath: of.orgUnitPath };
      await this.outbox.publish(tx, refusalsRead, about, { importId, origin, refusals });
    });
    this.log.info({ import: importId, refusals, unreadable, unlocated }, 'refusals read');
    return { refusals, unreadable, unlocated };
  }

  private async storeRows(
    engine: Engine,
    { importId, keySpace, areSubscriptions }: RefusalsOf,
    latestMs: number,
  ): Promise<number> {
    const connection = await engine.connect();
    let stored = 0;
    try {
      await connection.run('use scratch');
      const idOf = (kind: string): string => derivedIdInDuckDb(kind, this.config.operator, 'key', keySpace);
      const result = await connection.stream(
        `select ${idOf('customer')}::varchar, ${areSubscriptions ? `${idOf('subscription')}::varchar` : 'null'},
           case when bool_or(not is_refusal) then ${latestMs}
             else least(max(case when is_refusal then coalesce(at_ms, ${latestMs}) end), ${latestMs}) end::double
         from consent_cell group by key having bool_or(is_refusal)`,
      );
      let held: [string, string | null, Date][] = [];
      const flush = async (): Promise<void> => {
        await this.database.query(
          `insert into refusal (import_id, customer_id, subscription_id, at)
           select $1, * from unnest($2::uuid[], $3::uuid[], $4::timestamptz[]) on conflict do nothing`,
          [importId, held.map(([id]) => id), held.map(([, subscription]) => subscription), held.map(([, , at]) => at)],
        );
        stored += held.length;
        held = [];
      };
      for (
        let chunk = await result.fetchChunk();
        chunk !== null && chunk.rowCount > 0;
        chunk = await result.fetchChunk()
      ) {
        held.push(
          ...chunk
            .getRows()
            .map(([id, subscription, ms]): (typeof held)[number] => [
              String(id),
              subscription as string | null,
              new Date(Number(ms)),
            ]),
        );
        if (held.length >= ROWS_PER_STATEMENT) await flush();
      }
      if (held.length > 0) await flush();
    } finally {
      connection.closeSync();
    }
    return stored;
  }
}

/**
 * Rows of `consent_cell` that refuse and are in `rejected`, too.
 * @param isPlain whether `rejected` is that of a plain table, which has one file
 */
export async function refusalsInRejected(engine: Engine, isPlain = false): Promise<number> {
  const isSameFile = isPlain ? '' : 'r.file_no = c.file_no and ';
  const { n } = await engine.row<{ n: bigint }>(
    `select count(*) as n from consent_cell c where c.is_refusal
       and exists (select 1 from rejected r where ${isSameFile}r.line = c.line)`,
  );
  return Number(n);
}

/**
 * What the owner of the file should know.
 * @param outside refusals whose rows did not go in
 */
export function refusalNotices(table: string, outside: number, { unreadable, unlocated }: RefusalCounts): Notice[] {
  return [
    ...(outside === 0 ? [] : [notice('consent.refusalsOfRejected', table, { count: outside })]),
    ...(unreadable === 0 ? [] : [notice('consent.unreadable', table, { count: unreadable })]),
    ...(unlocated === 0 ? [] : [notice('consent.unlocated', table, { count: unlocated })]),
  ];
}
