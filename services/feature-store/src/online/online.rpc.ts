import { Inject, Injectable } from '@nestjs/common';
import {
  FeatureState,
  type FeatureValue,
  type FeatureVector,
  type OnlineService,
} from '@holdfast/contracts/feature_store/v1/online';
import { localCalendar } from '@holdfast/platform/calendar';
import { orgUnitFilter } from '@holdfast/platform/caller';
import { Database } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import type { Rpc } from '@holdfast/platform/grpc';
import { isUuid } from '@holdfast/platform/identity';
import { scoped } from '@holdfast/platform/scoped';
import { CONFIG } from '@holdfast/platform/service';
import type { FeatureStoreConfig } from '../config.js';
import { Catalogue, featuresOf, type TableVersion } from '../lake/catalogue.js';

const SUBSCRIPTIONS_MAX = 500;

const tooMany = failure('invalid', 'online.tooMany', {
  en: 'At most {max} subscriptions can be read at once.',
  'zh-CN': '一次最多查询 {max} 个用户。',
});
const idMalformed = failure('invalid', 'online.idMalformed', {
  en: 'A subscription is named by a UUID in lower case.',
  'zh-CN': '用户标识应为小写 UUID。',
});
const featureUnknown = failure('notFound', 'feature.unknown', {
  en: 'Table {table} has no feature {feature}.',
  'zh-CN': '表 {table} 没有特征 {feature}。',
});

interface OnlineRow {
  subscription_id: string;
  version: string;
  month: string;
  feature_values: (number | null)[];
  knowledge_time: Date;
}

/** Values of single subscriptions, in one statement. */
@Injectable()
export class OnlineRpc {
  constructor(
    private readonly database: Database,
    private readonly catalogue: Catalogue,
    @Inject(CONFIG) private readonly config: FeatureStoreConfig,
  ) {}

  readonly handlers: Rpc<OnlineService> = {
    getFeatures: scoped('features:read', async ({ caller }, request) => {
      const ids = [...new Set(request.subscriptionIds)];
      if (ids.length > SUBSCRIPTIONS_MAX) throw tooMany({ max: SUBSCRIPTIONS_MAX });
      if (!ids.every(isUuid)) throw idMalformed();
      const newest = await this.catalogue.find(request.table);
      const known = new Set(featuresOf(newest).map(({ name }) => name));
      const unknown = request.features.find((name) => !known.has(name));
      if (unknown !== undefined) throw featureUnknown({ table: request.table, feature: unknown });
      const rows = await this.database.query<OnlineRow>(
        // Values of a withdrawn version are replaced by a job, and do not count until then.
        `select subscription_id, version, month, feature_values, knowledge_time from online_value
         where subscription_id = any($1::uuid[]) and table_name = $2 and org_unit_path ^@ any($3::text[])
           and not exists (select from table_version v where v.table_name = online_value.table_name
             and v.version = online_value.version and v.withdrawn_at is not null)`,
        [ids, request.table, orgUnitFilter(caller)],
        'online features',
      );
      const names = request.features.length === 0 ? [...known] : request.features;
      const newestMonth = newest.months.at(-1)!;
      const monthEnds = new Map<string, Date>(); // of the few months that the rows are of
      const vectors = new Map<string, FeatureVector>();
      for (const row of rows) {
        const version = await this.catalogue.find(request.table, row.version);
        const eventAt = monthEnds.get(row.month) ?? localCalendar(this.config.timeZone).endOfMonth(row.month);
        monthEnds.set(row.month, eventAt);
        const state = row.month < newestMonth ? FeatureState.FEATURE_STATE_STALE : FeatureState.FEATURE_STATE_PRESENT;
        vectors.set(row.subscription_id, vectorOf(row, version, { eventAt, state }, names));
      }
      return { vectors: ids.flatMap((id) => vectors.get(id) ?? []) };
    }),
  };
}

/**
 * A feature that the row's version did not have yet is missing.
 * @param seen when the row's month ended, and the state of what it has
 */
function vectorOf(
  row: OnlineRow,
  version: TableVersion,
  { eventAt, state }: { eventAt: Date; state: FeatureState },
  names: readonly string[],
): FeatureVector {
  const features = featuresOf(version);
  const values = names.map((feature): FeatureValue => {
    const at = features.findIndex(({ name }) => name === feature);
    const number = row.feature_values[at] ?? undefined;
    const times = { feature, eventAt, knowledgeTime: row.knowledge_time };
    if (number === undefined) return { ...times, state: FeatureState.FEATURE_STATE_MISSING, value: undefined };
    const { type, dictionary } = features[at]!;
    const value: FeatureValue['value'] =
      type === 'category' ? { $case: 'text', text: dictionary[number]! } : { $case: 'number', number };
    return { ...times, state, value };
  });
  return { subscriptionId: row.subscription_id, version: row.version, values };
}
