import { Inject, Injectable } from '@nestjs/common';
import type { ScoringService } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { TableServiceDefinition, type TableService } from '@holdfast/contracts/feature_store/v1/lake';
import { requireAllOrgUnits, systemCaller, orgUnitFilter } from '@holdfast/platform/caller';
import { Database } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import type { Rpc } from '@holdfast/platform/grpc';
import { isUuid } from '@holdfast/platform/identity';
import { pageTokenInvalid } from '@holdfast/platform/paging';
import { CONFIG } from '@holdfast/platform/service';
import type { ChurnScoringConfig } from '../config.js';
import { Champions } from '../model/champions.js';
import { RETENTION, kindOf } from '../model/kind.js';
import { Registry } from '../model/registry.js';
import { QUADRANTS, type Quadrant } from '@holdfast/platform/terms';
import { efficiencySourceFor } from './efficiency-source.js';
import { tableOfRows } from './row-table.js';
import { Runs } from './runs.js';
import { scoreRows } from './scored-rows.js';
import { Selections } from './selection.js';
import { SubscriptionPredictor } from './subscription-predictor.js';
import {
  INVOLUNTARY_FILTERS,
  Scores,
  isScoreSort,
  type InvoluntaryFilter,
  type ScoreSort,
  decodePage,
  encodePage,
} from './scores.js';
import { ScoringRequests } from './scoring-requests.js';
import { TIMINGS } from './timing.js';
import { scoped } from '@holdfast/platform/scoped';

const PAGE_ROWS_MAX = 1_000;
const PREDICT_ROWS_MAX = 1_000;

const scoreUnknown = failure('notFound', 'score.unknown', {
  en: 'There is no score of this subscription.',
  'zh-CN': '没有该用户的评分。',
});
const sortUnknown = failure('invalid', 'score.sortUnknown', {
  en: 'Scores are sorted by -priority, -probability or -value.',
  'zh-CN': '排序方式只能是 -priority、-probability 或 -value。',
});
const quadrantUnknown = failure('invalid', 'score.quadrantUnknown', {
  en: 'A quadrant is one of A, B, C, D.',
  'zh-CN': '象限只能是 A、B、C、D 之一。',
});
const filterUnknown = failure('invalid', 'score.involuntaryUnknown', {
  en: 'Subscriptions that leave involuntarily: exclude, include or only.',
  'zh-CN': '非自愿离网用户的筛选方式只能是 exclude、include 或 only。',
});
const timingUnknown = failure('invalid', 'score.timingUnknown', {
  en: 'The best moment to contact: now, later or none.',
  'zh-CN': '最佳接触时机只能是 now、later 或 none。',
});
const tooManyRows = failure('tooLarge', 'predict.tooManyRows', {
  en: 'At most {max} rows are scored at once.',
  'zh-CN': '一次最多评分 {max} 行。',
});

/** Scoring whole tables, reading what came out, and scoring rows by hand. */
@Injectable()
export class ScoringRpc {
  constructor(
    private readonly registry: Registry,
    private readonly champions: Champions,
    private readonly runs: Runs,
    private readonly scores: Scores,
    private readonly database: Database,
    private readonly requests: ScoringRequests,
    private readonly predictor: SubscriptionPredictor,
    private readonly selections: Selections,
    @Inject(TableServiceDefinition.fullName) private readonly tables: Rpc<TableService>,
    @Inject(CONFIG) private readonly config: ChurnScoringConfig,
  ) {}

  readonly handlers: Rpc<ScoringService> = {
    scoreTable: scoped('score:run', async (call, request) => {
      requireAllOrgUnits(call.caller, this.config.operator);
      const kind = kindOf(request.kind);
      const champion = await this.champions.of(kind, request.table);
      const asService = { ...call, caller: systemCaller('churn-scoring') };
      const table = await this.tables.getTable(asService, { table: request.table, version: request.version });
      const spec = await this.requests.specOf(champion, table, request.month);
      return this.database.transaction((tx) => this.requests.submit(tx, spec, call.caller));
    }),

    getScore: scoped('churn:read', async ({ caller }, request) => {
      const kind = kindOf(request.kind);
      if (!isUuid(request.subscriptionId)) throw scoreUnknown();
      const score = await this.scores.newest(request.subscriptionId, kind, orgUnitFilter(caller));
      if (score === undefined) throw scoreUnknown();
      return score;
    }),

    listScores: scoped('churn:read', async ({ caller }, request) => {
      const sort = sortOf(request.sort);
      const page = request.pageToken === '' ? undefined : decodePage(request.pageToken);
      if (page !== undefined && page.sort !== sort) throw pageTokenInvalid();
      const run = await this.runs.findOfTable(page?.runId ?? request.runId, kindOf(request.kind), request.table);
      const filter = {
        probabilityMin: request.probabilityMin ?? null,
        quadrant: quadrantOfRequest(request.quadrant),
        orgUnitPath: request.orgUnitPath,
        involuntary: involuntaryOf(request.involuntary),
        silent: request.silent ?? null,
        timing: timingOfRequest(request.timing),
      };
      const rowsMax = Math.min(request.pageSize || 100, PAGE_ROWS_MAX);
      const { scores, end } = await this.scores.page(run, orgUnitFilter(caller), filter, sort, rowsMax, page);
      const nextPageToken = end === undefined ? '' : encodePage({ runId: run.id, sort, ...end });
      return {
        scores,
        runId: run.id,
        nextPageToken,
        efficiencySource: efficiencySourceFor(run, orgUnitFilter(caller)),
      };
    }),

    compareSelection: scoped('churn:read', async ({ caller }, { runId, table, contacts }) =>
      this.selections.compare(await this.runs.findOfTable(runId, RETENTION, table), orgUnitFilter(caller), contacts),
    ),

    getRun: scoped('churn:read', async ({ caller }, request) =>
      this.runs.summary(
        await this.runs.findOfTable(request.runId, kindOf(request.kind), request.table),
        orgUnitFilter(caller),
      ),
    ),

    predictRows: scoped('churn:read', async (call, request) => {
      if (request.rows.length > PREDICT_ROWS_MAX) throw tooManyRows({ max: PREDICT_ROWS_MAX });
      const champion = await this.champions.of(kindOf(request.kind), request.table);
      const model = await this.registry.load(champion);
      const { table, unknownColumns } = tableOfRows(request.rows, model.columns);
      const { probabilities, reasons } = await scoreRows(model, table, { signal: call.signal });
      return {
        modelId: champion.id,
        rows: request.rows.map(({ clientRowId }, row) => {
          const [probability, unknown] = [probabilities[row]!, unknownColumns[row]!];
          return {
            clientRowId,
            probability,
            reasons: model.reasons.read(reasons[row]!.bytes),
            unknownColumns: unknown,
          };
        }),
      };
    }),
    predictSubscription: scoped('churn:read', (call, request) => this.predictor.predict(call, request)),

    readScores: scoped('churn:read', ({ caller }, { runId }) => this.scores.batches(runId, orgUnitFilter(caller))),
  };
}

function sortOf(asked: string): ScoreSort {
  const sort = asked === '' ? '-priority' : asked;
  if (!isScoreSort(sort)) throw sortUnknown();
  return sort;
}

function involuntaryOf(asked: string): InvoluntaryFilter {
  if (asked === '') return 'exclude';
  const filter = INVOLUNTARY_FILTERS.find((each) => each === asked);
  if (filter === undefined) throw filterUnknown();
  return filter;
}

function timingOfRequest(asked: string): (typeof TIMINGS)[number] | null {
  const timing = TIMINGS.find((known) => known === asked);
  if (asked !== '' && timing === undefined) throw timingUnknown();
  return timing ?? null;
}

function quadrantOfRequest(asked: string): Quadrant | null {
  const quadrant = QUADRANTS.find((known) => known === asked);
  if (asked !== '' && quadrant === undefined) throw quadrantUnknown();
  return quadrant ?? null;
}
