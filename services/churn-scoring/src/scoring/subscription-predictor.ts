import { Inject, Injectable } from '@nestjs/common';
import type {
  PredictRow,
  PredictSubscriptionRequest,
  SubscriptionPrediction,
} from '@holdfast/contracts/churn_scoring/v1/scoring';
import {
  FeatureState,
  OnlineServiceDefinition,
  type FeatureVector,
  type OnlineService,
} from '@holdfast/contracts/feature_store/v1/online';
import type { Caller } from '@holdfast/platform/caller';
import { Database } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import type { Call, Rpc } from '@holdfast/platform/grpc';
import { isUuid } from '@holdfast/platform/identity';
import { Champions } from '../model/champions.js';
import { horizonsOfScore, type StoredHorizons } from '../model/horizon.js';
import { kindOf } from '../model/kind.js';
import { Registry } from '../model/registry.js';
import { tableOfRows } from './row-table.js';
import { scoreRows } from './scored-rows.js';

const valuesUnknown = failure('notFound', 'predict.valuesUnknown', {
  en: 'The table {table} has no values of this subscription.',
  'zh-CN': '表 {table} 中没有该用户的特征值。',
});

/** Scores one subscription by its newest feature values, without a run. */
@Injectable()
export class SubscriptionPredictor {
  constructor(
    private readonly champions: Champions,
    private readonly registry: Registry,
    private readonly database: Database,
    @Inject(OnlineServiceDefinition.fullName) private readonly online: Rpc<OnlineService>,
  ) {}

  /**
   * Equal to the score of a run over the same version and model, where nothing is changed.
   * @throws notFound for a subscription without values in the caller's region; precondition without a champion;
   *   unprocessable for a change that does not fit its column
   */
  async predict(call: Call, request: PredictSubscriptionRequest): Promise<SubscriptionPrediction> {
    const { subscriptionId, table, numbers, categories, cleared } = request;
    if (!isUuid(subscriptionId)) throw valuesUnknown({ table });
    const champion = await this.champions.of(kindOf(request.kind), table);
    const model = await this.registry.load(champion);
    const values = { subscriptionIds: [subscriptionId], table, features: [] };
    const { vectors } = await this.online.getFeatures({ ...call, caller: readerFor(call.caller) }, values);
    const [vector] = vectors;
    if (vector === undefined) throw valuesUnknown({ table });

    const stored = rowOf(vector);
    const changes = new Set([...Object.keys(numbers), ...Object.keys(categories), ...cleared]);
    const kept = without(stored, changes);
    const used: PredictRow = {
      clientRowId: '',
      numbers: { ...kept.numbers, ...numbers },
      categories: { ...kept.categories, ...categories },
    };
    const { table: features } = tableOfRows(changes.size === 0 ? [used] : [used, stored], model.columns);
    const { probabilities, reasons } = await scoreRows(model, features, { signal: call.signal });
    const [probability, probabilityBefore] = [probabilities[0]!, probabilities[1]];
    const known = new Set(model.columns.map(({ name }) => name));
    const hasValue = (name: string): boolean =>
      Object.hasOwn(used.numbers, name) || Object.hasOwn(used.categories, name);
    const dated = vector.values.find(({ eventAt }) => eventAt !== undefined);
    return {
      ...{ subscriptionId, kind: champion.kind, table, tableVersion: vector.version },
      ...{ modelId: champion.id, modelName: champion.name },
      ...{ probability, probabilityBefore, reasons: model.reasons.read(reasons[0]!.bytes) },
      horizons: horizonsOfScore(probability, await this.horizonsOf(champion.id)),
      missingColumns: [...known].filter((name) => !hasValue(name)),
      unknownColumns: [...changes].filter((name) => !known.has(name)),
      ...{ eventAt: dated?.eventAt, knowledgeTime: dated?.knowledgeTime },
      isStale: vector.values.some(({ state }) => state === FeatureState.FEATURE_STATE_STALE),
    };
  }

  private async horizonsOf(modelId: string): Promise<StoredHorizons | null> {
    const sql = 'select horizons from model where id = $1';
    const [row] = await this.database.query<{ horizons: StoredHorizons | null }>(sql, [modelId]);
    return row!.horizons;
  }
}

/** May read features, within the region of the caller: the answer has the reasons only, which the caller may see. */
function readerFor({ orgScope, language, system }: Caller): Caller {
  return { client: 'churn-scoring', scopes: new Set(['features:read']), orgScope, language, system };
}

function rowOf({ values }: FeatureVector): PredictRow {
  const row: PredictRow = { clientRowId: '', numbers: {}, categories: {} };
  for (const { feature, value } of values) {
    if (value?.$case === 'number') row.numbers[feature] = value.number;
    else if (value?.$case === 'text') row.categories[feature] = value.text;
  }
  return row;
}

function without({ clientRowId, numbers, categories }: PredictRow, names: ReadonlySet<string>): PredictRow {
  const kept = <T>(values: Record<string, T>): Record<string, T> =>
    Object.fromEntries(Object.entries(values).filter(([name]) => !names.has(name)));
  return { clientRowId, numbers: kept(numbers), categories: kept(categories) };
}
