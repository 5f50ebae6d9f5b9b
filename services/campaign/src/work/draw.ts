import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Inject, Injectable } from '@nestjs/common';
import { from as copyFrom } from 'pg-copy-streams';
import { ScoringServiceDefinition, type ScoringService } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { ListDrawn } from '@holdfast/contracts/campaign/v1/work';
import { Clock } from '@holdfast/platform/clock';
import type { PlatformConfig } from '@holdfast/platform/config';
import { Database, clientOf, rowsOf, type Transaction } from '@holdfast/platform/database';
import type { Rpc } from '@holdfast/platform/grpc';
import { derivedId } from '@holdfast/platform/identity';
import { callOfJob, type JobResult, type JobRun } from '@holdfast/platform/jobs';
import { log } from '@holdfast/platform/log';
import { Outbox, eventOf } from '@holdfast/platform/outbox';
import { CONFIG } from '@holdfast/platform/service';
import { toMinor } from './money.js';
import { OriginsOfRuns, type Origins } from './origins.js';
import { atRiskRows, copyText, type ScoreRow } from './score-rows.js';

export const listDrawn = eventOf('campaign', ListDrawn);

const STAGING = `
  create temporary table drawn (
    subscription_id uuid, probability float8, value_minor bigint, priority float8, quadrant text, first_reason text,
    reasons bytea, unit_path text
  ) on commit drop`;

const RANK = `
  insert into work_item (subscription_id, draw_id, rank, probability, value_minor, priority, quadrant, first_reason,
    reasons, unit_path)
  select subscription_id, $1, row_number() over (order by priority desc, subscription_id), probability, value_minor,
    priority, quadrant, first_reason, reasons, unit_path
  from drawn`;

/** Points the queue to the draw, unless it shows a newer run: nothing comes back then. Locks the queue's row. */
const SHOW = `
  insert into queue (name, draw_id, run_id, run_published_at, version) values ($1, $2, $3, $4, 1)
  on conflict (name) do update set draw_id = excluded.draw_id, run_id = excluded.run_id,
    run_published_at = excluded.run_published_at, version = queue.version + 1
  where (queue.run_published_at, queue.run_id) < (excluded.run_published_at, excluded.run_id)
  returning version`;

/** What was worked on stays: leases in force refer to it, and touches are explained by it. */
const FORGET_FORMER = `
  delete from work_item i
  using draw d
  where d.id = i.draw_id and d.queue = $1 and d.id <> (select draw_id from queue where name = $1)
    and not exists (select from lease l where l.subscription_id = i.subscription_id and l.draw_id = i.draw_id)`;

/** What came in for a draw. */
interface Staged {
  items: number;
  /** Null where no row has a value. */
  contactCostMinor: number | null;
}

/**
 * Job `draw-list`: makes the ranked list of a published run. The rows come as column batches and go in by COPY; one
 * statement ranks them; one row then shows the new list in place of the former. All of that is one transaction: a run
 * of this job that was cut off leaves nothing, and the next begins anew.
 */
@Injectable()
export class ListDrawing {
  private readonly log = log('draw');

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly outbox: Outbox,
    private readonly origins: OriginsOfRuns,
    @Inject(ScoringServiceDefinition.fullName) private readonly scoring: Rpc<ScoringService>,
    @Inject(CONFIG) private readonly config: PlatformConfig,
  ) {}

  async run(run: JobRun): Promise<JobResult> {
    const origins = await this.origins.of(callOfJob('campaign', run), String(run.params['runId']));
    const queue = origins.run.table;
    if (await this.isNeeded(origins)) {
      const items = await this.database.transaction((tx) => this.draw(tx, run, origins));
      this.log.info({ job: run.jobId, queue, items }, 'list drawn');
    }
    await this.database.query(FORGET_FORMER, [queue]);
    // The statistics of the table before this draw would mislead the planner until PostgreSQL looks by itself.
    await this.database.query('analyze work_item');
    return { queue, runId: origins.run.runId };
  }

  /** Not where this run was drawn before (the job comes again after a crash), nor where a newer one is shown. */
  private async isNeeded({ run, runPublishedAt }: Origins): Promise<boolean> {
    const found = await this.database.query(
      `select from draw where run_id = $1
       union all
       select from queue where name = $2 and (run_published_at, run_id) > ($3::timestamptz, $1::uuid)`,
      [run.runId, run.table, runPublishedAt],
    );
    return found.length === 0;
  }

  private async draw(tx: Transaction, run: JobRun, origins: Origins): Promise<number> {
    const drawId = derivedId('draw', this.config.operator, origins.run.runId);
    await rowsOf(tx, STAGING);
    const staged = await this.stage(tx, run, origins);
    await this.storeDraw(tx, drawId, origins, staged);
    await rowsOf(tx, RANK, [drawId]);
    const { items } = staged;
    const { runId, table: queue } = origins.run;
    const [shown] = await rowsOf<{ version: string }>(tx, SHOW, [queue, drawId, runId, origins.runPublishedAt]);
    if (shown !== undefined) {
      const about = { subjectId: queue, version: Number(shown.version) };
      await this.outbox.publish(tx, listDrawn, about, { queue, runId, items });
    }
    return items;
  }

  /** Copies those at risk as they arrive; memory holds a batch at a time. */
  private async stage(tx: Transaction, run: JobRun, origins: Origins): Promise<Staged> {
    const { scoring } = this;
    const { runId, rows: rowsTotal, atRiskProbabilityMin } = origins.run;
    let items = 0;
    let contactCostMinor: number | null = null;
    async function* lines(): AsyncGenerator<string> {
      let rowsDone = 0;
      for await (const batch of scoring.readScores(callOfJob('campaign', run), { runId })) {
        let text = '';
        for (const row of atRiskRows(batch, atRiskProbabilityMin)) {
          items += 1;
          contactCostMinor ??= contactCostOf(row, origins.currency);
          text += copyLine(row, origins.currency);
        }
        if (text !== '') yield text;
        rowsDone += batch.rows;
        await run.progress({ phase: 'drawing', rowsDone, rowsTotal });
      }
    }
    const client = await clientOf(tx);
    await pipeline(Readable.from(lines()), client.query(copyFrom('copy drawn from stdin')), { signal: run.signal });
    return { items, contactCostMinor };
  }

  private async storeDraw(tx: Transaction, id: string, origins: Origins, staged: Staged): Promise<void> {
    const { run } = origins;
    await rowsOf(
      tx,
      `insert into draw (id, queue, run_id, run_published_at, drawn_at, items, efficiency_basis,
         at_risk_probability_min, contact_cost_minor, currency, model_id, model_name, table_version, table_as_of,
         value_column, unit_column, column_labels)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
      [
        id,
        run.table,
        run.runId,
        origins.runPublishedAt,
        this.clock.now(),
        staged.items,
        run.efficiencyBasis,
        run.atRiskProbabilityMin,
        staged.contactCostMinor,
        origins.currency,
        run.modelId,
        origins.modelName,
        run.tableVersion,
        origins.tableAsOf,
        origins.valueColumn,
        origins.unitColumn,
        JSON.stringify(origins.columnLabels),
      ],
    );
  }
}

/** Scores carry value and value ÷ cost, so that the cost they were computed with is their quotient. */
function contactCostOf({ value, efficiency }: ScoreRow, currency: string): number | null {
  return value > 0 && efficiency > 0 ? toMinor(value / efficiency, currency) : null;
}

function copyLine(row: ScoreRow, currency: string): string {
  const fields = [
    row.subscriptionId,
    row.probability,
    Number.isNaN(row.value) ? '\\N' : toMinor(row.value, currency),
    row.priority,
    copyText(row.quadrant),
    copyText(row.firstReason),
    `\\\\x${Buffer.from(row.reasons).toString('hex')}`,
    copyText(row.unitPath),
  ];
  return `${fields.join('\t')}\n`;
}
