import { Inject, Injectable } from '@nestjs/common';
import type {
  BehaviourService,
  ListChangesRequest,
  ListChangesResponse,
} from '@holdfast/contracts/feature_store/v1/behaviour';
import { checkedMonth } from '@holdfast/platform/calendar';
import { orgUnitFilter, requireAllOrgUnits } from '@holdfast/platform/caller';
import { failure } from '@holdfast/platform/errors';
import type { Call, Rpc } from '@holdfast/platform/grpc';
import { isUuid } from '@holdfast/platform/identity';
import { scoped } from '@holdfast/platform/scoped';
import { CONFIG } from '@holdfast/platform/service';
import type { FeatureStoreConfig } from '../config.js';
import { Extracts } from '../facts/extracts.js';
import { ChangeRuns } from './change-runs.js';
import { CHANGE_MEASURES } from './changes-sql.js';
import { DetectChanges } from './detect-changes.js';

const PAGE_MAX = 1_000;
const SUBSCRIPTIONS_MAX = 500;

const changesInvalid = failure('invalid', 'changes.invalid', {
  en: 'The month must be closed, the measure one of {measures}, the direction up or down, a page of 1 to {max}, and subscriptions at most {subscriptions}.',
  'zh-CN':
    '月份须已关账，指标为 {measures} 之一，方向为 up 或 down，每页 1 至 {max} 条，用户不超过 {subscriptions} 个。',
});

/** Subscriptions whose behaviour changed. */
@Injectable()
export class BehaviourRpc {
  constructor(
    private readonly extracts: Extracts,
    private readonly runs: ChangeRuns,
    private readonly detect: DetectChanges,
    @Inject(CONFIG) private readonly config: FeatureStoreConfig,
  ) {}

  readonly handlers: Rpc<BehaviourService> = {
    detectChanges: scoped('model:train', ({ caller }, { month }) => {
      requireAllOrgUnits(caller, this.config.operator);
      return this.detect.request(caller, month);
    }),

    listChanges: scoped('features:read', (call, request) => this.list(call, request)),
  };

  private async list({ caller }: Call, request: ListChangesRequest): Promise<ListChangesResponse> {
    const last = (await this.extracts.closedMonths()).at(-1) ?? '';
    checkRequest(request, last);
    const run = await this.runs.ofMonth(request.month, last);
    const units = orgUnitFilter(caller);
    const { page: changes, nextPageToken } = await this.runs.page(run, units, request);
    return {
      ...{ changes, month: run.month, ruleVersion: run.rule_version, asOf: run.knowledge_time, nextPageToken },
      measures: await this.runs.measures(run, units, request.orgUnitPath),
      ...{ runId: run.id, computedAt: run.published_at!, sequence: run.sequence },
    };
  }
}

/** @throws invalid */
function checkRequest(
  { month, measure, direction, pageSize, subscriptionIds }: ListChangesRequest,
  last: string,
): void {
  const isKnown = measure === '' || Object.hasOwn(CHANGE_MEASURES, measure);
  const isDirection = ['', 'up', 'down'].includes(direction);
  const isPage = pageSize >= 1 && pageSize <= PAGE_MAX;
  const areIds = subscriptionIds.length <= SUBSCRIPTIONS_MAX && subscriptionIds.every(isUuid);
  if ((month !== '' && checkedMonth(month) > last) || !isKnown || !isDirection || !isPage || !areIds)
    throw changesInvalid({
      ...{ measures: Object.keys(CHANGE_MEASURES).join(', '), max: PAGE_MAX, subscriptions: SUBSCRIPTIONS_MAX },
    });
}
