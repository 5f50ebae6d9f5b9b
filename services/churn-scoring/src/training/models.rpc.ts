import { pageOf } from '@holdfast/platform/paging';
import { Inject, Injectable } from '@nestjs/common';
import type { ModelService } from '@holdfast/contracts/churn_scoring/v1/model';
import { TableServiceDefinition, type TableService } from '@holdfast/contracts/feature_store/v1/lake';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { requireAllOrgUnits, systemCaller, orgUnitFilter, type OrgUnitFilter } from '@holdfast/platform/caller';
import { Database } from '@holdfast/platform/database';
import type { Rpc } from '@holdfast/platform/grpc';
import { CONFIG } from '@holdfast/platform/service';
import type { ChurnScoringConfig } from '../config.js';
import { Champions } from '../model/champions.js';
import { kindOf } from '../model/kind.js';
import { modelMessage } from '../model/model-row.js';
import { Registry } from '../model/registry.js';
import { StoredLeavers } from '../model/stored-leavers.js';
import { featuresOf } from '../table/typed-column.js';
import { ImportedFiles } from './imported-files.js';
import { checkImport, formatOf } from './imported-model.js';
import { TrainingRequests } from './training-requests.js';
import { scoped } from '@holdfast/platform/scoped';

const PAGE_ROWS_MAX = 200;
/** Training and the history of models. */
@Injectable()
export class ModelsRpc {
  constructor(
    private readonly registry: Registry,
    private readonly champions: Champions,
    private readonly leavers: StoredLeavers,
    private readonly database: Database,
    private readonly requests: TrainingRequests,
    private readonly files: ImportedFiles,
    @Inject(TableServiceDefinition.fullName) private readonly tables: Rpc<TableService>,
    @Inject(CONFIG) private readonly config: ChurnScoringConfig,
  ) {}

  readonly handlers: Rpc<ModelService> = {
    trainModel: scoped('model:train', async (call, request) => {
      requireAllOrgUnits(call.caller, this.config.operator);
      const kind = kindOf(request.kind);
      const asService = { ...call, caller: systemCaller('churn-scoring') };
      const { table: name, version } = request;
      const spec = await this.requests.specOf(
        kind,
        await this.tables.getTable(asService, { table: name, version }),
        request,
      );
      return this.database.transaction((tx) => this.requests.submit(tx, spec, call.caller));
    }),

    importModel: scoped('model:train', async (call, request) => {
      requireAllOrgUnits(call.caller, this.config.operator);
      const kind = kindOf(request.kind);
      const { table: name, version, content, columns, naturalPrevalence } = request;
      const file = { format: formatOf(request.format), content, columns };
      const asService = { ...call, caller: systemCaller('churn-scoring') };
      const table = await this.tables.getTable(asService, { table: name, version });
      checkImport(file, name, featuresOf(table));
      const spec = await this.requests.specOf(kind, table, { seed: 0, repeats: 1, naturalPrevalence });
      return this.database.transaction(async (tx) => {
        const importedId = await this.files.store(tx, file, call.caller.client);
        return this.requests.submit(tx, { ...spec, importedId }, call.caller);
      });
    }),

    getModel: scoped('model:read', async (_call, request) => modelMessage(await this.registry.get(request.modelId))),

    listModels: scoped('model:read', async (_call, request) => {
      const pageSize = Math.min(request.pageSize || 50, PAGE_ROWS_MAX);
      const rows = await this.registry.list(request.table, pageSize + 1, request.pageToken);
      const { page, nextPageToken } = pageOf(rows, pageSize, ({ id }) => id);
      return { models: page.map(modelMessage), nextPageToken };
    }),

    listChampions: scoped('model:read', async (_call, { kind, table, at = null }) => ({
      championships: await this.champions.history(kindOf(kind), table, at),
    })),

    readValidatedLeavers: scoped('churn:read', ({ caller }, { modelId }) =>
      this.validatedLeavers(modelId, orgUnitFilter(caller)),
    ),
  };

  private async *validatedLeavers(modelId: string, units: OrgUnitFilter): AsyncIterable<ColumnBatch> {
    yield* this.leavers.batches(await this.registry.get(modelId), units);
  }
}
