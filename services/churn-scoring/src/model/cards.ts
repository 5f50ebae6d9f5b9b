import { Inject, Injectable } from '@nestjs/common';
import {
  TrainingData,
  type ModelCard,
  type ModelMethod,
  type ReasonImportance,
} from '@holdfast/contracts/churn_scoring/v1/card';
import { Validation, type ColumnImportance } from '@holdfast/contracts/churn_scoring/v1/model';
import { ChurnModel } from '@holdfast/learning/churn-model';
import type { ServedModel } from '@holdfast/learning/served-model';
import { Database } from '@holdfast/platform/database';
import { Parameters } from '@holdfast/platform/parameters';
import type { ChurnScoringParameters } from '../parameters.js';
import type { TypedColumn } from '../table/typed-column.js';
import { Champions } from './champions.js';
import { kindOf } from './kind.js';
import { limitsOf } from './limits.js';
import type { LoadedModel } from './model-file.js';
import { isImported, modelMessage } from './model-row.js';
import { promotionMessage, type PromotionRow } from './promotion-row.js';
import { Registry } from './registry.js';
import { Shadows } from './shadows.js';

const COLUMNS_NAMED = 5;
const PROMOTIONS_MAX = 100;

/** Cards of models. */
@Injectable()
export class Cards {
  constructor(
    private readonly database: Database,
    private readonly registry: Registry,
    private readonly champions: Champions,
    private readonly shadows: Shadows,
    @Inject(Parameters) private readonly parameters: ChurnScoringParameters,
  ) {}

  /** @throws notFound; precondition where the model is damaged */
  async of(modelId: string): Promise<ModelCard> {
    const row = await this.registry.get(modelId);
    const loaded = await this.registry.load(row);
    const model = modelMessage(row);
    const goals = await this.parameters.get('model.businessGoals', row.trained_at);
    const goal = goals[kindOf(row.kind)];
    const data = row.training_data === null ? undefined : TrainingData.fromPartial(row.training_data);
    const validation = Validation.fromPartial(row.validation);
    const sql = 'select * from promotion where model_id = $1 order by requested_at desc, id desc limit $2';
    const promotions = await this.database.query<PromotionRow>(sql, [row.id, PROMOTIONS_MAX]);
    return {
      model,
      goalEn: goal.en,
      goalZhCn: goal['zh-CN'],
      data,
      method: methodOf(loaded),
      deployments: await this.champions.spansOf(row.id),
      promotions: promotions.map(promotionMessage),
      limits: limitsOf(validation, { data, excluded: row.excluded, isImported: isImported(row) }),
      reasons: reasonsOf(row.importance, loaded.columns),
      checksum: row.checksum,
      shadows: await this.shadows.list(row.id, 1),
    };
  }
}

function methodOf({ model, origin }: LoadedModel): ModelMethod {
  const { parts } = model;
  return {
    programVersion: origin?.training,
    settingsJson: origin === undefined ? '' : JSON.stringify(origin.parameters),
    columns: parts.columns.length,
    ...treesOf(model),
    calibration: parts.calibration.kind,
    trainingRate: parts.trainingRate,
  };
}

/** Zeros for models of another method. */
function treesOf(model: ServedModel): Pick<ModelMethod, 'trees' | 'leavesMax' | 'depthMax' | 'treeWeight'> {
  if (!(model instanceof ChurnModel)) return { trees: 0, leavesMax: 0, depthMax: 0, treeWeight: 0 };
  const { trees } = model.parts.boostedTrees.ensemble;
  const sizes = trees.map(sizeOf);
  return {
    trees: trees.length,
    leavesMax: Math.max(0, ...sizes.map(({ leaves }) => leaves)),
    depthMax: Math.max(0, ...sizes.map(({ depth }) => depth)),
    treeWeight: model.parts.treeWeight,
  };
}

/** Children have higher numbers than their parents. O(nodes). */
function sizeOf({ feature, left, right }: { feature: Int32Array; left: Int32Array; right: Int32Array }) {
  const depths = new Int32Array(feature.length);
  let leaves = 0;
  feature.forEach((split, node) => {
    if (split < 0) leaves += 1;
    else for (const child of [left[node]!, right[node]!]) depths[child] = depths[node]! + 1;
  });
  return { leaves, depth: depths.reduce((most, depth) => Math.max(most, depth), 0) };
}

/** Shares of the mean absolute contributions by reason, highest first. */
function reasonsOf(importance: readonly ColumnImportance[], columns: readonly TypedColumn[]): ReasonImportance[] {
  const reasonBy = new Map(columns.map(({ name, cause }) => [name, cause ?? '']));
  const total = importance.reduce((sum, { meanAbsoluteContribution: mean }) => sum + mean, 0);
  const byReason = new Map<string, { share: number; columns: string[] }>();
  for (const { column, meanAbsoluteContribution: mean } of importance) {
    const reason = reasonBy.get(column) ?? '';
    const known = byReason.get(reason) ?? { share: 0, columns: [] };
    byReason.set(reason, known);
    known.share += total === 0 ? 0 : mean / total;
    if (mean > 0 && known.columns.length < COLUMNS_NAMED) known.columns.push(column);
  }
  return [...byReason].map(([reason, of]) => ({ reason, ...of })).sort((left, right) => right.share - left.share);
}
