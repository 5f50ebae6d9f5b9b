import { Inject, Injectable } from '@nestjs/common';
import type { Job } from '@holdfast/contracts/platform/v1/jobs';
import type {
  FeaturesAsOf,
  GetFeaturesAsOfRequest,
  GetViewStatisticsRequest,
  ListViewsResponse,
  MaterialiseViewRequest,
  ViewService,
  ViewStatistics,
} from '@holdfast/contracts/feature_store/v1/view';
import { checkedMonth } from '@holdfast/platform/calendar';
import { requireAllOrgUnits, requireScope, sees, orgUnitFilter } from '@holdfast/platform/caller';
import { Database } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import type { Call, Rpc } from '@holdfast/platform/grpc';
import { isUuid } from '@holdfast/platform/identity';
import { CONFIG } from '@holdfast/platform/service';
import type { FeatureStoreConfig } from '../config.js';
import { Engine, literal } from '../engine/engine.js';
import { Catalogue } from '../lake/catalogue.js';
import { LakeFiles } from '../lake/lake-files.js';
import { unitConditions } from '../lake/stored-rows.js';
import { FeaturesFromFacts, monthUnknown } from './features-as-of.js';
import { lackOf } from './month-features.js';
import { viewStatistics } from './statistics.js';
import { availabilityOf } from './view-plan.js';
import { Views } from './views.js';

const subscriptionUnknown = failure('notFound', 'subscription.unknown', {
  en: 'There is no such subscription in that month.',
  'zh-CN': '该月没有此用户。',
});

/** Feature views and their features as of a month. */
@Injectable()
export class ViewRpc implements Rpc<ViewService> {
  constructor(
    private readonly views: Views,
    private readonly fromFacts: FeaturesFromFacts,
    private readonly catalogue: Catalogue,
    private readonly files: LakeFiles,
    private readonly engine: Engine,
    private readonly database: Database,
    @Inject(CONFIG) private readonly config: FeatureStoreConfig,
  ) {}

  async materialiseView(call: Call, request: MaterialiseViewRequest): Promise<Job> {
    requireScope(call.caller, 'model:train');
    requireAllOrgUnits(call.caller, this.config.operator);
    this.views.find(request.view);
    const { extracts } = await this.views.plan();
    const sequences = extracts.map(({ sequence }) => sequence);
    return this.database.transaction((tx) => this.views.submit(tx, call.caller, sequences));
  }

  async listViews(call: Call): Promise<ListViewsResponse> {
    requireScope(call.caller, 'features:read');
    const { view: name, version, features } = this.views.find('');
    const availability = availabilityOf(await this.views.extracts());
    const told = features.map((feature) => {
      const lack = lackOf(feature, availability);
      const { family, needs, reason, label } = feature;
      const unavailable = lack === undefined ? '' : unavailableText(lack);
      return { name: feature.name, family, needs, reason, unavailable, labelEn: label.en, labelZhCn: label['zh-CN'] };
    });
    return { views: [{ name, version, features: told }] };
  }

  async getViewStatistics(call: Call, request: GetViewStatisticsRequest): Promise<ViewStatistics> {
    requireScope(call.caller, 'features:read');
    if (request.month !== '') checkedMonth(request.month);
    const version = await this.catalogue.find(this.views.find(request.view).view);
    const month = request.month === '' ? version.months.at(-1)! : request.month;
    const code = version.months.indexOf(month);
    if (code < 0) throw monthUnknown({ month });
    const conditions = [`month = ${code}`, ...unitConditions(version.units, orgUnitFilter(call.caller))];
    const rows = `read_parquet(${literal(this.files.table(version.table, version.version))})`;
    const found = await viewStatistics(this.engine, version, rows, conditions.join(' and '));
    return { view: version.table, version: version.version, month, ...found };
  }

  async getFeaturesAsOf(call: Call, request: GetFeaturesAsOfRequest): Promise<FeaturesAsOf> {
    requireScope(call.caller, 'features:read');
    if (request.month !== '') checkedMonth(request.month);
    this.views.find(request.view);
    if (!isUuid(request.subscriptionId)) throw subscriptionUnknown();
    const plan = await this.views.plan();
    const found = await this.fromFacts.find(plan, request.subscriptionId, request.month, request.knowledgeTime);
    if (found === undefined || !sees(call.caller, found.orgUnitPath)) throw subscriptionUnknown();
    const { pointInTime, numbers, categories } = found;
    return {
      subscriptionId: request.subscriptionId,
      month: pointInTime.month,
      knowledgeTime: pointInTime.knowledgeTime,
      numbers,
      categories,
    };
  }
}

function unavailableText(lack: string): string {
  const [table, column] = lack.split('.');
  const needs = column === undefined ? `table ${table}` : `column ${column} of table ${table}`;
  return `not available: needs ${needs}`;
}
