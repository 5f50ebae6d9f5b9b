import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { ViewMaterialised } from '@holdfast/contracts/feature_store/v1/view';
import { Clock } from '@holdfast/platform/clock';
import { Database } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import type { JobResult, JobRun } from '@holdfast/platform/jobs';
import { log } from '@holdfast/platform/log';
import { Outbox, eventOf } from '@holdfast/platform/outbox';
import { CONFIG } from '@holdfast/platform/service';
import { orgUnitPath } from '@holdfast/platform/org-unit';
import type { FeatureStoreConfig } from '../config.js';
import { literal, type Engine } from '../engine/engine.js';
import { requireVisible } from '../facts/extracts.js';
import { Facts } from '../facts/facts.js';
import { statusMonths } from '../facts/status-months.js';
import { storeVersion } from '../lake/catalogue.js';
import { moveSynced } from '../lake/durable-file.js';
import { LakeFiles } from '../lake/lake-files.js';
import { ScratchEngines } from '../lake/scratch-engines.js';
import { loadOnlineValues, writeOnlineFile } from '../online/online-values.js';
import type { PointInTime } from './point-in-time.js';
import { labelQuery } from './labels.js';
import { computeMonth } from './month-features.js';
import { TOUCH_MONTHS, outcomeFactsQuery } from './outcome-facts.js';
import { OUTCOME_NAMES, viewTableVersion, writeViewTable } from './view-table.js';
import { factsOf, partName, type Block, type ViewPlan } from './view-plan.js';
import { Views } from './views.js';

const viewMaterialised = eventOf('feature-store', ViewMaterialised);

/** A month's part that no materialisation used for so long is removed. */
const PART_IDLE_MS = 40 * 24 * 3_600_000;
/** Typical share of the work up to the end of each phase. */
const SHARE_COMPUTED = 0.85;
const SHARE_WRITTEN = 0.95;

const nothingAtRisk = failure('precondition', 'view.nothingAtRisk', {
  en: 'No closed month has {months} months of history and anybody at risk.',
  'zh-CN': '没有任何已关账月份同时具备 {months} 个月历史和在网用户。',
});

/**
 * Makes a view's table of the lake, month by month and block of shards by block. A month's rows in a block are a file
 * whose name has all that they depend on, so that a repeated run, and the next extract, use existing ones. All becomes
 * visible in one transaction with the event.
 */
@Injectable()
export class MaterialiseView {
  private readonly log = log('view');

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly outbox: Outbox,
    private readonly files: LakeFiles,
    private readonly scratch: ScratchEngines,
    private readonly facts: Facts,
    private readonly views: Views,
    @Inject(CONFIG) private readonly config: FeatureStoreConfig,
  ) {}

  async run(run: JobRun): Promise<JobResult> {
    const plan = await this.views.plan();
    if (plan.pointsInTime.length === 0) throw nothingAtRisk({ months: plan.rules.historyMonths });
    return this.scratch.run(`view-${plan.key}`, run.signal, async (engine) => {
      const blocks = await this.computeBlocks(run, engine, plan);
      const version = await this.publish(run, engine, plan, blocks);
      return { table: plan.definition.view, version, month: plan.pointsInTime.at(-1)!.month };
    });
  }

  private async computeBlocks(run: JobRun, engine: Engine, plan: ViewPlan): Promise<string[]> {
    const steps = plan.blocks.length * plan.pointsInTime.length;
    const blocks: string[] = [];
    const used = new Set<string>();
    for (const [at, block] of plan.blocks.entries()) {
      const parts: string[] = [];
      for (const [month, pointInTime] of plan.pointsInTime.entries()) {
        const fraction = (SHARE_COMPUTED * (at * plan.pointsInTime.length + month)) / steps;
        await run.progress({ phase: `materialising ${pointInTime.month}`, fraction });
        const part = this.files.viewPart(plan.definition.view, partName(plan, pointInTime, block));
        used.add(path.basename(part));
        await this.computePart(engine, plan, pointInTime, block, part);
        parts.push(part);
      }
      const file = path.join(engine.folder, `block-${String(at).padStart(3, '0')}.parquet`);
      await this.writeBlock(engine, plan, block, parts, file);
      blocks.push(file);
    }
    await this.sweepParts(plan.definition.view, used);
    return blocks;
  }

  /** Computes a month of a block unless its file exists. */
  private async computePart(
    engine: Engine,
    plan: ViewPlan,
    pointInTime: PointInTime,
    block: Block,
    part: string,
  ): Promise<void> {
    if (existsSync(part)) {
      const now = new Date();
      await utimes(part, now, now);
      return;
    }
    const facts = { ...factsOf(plan, pointInTime, block), extracts: plan.extracts };
    await this.facts.withFacts(engine.connection, facts, async () => {
      const { rules, availability } = plan;
      await computeMonth(engine.connection, plan.definition, pointInTime, { rule: rules.status, availability });
      await mkdir(path.dirname(part), { recursive: true, mode: 0o700 });
      await engine.writeParquet('from month_features', `${part}.part`);
      await moveSynced(`${part}.part`, part);
    });
  }

  /** Joins the months of a block with labels and units as known now. */
  private async writeBlock(engine: Engine, plan: ViewPlan, block: Block, parts: string[], file: string): Promise<void> {
    const { rules, firstMonth, lastMonth, labelledAt } = plan;
    const status = statusMonths({ from: firstMonth, to: lastMonth }, rules.status, { usage: false, billing: true });
    const { extracts } = plan;
    const touches = plan.availability.tables.has('touches') ? ['touches'] : [];
    const facts = {
      knowledgeTime: labelledAt,
      shards: block,
      tables: ['status_history', 'billing', ...touches],
      extracts,
    };
    await this.facts.withFacts(engine.connection, facts, async () => {
      await engine.run(
        `create or replace temp table status_now as
         select subscription_id, org_unit_path, month, churned, reason_code, arpu from ${status}`,
      );
      if (touches.length > 0) await engine.run(`create or replace temp table touch_now as ${TOUCH_MONTHS}`);
    });
    const sql = `create or replace temp table row_now as
      select subscription_id, month from read_parquet([${parts.map(literal).join(', ')}])`;
    await engine.run(sql);
    await engine.run(
      `create or replace temp table label_now as ${labelQuery('row_now', 'status_now', rules, lastMonth)}`,
    );
    const touched = touches.length > 0 ? 'touch_now' : undefined;
    const outcomes = outcomeFactsQuery('label_now', 'status_now', touched, rules.gapMonths + 1);
    await engine.run(`create or replace temp table outcome_now as ${outcomes}`);
    await engine.writeParquet(
      `with unit_now as (select subscription_id, arg_max(org_unit_path, month) as org_unit_path from status_now group by 1),
       newest as (select subscription_id, max(month) as newest from row_now group by 1)
       select part.* replace (coalesce(unit_now.org_unit_path, part.org_unit_path) as org_unit_path),
         part.month = newest.newest as is_last, label, ${OUTCOME_NAMES.join(', ')}
       from read_parquet([${parts.map(literal).join(', ')}]) as part
         join label_now using (subscription_id, month) join outcome_now using (subscription_id, month) join newest using (subscription_id)
         left join unit_now using (subscription_id)
       order by part.shard, part.subscription_id, part.month`,
      file,
    );
  }

  /** @returns the version: the same for a repeated run after the publication, which publishes no second event */
  private async publish(run: JobRun, engine: Engine, plan: ViewPlan, blocks: string[]): Promise<string> {
    await run.progress({ phase: 'storing', fraction: SHARE_COMPUTED });
    const finished = path.join(engine.folder, 'rows.parquet');
    const { stored, written } = await writeViewTable(engine, plan, blocks, finished);
    if (written.rows === 0) throw nothingAtRisk({ months: plan.rules.historyMonths });
    const version = viewTableVersion(plan, written, orgUnitPath(this.config.operator, null), this.clock.now());
    const knowledgeTime = new Map(plan.pointsInTime.map((each) => [each.month, each.knowledgeTime]));
    const onlineFile = await writeOnlineFile(stored, version, (month) => knowledgeTime.get(month)!);
    await this.files.placeTable(version.table, version.version, finished);
    const { rows } = written;
    await run.progress({ phase: 'publishing', fraction: SHARE_WRITTEN, rowsDone: rows, rowsTotal: rows });
    await this.database.transaction(async (tx) => {
      await requireVisible(tx, plan.extracts);
      if (!(await storeVersion(tx, version))) return;
      await loadOnlineValues(tx, onlineFile, version);
      const about = { subjectId: run.jobId, orgUnitPath: version.orgUnitPath };
      const [last, newest] = [plan.pointsInTime.at(-1)!, plan.extracts.at(-1)!];
      const { table: view, rows: stored } = version;
      const event = { view, version: version.version, month: last.month, rows: stored, sequence: newest.sequence };
      await this.outbox.publish(tx, viewMaterialised, about, event);
    });
    this.log.info({ view: version.table, version: version.version, rows: version.rows }, 'view materialised');
    return version.version;
  }

  /** Removes parts that are not used any more; those of another run that is under way are younger. */
  private async sweepParts(view: string, used: ReadonlySet<string>): Promise<void> {
    const folder = path.dirname(this.files.viewPart(view, 'any'));
    for (const name of await readdir(folder)) {
      if (used.has(name)) continue;
      const file = path.join(folder, name);
      const { mtimeMs } = await stat(file);
      if (Date.now() - mtimeMs > PART_IDLE_MS) await rm(file, { force: true });
    }
  }
}
