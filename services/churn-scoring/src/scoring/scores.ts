import { pageTokenInvalid } from '@holdfast/platform/paging';
import { z } from 'zod';
import { Inject, Injectable } from '@nestjs/common';
import { Reasons, Timing, type Score } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { AdopterSegment } from '@holdfast/contracts/churn_scoring/v1/worth';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import type { OrgUnitFilter } from '@holdfast/platform/caller';
import { ROWS_PER_BATCH_MAX, bytes, categories, columnBatch, numbers, uuids } from '@holdfast/platform/columns';
import { Database } from '@holdfast/platform/database';
import { NIL_UUID, shardOf } from '@holdfast/platform/identity';
import type { Lever } from '@holdfast/platform/levers';
import { Parameters } from '@holdfast/platform/parameters';
import type { Quadrant } from '@holdfast/platform/terms';
import { horizonsOfScore } from '../model/horizon.js';
import { RETENTION, type Kind } from '../model/kind.js';
import type { ChurnScoringParameters } from '../parameters.js';
import { Registry } from '../model/registry.js';
import { arePacked } from '../reason/read-reasons.js';
import { INVOLUNTARY_SQL, isInvoluntary, leversOf } from './involuntary.js';
import { efficiencySourceFor } from './efficiency-source.js';
import { QUADRANT_SQL, quadrantOf } from './quadrant.js';
import { Runs, limitsOf, type RunRow } from './runs.js';
import { TIMINGS, TIMING_SQL, ruleOfRun, timingMessage, type TimingRuleInForce } from './timing.js';
import { SEGMENT_SQL, segmentMessage, type SegmentRow } from './segment.js';

/** Pages go on in the run and order in which the first began, though a newer run may have been published. */
const pageSchema = z.object({
  runId: z.uuid(),
  sort: z.string(),
  figure: z.string().regex(/^-?(\d+(\.\d+)?(e[+-]?\d+)?|Infinity)$/),
  subscriptionId: z.uuid(),
});
type ScorePage = z.output<typeof pageSchema>;

export function encodePage(page: ScorePage): string {
  return Buffer.from(JSON.stringify(page)).toString('base64url');
}

/** @throws invalid */
export function decodePage(token: string): ScorePage {
  try {
    return pageSchema.parse(JSON.parse(Buffer.from(token, 'base64url').toString('utf8')));
  } catch {
    throw pageTokenInvalid();
  }
}

interface ScoreRow {
  shard: number;
  subscription_id: string;
  org_unit_path: string;
  probability: number;
  /** numeric, as text. */
  value: string | null;
  efficiency: number | null;
  priority: number;
  reasons: Buffer;
  involuntary_probability: number | null;
  silent_months: number | null;
  contract_months: number | null;
}

/** Without a worth, all are null. */
type MaybeSegmentRow = SegmentRow | { readonly [C in keyof SegmentRow]: null };

const SCORE_COLUMNS = `s.shard, s.subscription_id, s.org_unit_path, s.probability, s.value, s.efficiency, s.priority, s.reasons,
  s.involuntary_probability, s.silent_months, s.contract_months`;

/** What a list may be ordered by, as SQL; every order is descending, then by subscription. */
const SORTS = {
  '-priority': 's.priority',
  '-probability': 's.probability',
  '-value': "coalesce(s.value::float8, '-infinity')",
} as const;
export type ScoreSort = keyof typeof SORTS;

export function isScoreSort(sort: string): sort is ScoreSort {
  return Object.hasOwn(SORTS, sort);
}

/** What a list does with subscriptions that leave involuntarily. */
export const INVOLUNTARY_FILTERS = ['exclude', 'include', 'only'] as const;
export type InvoluntaryFilter = (typeof INVOLUNTARY_FILTERS)[number];

export interface ScoreFilter {
  probabilityMin: number | null;
  quadrant: Quadrant | null;
  orgUnitPath: string;
  involuntary: InvoluntaryFilter;
  /** Whether there is a silent month; null for all. */
  silent: boolean | null;
  /** When a contact pays most; null for all. */
  timing: (typeof TIMINGS)[number] | null;
}

/** Where a page ended. */
export interface ScorePosition {
  /** The sort figure as text, because JSON has no infinity. */
  readonly figure: string;
  readonly subscriptionId: string;
}

/** The published scores. Everything here is bound to a region. */
@Injectable()
export class Scores {
  constructor(
    private readonly database: Database,
    private readonly runs: Runs,
    private readonly registry: Registry,
    @Inject(Parameters) private readonly parameters: ChurnScoringParameters,
  ) {}

  /** The newest published score of a subscription; undefined if the region has none. One prepared statement. */
  async newest(subscriptionId: string, kind: Kind, units: OrgUnitFilter): Promise<Score | undefined> {
    const sql = `select ${SCORE_COLUMNS}, ${SEGMENT_SQL}, r.id, r.kind, r.table_name, r.table_version, r.month, r.model_id, m.name as model_name,
        m.checksum as model_checksum, m.horizons,
        r.currency, r.contact_cost, r.gap_months, r.quadrant_probability_min, r.quadrant_efficiency_min, r.quadrant_value_min, r.involuntary_probability_min, r.efficiency_source, r.timing_at, r.published_at
      from scoring_run r
      join score s on s.run_id = r.id and s.shard = $2 and s.subscription_id = $1
      join model m on m.id = r.model_id
      left join worth w on w.run_id = r.id and w.subscription_id = s.subscription_id
      where r.is_current and r.kind = $3 and s.org_unit_path ^@ any($4::text[])
      order by r.published_at desc, r.id desc limit 1`;
    const params = [subscriptionId, shardOf(subscriptionId), kind, units];
    const [row] = await this.database.query<ScoreRow & RunRow & MaybeSegmentRow>(sql, params, 'newest-score');
    if (row === undefined) return undefined;
    const segment = row.segment === null ? undefined : segmentMessage(row, row.currency);
    const rule = await this.ruleOf(row);
    return {
      ...scoreMessage(row, row, await this.readerOf(row, [row]), rule, true),
      segment,
      efficiencySource: efficiencySourceFor(row, units),
    };
  }

  /** A page in the requested order. */
  async page(
    run: RunRow,
    units: OrgUnitFilter,
    filter: ScoreFilter,
    sort: ScoreSort,
    rowsMax: number,
    after: ScorePosition | undefined,
  ): Promise<{ scores: Score[]; end: ScorePosition | undefined }> {
    const figure = SORTS[sort];
    const rows = await this.database.query<ScoreRow & { figure: string }>(
      `select ${SCORE_COLUMNS}, (${figure})::text as figure
       from score s join scoring_run r on r.id = s.run_id
       where s.run_id = $1 and s.org_unit_path ^@ any($2::text[]) and s.org_unit_path ^@ $3
         and ($4::float8 is null or s.probability >= $4)
         and ($5::text is null or ${QUADRANT_SQL} = $5)
         and ($9 = 'include' or ${INVOLUNTARY_SQL} = ($9 = 'only'))
         and ($10::boolean is null or coalesce(s.silent_months > 0, false) = $10)
         and ($11::text is null or (${TIMING_SQL} = $11 and not ${INVOLUNTARY_SQL}))
         and ($6::float8 is null or ${figure} < $6 or (${figure} = $6 and s.subscription_id > $7::uuid))
       order by ${figure} desc, s.subscription_id limit $8`,
      [
        run.id,
        units,
        filter.orgUnitPath,
        filter.probabilityMin,
        filter.quadrant,
        after?.figure ?? null,
        after?.subscriptionId ?? null,
        rowsMax + 1,
        filter.involuntary,
        filter.silent,
        filter.timing,
      ],
    );
    const page = rows.slice(0, rowsMax);
    const last = page.at(-1);
    const isWhole = rows.length <= rowsMax || last === undefined;
    const [reader, rule] = [await this.readerOf(run, page), await this.ruleOf(run)];
    return {
      scores: page.map((row) => scoreMessage(row, run, reader, rule, false)),
      end: isWhole ? undefined : { figure: last.figure, subscriptionId: last.subscription_id },
    };
  }

  /** Every score of a run, by shard and subscription. @throws notFound; gone, also where the run is dropped meanwhile */
  async *batches(runId: string, units: OrgUnitFilter): AsyncIterable<ColumnBatch> {
    const run = await this.runs.find(runId);
    const rule = await this.ruleOf(run);
    const read = (after?: ScoreRow): Promise<BatchRow[]> =>
      this.database.query<BatchRow>(
        `select ${SCORE_COLUMNS}, ${SEGMENT_SQL} from score s
           left join worth w on w.run_id = s.run_id and w.subscription_id = s.subscription_id
         where s.run_id = $1 and (s.shard, s.subscription_id) > ($2::smallint, $3::uuid)
           and s.org_unit_path ^@ any($4::text[])
         order by s.shard, s.subscription_id limit $5`,
        [run.id, after?.shard ?? -1, after?.subscription_id ?? NIL_UUID, units, ROWS_PER_BATCH_MAX],
      );
    for await (const rows of this.runs.batches(run.id, read))
      yield batchOf(rows, run, await this.readerOf(run, rows), rule);
  }

  /** The rule of the best moment. */
  private ruleOf(run: Pick<RunRow, 'published_at' | 'timing_at'>): Promise<TimingRuleInForce> {
    return this.parameters.inForce('timing.rule', ruleOfRun(run));
  }

  /** The model of the run, which is loaded only where rows have reasons that need it. @throws precondition where it is damaged */
  private async readerOf(run: RunRow, rows: readonly ScoreRow[]): Promise<ReadReasons> {
    if (!rows.some(({ reasons }) => arePacked(reasons))) return (bytes) => Reasons.decode(bytes);
    const { model_id: id, model_name: name, model_checksum: checksum } = run;
    const { reasons: reader } = await this.registry.load({ id, name, checksum });
    return (bytes) => reader.read(bytes);
  }
}

/** Of a row that was explained. */
type ReadReasons = (bytes: Uint8Array) => Reasons;

type BatchRow = ScoreRow & MaybeSegmentRow;
const NONE = new Uint8Array(0);

function batchOf(rows: readonly BatchRow[], run: RunRow, read: ReadReasons, rule: TimingRuleInForce): ColumnBatch {
  const limits = limitsOf(run);
  return columnBatch(rows, {
    subscription_id: uuids((row) => row.subscription_id),
    probability: numbers((row) => row.probability),
    value: numbers((row) => (row.value === null ? null : Number(row.value))),
    efficiency: numbers((row) => row.efficiency),
    priority: numbers((row) => row.priority),
    involuntary_probability: numbers((row) => row.involuntary_probability),
    is_involuntary: numbers((row) => Number(isInvoluntaryRow(row, run))),
    quadrant: categories((row) => quadrantOf(row.probability, row, limits)),
    org_unit_path: categories((row) => row.org_unit_path),
    levers: categories((row) => leversOfRow(row, run).join(',')),
    reasons: bytes(({ reasons }) => (reasons.length === 0 ? reasons : Reasons.encode(read(reasons)).finish())),
    timing: bytes((row) => {
      const timing = timingOfRow(row, run, rule, false);
      return timing === undefined ? NONE : Timing.encode(timing).finish();
    }),
    segment: bytes((row) =>
      row.segment === null || row.segment_facts === null
        ? NONE
        : AdopterSegment.encode(segmentMessage(row, run.currency)).finish(),
    ),
  });
}

function isInvoluntaryRow(row: ScoreRow, run: RunRow): boolean {
  const { probability, involuntary_probability: involuntaryProbability } = row;
  return isInvoluntary({ probability, involuntaryProbability }, run.involuntary_probability_min);
}

/** Of the list of arrears, and of those who are marked in a list of retention. */
function leversOfRow(row: ScoreRow, run: RunRow): readonly Lever[] {
  const isOfArrears = run.kind === 'involuntary';
  if (!isOfArrears && !isInvoluntaryRow(row, run)) return [];
  const limits = limitsOf(run);
  return leversOf(
    isOfArrears
      ? quadrantOf(row.probability, row, limits)
      : quadrantOf(row.involuntary_probability!, row, { ...limits, probabilityMin: run.involuntary_probability_min! }),
  );
}

/** Of subscriptions that a campaign may keep. */
function timingOfRow(row: ScoreRow, run: RunRow, rule: TimingRuleInForce, withMoments: boolean): Timing | undefined {
  if (run.kind !== RETENTION || isInvoluntaryRow(row, run)) return undefined;
  return timingMessage(row, run, rule, withMoments);
}

function scoreMessage(
  row: ScoreRow,
  run: RunRow,
  read: ReadReasons,
  rule: TimingRuleInForce,
  withMoments: boolean,
): Score {
  return {
    subscriptionId: row.subscription_id,
    kind: run.kind,
    probability: row.probability,
    value: row.value === null ? undefined : Number(row.value),
    currency: row.value === null ? '' : run.currency,
    efficiency: row.efficiency ?? undefined,
    priority: row.priority,
    quadrant: quadrantOf(row.probability, row, limitsOf(run)),
    reasons: row.reasons.length === 0 ? undefined : read(row.reasons),
    modelId: run.model_id,
    modelName: run.model_name,
    runId: run.id,
    table: run.table_name,
    tableVersion: run.table_version,
    scoredAt: run.published_at,
    orgUnitPath: row.org_unit_path,
    month: run.month,
    involuntaryProbability: row.involuntary_probability ?? undefined,
    isInvoluntary: isInvoluntaryRow(row, run),
    silentMonths: row.silent_months ?? undefined,
    levers: [...leversOfRow(row, run)],
    horizons: horizonsOfScore(row.probability, run.horizons),
    segment: undefined,
    timing: timingOfRow(row, run, rule, withMoments),
    efficiencySource: undefined,
  };
}
