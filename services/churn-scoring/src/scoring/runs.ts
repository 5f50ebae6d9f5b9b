import { Injectable } from '@nestjs/common';
import { Validation } from '@holdfast/contracts/churn_scoring/v1/model';
import type { QuadrantLimits as RunLimits, Run } from '@holdfast/contracts/churn_scoring/v1/scoring';
import type { OrgUnitFilter } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { Database } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import { Jobs } from '@holdfast/platform/jobs';
import { NO_CURRENCY, moneyOfMajor, toMinor } from '@holdfast/platform/money';
import { PublishedRuns, type RunTables } from '@holdfast/platform/published-runs';
import type { DriftReport } from '../drift/drift-report.js';
import type { StoredHorizons } from '../model/horizon.js';
import type { Kind } from '../model/kind.js';
import { driftNotices, runNotices, withdrawnNotices } from '../model/notices.js';
import { NO_CAUSE } from '../reason/pack-reasons.js';
import { VALUE_COST, efficiencySourceFor } from './efficiency-source.js';
import { QUADRANTS } from '@holdfast/platform/terms';
import type { QuadrantLimits } from './quadrant.js';

const runUnknown = failure('notFound', 'run.unknown', {
  en: 'There is no such published run.',
  'zh-CN': '没有这次评分结果。',
});
const runGone = failure('gone', 'run.gone', {
  en: 'This run is no longer kept; a newer one has taken its place.',
  'zh-CN': '该次评分结果已不再保留，请使用更新的结果。',
});

/** A row of table `scoring_run`, with facts of its model. */
export interface RunRow {
  id: string;
  kind: string;
  table_name: string;
  table_version: string;
  model_id: string;
  month: string;
  model_name: string;
  model_checksum: string;
  /** Of the model. */
  validation: object;
  /** Of the model; null where it has none. */
  horizons: StoredHorizons | null;
  at_risk_probability_min: number;
  currency: string;
  /** numeric, as text. */
  contact_cost: string;
  gap_months: number;
  quadrant_probability_min: number;
  quadrant_efficiency_min: number | null;
  involuntary_probability_min: number | null;
  timing_at: Date | null;
  /** numeric, as text. */
  quadrant_value_min: string | null;
  /** An EfficiencySource as JSON; null in runs of former releases. */
  efficiency_source: object | null;
  rows: string;
  published_at: Date;
  withdrawn_at: Date | null;
  purged_at: Date | null;
}

const TABLES: RunTables = {
  runs: 'scoring_run',
  scope: ['kind', 'table_name'],
  // Scoring an earlier month again does not change the current scores.
  replaces: "(new.month = '' or old.month <= new.month)",
  order: 'r.month desc, r.published_at desc, r.id desc',
  results: ['run_count', 'score_shard', 'worth', 'worth_run'],
  partitioned: 'score',
  indexes: {
    primaryKey: 'run_id, shard, subscription_id',
    others: ['priority desc, subscription_id', 'probability desc, subscription_id'],
  },
  select: {
    columns: 'm.name as model_name, m.checksum as model_checksum, m.validation, m.horizons',
    join: 'join model m on m.id = r.model_id',
  },
  purgeJob: 'purge-scores',
};

function limitsMessage(run: RunRow): RunLimits {
  const { probabilityMin, efficiencyMin, valueMin } = limitsOf(run);
  const currency = run.currency || NO_CURRENCY;
  return {
    probabilityMin,
    efficiencyMin: valueMin === null ? (efficiencyMin ?? undefined) : undefined,
    valueMin: valueMin === null ? undefined : moneyOfMajor(valueMin, currency),
  };
}

type LimitColumns = 'quadrant_probability_min' | 'quadrant_efficiency_min' | 'quadrant_value_min';

export function limitsOf(run: Pick<RunRow, LimitColumns>): QuadrantLimits {
  const { quadrant_probability_min: probabilityMin, quadrant_efficiency_min: efficiencyMin } = run;
  const valueMin = run.quadrant_value_min === null ? null : Number(run.quadrant_value_min);
  return { probabilityMin, efficiencyMin, valueMin };
}

@Injectable()
export class Runs extends PublishedRuns<RunRow> {
  constructor(database: Database, jobs: Jobs, clock: Clock) {
    super(database, jobs, clock, TABLES, { unknown: runUnknown, gone: runGone });
  }

  /** A run by id; else the current one of a kind and table; else the newest current one of the kind. @throws notFound, gone */
  findOfTable(runId: string, kind: Kind, table: string): Promise<RunRow> {
    return this.find(runId, table === '' ? { kind } : { kind, table_name: table });
  }

  /** Undefined for models of former releases. */
  async driftOf(runId: string): Promise<DriftReport | undefined> {
    const sql = 'select report from run_drift where run_id = $1';
    return (await this.database.query<{ report: DriftReport }>(sql, [runId]))[0]?.report;
  }

  /** The summary of the caller's region. */
  async summary(run: RunRow, units: OrgUnitFilter): Promise<Run> {
    const sql = `select measure, name, sum(rows) as rows from run_count
      where run_id = $1 and org_unit_path ^@ any($2::text[]) group by measure, name order by sum(rows) desc, name`;
    const counts = await this.database.query<{ measure: string; name: string; rows: string }>(sql, [run.id, units]);
    const of = (measure: string) =>
      counts.filter((count) => count.measure === measure).map(({ name, rows }) => ({ name, rows: Number(rows) }));
    const [quadrants, reasons, causes] = [of('quadrant'), of('at-risk-reason'), of('at-risk-cause')];
    const total = (list: readonly { rows: number }[]): number => list.reduce((sum, { rows }) => sum + rows, 0);
    const involuntary = total(of('involuntary'));
    const rows = total(quadrants) + involuntary;
    const [probability] = of('probability-millionths');
    const meanProbability = rows === 0 || probability === undefined ? undefined : probability.rows / 1e6 / rows;
    const validation = Validation.fromPartial(run.validation);
    const source = efficiencySourceFor(run, units);
    const isWhole = rows === Number(run.rows); // a city's own mean may well differ
    return {
      runId: run.id,
      kind: run.kind,
      table: run.table_name,
      tableVersion: run.table_version,
      modelId: run.model_id,
      rows,
      atRisk: total(reasons),
      atRiskProbabilityMin: run.at_risk_probability_min,
      byReason: reasons.filter(({ name }) => name !== '').map(({ name, rows }) => ({ column: name, count: rows })),
      byQuadrant: Object.fromEntries(
        QUADRANTS.map((quadrant) => [quadrant, quadrants.find(({ name }) => name === quadrant)?.rows ?? 0]),
      ),
      publishedAt: run.published_at,
      efficiencyBasis: source?.basis ?? VALUE_COST,
      efficiencySource: source,
      quadrantLimits: limitsMessage(run),
      contactCost: { minor: toMinor(Number(run.contact_cost), run.currency || NO_CURRENCY), currency: run.currency },
      month: run.month,
      involuntary,
      silent: total(of('silent')),
      byCause: causes.filter(({ name }) => name !== NO_CAUSE).map(({ name, rows }) => ({ cause: name, count: rows })),
      withoutClearReason: causes.length === 0 ? undefined : (causes.find(({ name }) => name === NO_CAUSE)?.rows ?? 0),
      meanProbability,
      realised: isWhole ? validation.lastMonth?.realised : undefined,
      realisedMonth: isWhole ? (validation.lastMonth?.month ?? '') : '',
      notices: [
        ...withdrawnNotices(run.withdrawn_at),
        ...(isWhole ? [...runNotices(meanProbability, validation), ...driftNotices(await this.driftOf(run.id))] : []),
      ],
    };
  }
}
