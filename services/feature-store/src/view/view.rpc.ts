import { Inject, Injectable } from '@nestjs/common';
import type { FeaturesAsOf, GetFeaturesAsOfRequest, ViewService } from '@holdfast/contracts/feature_store/v1/view';
import { checkedMonth } from '@holdfast/platform/calendar';
import { requireAllOrgUnits, sees, orgUnitFilter } from '@holdfast/platform/caller';
import { Database } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import type { Call, Rpc } from '@holdfast/platform/grpc';
import { isUuid, shardOf } from '@holdfast/platform/identity';
import { scoped } from '@holdfast/platform/scoped';
import { CONFIG } from '@holdfast/platform/service';
import type { FeatureStoreConfig } from '../config.js';
import { literal } from '../engine/engine.js';
import { Lanes } from '../engine/lanes.js';
import { Facts } from '../facts/facts.js';
import { Catalogue } from '../lake/catalogue.js';
import { LakeFiles } from '../lake/lake-files.js';
import { unitConditions } from '../lake/stored-rows.js';
import { computeMonth, lackOf } from './month-features.js';
import type { PointInTime } from './point-in-time.js';
import { SharedResults } from './shared-results.js';
import { viewStatistics, type ViewStatistics } from './statistics.js';
import { availabilityOf, factsOf, type ViewPlan } from './view-plan.js';
import { Views } from './views.js';

const monthUnknown = failure('notFound', 'view.monthUnknown', {
  en: 'The view has no month {month}.',
  'zh-CN': '该视图没有 {month} 月。',
});
const subscriptionUnknown = failure('notFound', 'subscription.unknown', {
  en: 'There is no such subscription in that month.',
  'zh-CN': '该月没有此用户。',
});

const STATISTICS_CACHED = 200;

/** Feature views and their features as of a month. */
@Injectable()
export class ViewRpc {
  /** By SQL of the rows: a version never changes. */
  private readonly statistics = new SharedResults<ViewStatistics>(STATISTICS_CACHED);

  constructor(
    private readonly views: Views,
    private readonly facts: Facts,
    private readonly catalogue: Catalogue,
    private readonly files: LakeFiles,
    private readonly lanes: Lanes,
    private readonly database: Database,
    @Inject(CONFIG) private readonly config: FeatureStoreConfig,
  ) {}

  readonly handlers: Rpc<ViewService> = {
    materialiseView: scoped('model:train', async ({ caller }, request) => {
      requireAllOrgUnits(caller, this.config.operator);
      this.views.find(request.view);
      const { extracts } = await this.views.plan();
      const sequences = extracts.map(({ sequence }) => sequence);
      return this.database.transaction((tx) => this.views.submit(tx, caller, sequences));
    }),

    listViews: scoped('features:read', async () => {
      const { view: name, version, features } = this.views.find('');
      const availability = availabilityOf(await this.views.extracts());
      const told = features.map((feature) => {
        const lack = lackOf(feature, availability);
        const { family, needs, reason, label } = feature;
        const unavailable = lack === undefined ? '' : unavailableText(lack);
        return { name: feature.name, family, needs, reason, unavailable, labelEn: label.en, labelZhCn: label['zh-CN'] };
      });
      return { views: [{ name, version, features: told }] };
    }),

    getViewStatistics: scoped('features:read', async ({ caller, signal }, request) => {
      if (request.month !== '') checkedMonth(request.month);
      const version = await this.catalogue.find(this.views.find(request.view).view);
      const month = request.month === '' ? version.months.at(-1)! : request.month;
      const code = version.months.indexOf(month);
      if (code < 0) throw monthUnknown({ month });
      const conditions = [`month = ${code}`, ...unitConditions(version.units, orgUnitFilter(caller))];
      const file = this.files.table(version.table, version.version);
      const rows = `from read_parquet(${literal(file)}) where ${conditions.join(' and ')}`;
      const found = await this.statistics.get(rows, signal, (stop) =>
        this.lanes.bulk.run(stop, (connection) => viewStatistics(connection, version, rows)),
      );
      return { view: version.table, version: version.version, month, ...found };
    }),

    getFeaturesAsOf: scoped('features:read', async (call, request) => {
      if (request.month !== '') checkedMonth(request.month);
      this.views.find(request.view);
      if (!isUuid(request.subscriptionId)) throw subscriptionUnknown();
      const plan = await this.views.plan(request.knowledgeTime);
      const pointInTime = requestedTime(plan, request);
      const row = await this.compute(call, plan, pointInTime, request.subscriptionId);
      if (row === undefined || !sees(call.caller, row['org_unit_path'] as string)) throw subscriptionUnknown();
      const { month, knowledgeTime } = pointInTime;
      return { subscriptionId: request.subscriptionId, month, knowledgeTime, ...valuesOf(row, plan) };
    }),
  };

  /**
   * Computes the features of a subscription from the facts, by the SQL that materialises them; undefined for a subscription
   * that is unknown, or was cancelled by the month's end.
   */
  private async compute(
    { signal }: Call,
    plan: ViewPlan,
    pointInTime: PointInTime,
    subscriptionId: string,
  ): Promise<Row | undefined> {
    const shard = shardOf(subscriptionId);
    const facts = factsOf(plan, pointInTime, { from: shard, to: shard + 1 });
    const { rules, availability, definition } = plan;
    const options = { rule: rules.status, availability, only: subscriptionId };
    return this.lanes.interactive.run(signal, (connection) =>
      this.facts.withFacts(connection, { ...facts, extracts: plan.extracts }, async () => {
        try {
          await computeMonth(connection, definition, pointInTime, options);
          return (await connection.runAndReadAll('select * from month_features')).getRowObjectsJS()[0];
        } finally {
          connection.startCleaning();
        }
      }),
    );
  }
}

type Row = Record<string, unknown>;

/** The last month by default, as known at its own time by default; never later than the newest extract. */
function requestedTime(plan: ViewPlan, { month, knowledgeTime }: GetFeaturesAsOfRequest): PointInTime {
  const own = month === '' ? plan.pointsInTime.at(-1) : plan.pointsInTime.find((known) => known.month === month);
  if (own === undefined) throw monthUnknown({ month });
  if (knowledgeTime === undefined) return own;
  return { ...own, knowledgeTime: knowledgeTime > plan.labelledAt ? plan.labelledAt : knowledgeTime };
}

/** Values that are known, by feature. */
function valuesOf(row: Row, { definition }: ViewPlan): Pick<FeaturesAsOf, 'numbers' | 'categories'> {
  const numbers: Record<string, number> = {};
  const categories: Record<string, string> = {};
  for (const { name, type } of definition.features) {
    const value = row[name];
    if (value === null || value === undefined) continue;
    if (type === 'category') categories[name] = value as string;
    else numbers[name] = Number(value);
  }
  return { numbers, categories };
}

function unavailableText(lack: string): string {
  const [table, column] = lack.split('.');
  const needs = column === undefined ? `table ${table}` : `column ${column} of table ${table}`;
  return `not available: needs ${needs}`;
}
