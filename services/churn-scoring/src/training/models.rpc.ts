import { pageOf } from '@holdfast/platform/paging';
import { Inject, Injectable } from '@nestjs/common';
import type { ModelService } from '@holdfast/contracts/churn_scoring/v1/model';
import { TableServiceDefinition, type Table, type TableService } from '@holdfast/contracts/feature_store/v1/lake';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { requireAllOrgUnits, systemCaller, orgUnitFilter, type OrgUnitFilter } from '@holdfast/platform/caller';
import { Database } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import type { Rpc } from '@holdfast/platform/grpc';
import { Jobs } from '@holdfast/platform/jobs';
import { Parameters } from '@holdfast/platform/parameters';
import { CONFIG } from '@holdfast/platform/service';
import type { ChurnScoringConfig } from '../config.js';
import { Champions } from '../model/champions.js';
import { kindOf } from '../model/kind.js';
import { modelMessage } from '../model/model-row.js';
import { Registry } from '../model/registry.js';
import { StoredLeavers } from '../model/stored-leavers.js';
import type { ChurnScoringParameters } from '../parameters.js';
import { isPanel } from '../table/batch-table.js';
import { TRAIN_MODEL, checkTrainable, trainingKey, type TrainingSpec } from './training-job.js';
import { scoped } from '@holdfast/platform/scoped';

const DEFAULT_SEED = 1;
/** Redrawing the folds narrows the figures of a small table; for a large one it only costs time. */
const REPEATS_SMALL = 3;
const SMALL_ROWS_MAX = 20_000;
const REPEATS_MAX = 20;
const PAGE_ROWS_MAX = 200;
const REASON_LENGTH_MAX = 500;

const prevalenceInvalid = failure('invalid', 'training.prevalenceInvalid', {
  en: 'The natural prevalence is a share above 0 and below 1.',
  'zh-CN': '自然流失率必须大于 0 且小于 1。',
});
const repeatsInvalid = failure('invalid', 'training.repeatsInvalid', {
  en: 'The folds are redrawn at most {max} times.',
  'zh-CN': '折叠最多重抽 {max} 次。',
});
const reasonTooLong = failure('invalid', 'model.reasonTooLong', {
  en: 'A reason has at most {max} characters.',
  'zh-CN': '原因最多 {max} 个字符。',
});

/** Training and the history of models. */
@Injectable()
export class ModelsRpc {
  constructor(
    private readonly registry: Registry,
    private readonly champions: Champions,
    private readonly leavers: StoredLeavers,
    private readonly database: Database,
    private readonly jobs: Jobs,
    @Inject(Parameters) private readonly parameters: ChurnScoringParameters,
    @Inject(TableServiceDefinition.fullName) private readonly tables: Rpc<TableService>,
    @Inject(CONFIG) private readonly config: ChurnScoringConfig,
  ) {}

  readonly handlers: Rpc<ModelService> = {
    trainModel: scoped('model:train', async (call, request) => {
      requireAllOrgUnits(call.caller, this.config.operator);
      const kind = kindOf(request.kind);
      if (request.repeats > REPEATS_MAX) throw repeatsInvalid({ max: REPEATS_MAX });
      const { table: name, version } = request;
      const table = await this.tables.getTable(
        { ...call, caller: systemCaller('churn-scoring') },
        { table: name, version },
      );
      checkTrainable(table);
      const byTable = await this.parameters.get('model.naturalPrevalence');
      const naturalPrevalence = request.naturalPrevalence ?? (Object.hasOwn(byTable, name) ? byTable[name]! : null);
      if (naturalPrevalence !== null && !(naturalPrevalence > 0 && naturalPrevalence < 1)) throw prevalenceInvalid();
      const spec: TrainingSpec = {
        kind,
        table: table.table,
        version: table.version,
        seed: request.seed || DEFAULT_SEED,
        repeats: this.repeatsOf(table, request.repeats),
        judgedMonthsMax: await this.parameters.get('model.judgedMonths'),
        naturalPrevalence,
      };
      return this.database.transaction((tx) =>
        this.jobs.submit(tx, { kind: TRAIN_MODEL, key: trainingKey(spec), params: spec, caller: call.caller }),
      );
    }),

    getModel: scoped('model:read', async (_call, request) => modelMessage(await this.registry.get(request.modelId))),

    listModels: scoped('model:read', async (_call, request) => {
      const pageSize = Math.min(request.pageSize || 50, PAGE_ROWS_MAX);
      const rows = await this.registry.list(request.table, pageSize + 1, request.pageToken);
      const { page, nextPageToken } = pageOf(rows, pageSize, ({ id }) => id);
      return { models: page.map(modelMessage), nextPageToken };
    }),

    promoteModel: scoped('model:promote', async ({ caller }, request) => {
      requireAllOrgUnits(caller, this.config.operator);
      if (request.reason.length > REASON_LENGTH_MAX) throw reasonTooLong({ max: REASON_LENGTH_MAX });
      const model = await this.registry.get(request.modelId);
      await this.registry.load(model); // a model that cannot score is not let in
      await this.champions.promote(model, caller.client, request.reason);
      return modelMessage(await this.registry.get(model.id));
    }),

    listChampions: scoped('model:read', async (_call, request) => {
      return { championships: await this.champions.history(kindOf(request.kind), request.table) };
    }),
    readValidatedLeavers: scoped('churn:read', ({ caller }, { modelId }) =>
      this.validatedLeavers(modelId, orgUnitFilter(caller)),
    ),
  };

  /** A split and months leave nothing to redraw. */
  private repeatsOf(table: Table, asked: number): number {
    if (table.hasSplit || isPanel(table)) return 1;
    return asked || (table.labelledRows <= SMALL_ROWS_MAX ? REPEATS_SMALL : 1);
  }

  private async *validatedLeavers(modelId: string, units: OrgUnitFilter): AsyncIterable<ColumnBatch> {
    yield* this.leavers.batches(await this.registry.get(modelId), units);
  }
}
