import { CampaignServiceDefinition, type Campaign, type CampaignService } from '@holdfast/contracts/campaign/v1/plan';
import {
  FactServiceDefinition,
  type DescribeFactsResponse,
  type FactService,
  type ReadFactsRequest,
  type ReadStatusMonthsRequest,
} from '@holdfast/contracts/feature_store/v1/facts';
import {
  CountValueGroupsResponse,
  ValueGroupServiceDefinition,
  type CountValueGroupsRequest,
  type CountedMonths,
  type ValueGroupService,
} from '@holdfast/contracts/feature_store/v1/value_group';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { requireSystem } from '@holdfast/platform/caller';
import { categories, columnBatch, numbers, readCategoryTexts, readUuids, uuids } from '@holdfast/platform/columns';
import { failure } from '@holdfast/platform/errors';
import type { Call, GrpcServer } from '@holdfast/platform/grpc';
import { accountId, shardOf, subscriptionId } from '@holdfast/platform/identity';
import { unimplemented } from '@holdfast/testing/service';

const needsTable = failure('precondition', 'facts.needsTable', { en: 'Needs {table}.', 'zh-CN': '需要 {table}。' });
const campaignUnknown = failure('notFound', 'campaign.unknown', { en: 'None.', 'zh-CN': '无。' });

export interface PastAssignment {
  campaign: string;
  unit: string;
  randomisationUnit: 'subscription' | 'household';
  arm: string;
  at: string;
  propensity: number;
  stratum: string;
}

export interface Status {
  subscription: string;
  month: string;
  atRisk: boolean;
  churned: boolean;
  /** Yuan; NaN if unknown. */
  arpu: number;
}

interface Touch {
  id: string;
  campaign: string;
  subscription: string;
  channel: string;
  response: string;
  hit: number;
  costFen: number;
  /** Of one of ours, if it was accepted. */
  offerCostFen?: number;
}

interface OwnAssignment {
  subscription: string;
  household: string;
  arm: string;
  propensity: number;
  at: string;
}

interface OwnCampaign {
  campaign: Campaign;
  assignments: OwnAssignment[];
  touches: Touch[];
}

function idOf(key: string): string {
  return subscriptionId('demo', key);
}

/** A synthetic operator: the data that feature-store and campaign serve of it. */
export class SyntheticOperator {
  described: DescribeFactsResponse = {
    tables: ['campaigns', 'assignments', 'touches', 'subscriptions', 'household_members'].map((table) => {
      return { table, rows: 0, months: [], freeColumns: [] };
    }),
    closedMonths: [],
    currency: 'CNY',
    timeZone: 'Asia/Shanghai',
    sequence: 1,
  };
  assignments: PastAssignment[] = [];
  touches: Touch[] = [];
  statuses: Status[] = [];
  accounts = new Map<string, string>();
  /** Household by subscription. */
  households = new Map<string, string>();
  own = new Map<string, OwnCampaign>();
  /** Requests for counts of value groups, with their contacts as `month subscription`. */
  readonly counted: { months: CountedMonths; contacts: string[] }[] = [];

  serve(server: GrpcServer): void {
    const facts = unimplemented<FactService>(FactServiceDefinition, {
      describeFacts: async () => this.described,
      readFacts: (call, request) => this.readFacts(call, request),
      readStatusMonths: (call, request) => this.readStatus(call, request),
    });
    server.serve<FactService>(FactServiceDefinition, facts);
    const valueGroups = unimplemented<ValueGroupService>(ValueGroupServiceDefinition, {
      countValueGroups: (call, parts) => this.countValueGroups(call, parts),
    });
    server.serve<ValueGroupService>(ValueGroupServiceDefinition, valueGroups);
    const campaigns = unimplemented<CampaignService>(CampaignServiceDefinition, {
      getCampaign: async (_call, { campaignId }) => this.ownOf(campaignId).campaign,
      readAssignments: (call, { campaignId }) => this.readOwnAssignments(call, campaignId),
      readTouches: (call, { campaignId }) => this.readOwnTouches(call, campaignId),
    });
    server.serve<CampaignService>(CampaignServiceDefinition, campaigns);
  }

  private async countValueGroups(
    { caller }: Call,
    parts: AsyncIterable<CountValueGroupsRequest>,
  ): Promise<CountValueGroupsResponse> {
    requireSystem(caller);
    const contacts: string[] = [];
    let months: CountedMonths | undefined;
    for await (const { part } of parts) {
      if (part?.$case === 'months') months = part.months;
      if (part?.$case !== 'contacts') continue;
      const known = readCategoryTexts(part.contacts, 'month');
      contacts.push(...readUuids(part.contacts, 'subscription_id').map((id, row) => `${known[row]} ${id}`));
    }
    this.counted.push({ months: months!, contacts });
    return CountValueGroupsResponse.fromPartial({ currency: 'CNY', asOf: new Date(0) });
  }

  private async *readFacts({ caller }: Call, { table, shards }: ReadFactsRequest): AsyncGenerator<ColumnBatch> {
    requireSystem(caller);
    if (!this.described.tables.some((known) => known.table === table)) throw needsTable({ table });
    const isWanted = (key: string): boolean => {
      const shard = shardOf(idOf(key));
      return shards === undefined || (shard >= shards.from && shard < shards.to);
    };
    if (table === 'campaigns') yield this.campaignBatch();
    if (table === 'assignments') yield assignmentBatch(this.assignments);
    if (table === 'touches') yield touchBatch(this.touches);
    if (table === 'subscriptions') {
      const rows = [...this.accounts].filter(([key]) => isWanted(key));
      yield columnBatch(rows, {
        subscription_id: uuids(([key]) => idOf(key)),
        account_id: uuids(([, account]) => accountId('demo', account)),
      });
    }
    if (table === 'household_members') {
      const rows = [...this.households].filter(([key]) => isWanted(key));
      yield columnBatch(rows, {
        household_id: categories(([, household]) => household),
        subscription_id: uuids(([key]) => idOf(key)),
      });
    }
  }

  private campaignBatch(): ColumnBatch {
    const ids = [...new Set(this.assignments.map(({ campaign }) => campaign))];
    const firstOf = (id: string) => this.assignments.find(({ campaign }) => campaign === id)!;
    return columnBatch(ids, {
      campaign_id: categories((id) => id),
      name: categories((id) => `活动 ${id}`),
      starts_on: numbers((id) => Math.floor(Date.parse(firstOf(id).at.slice(0, 10)) / 86_400_000)),
    });
  }

  private async *readStatus({ caller }: Call, request: ReadStatusMonthsRequest): AsyncGenerator<ColumnBatch> {
    requireSystem(caller);
    const { fromMonth, toMonth, shards } = request;
    const rows = this.statuses.filter(({ subscription, month }) => {
      const shard = shardOf(idOf(subscription));
      return month >= fromMonth && month <= toMonth && shard >= shards!.from && shard < shards!.to;
    });
    yield columnBatch(rows, {
      subscription_id: uuids(({ subscription }) => idOf(subscription)),
      org_unit_path: categories(() => 'demo/shenyang/'),
      month: categories(({ month }) => month),
      at_risk: numbers(({ atRisk }) => (atRisk ? 1 : 0)),
      churned: numbers(({ churned }) => (churned ? 1 : 0)),
      arpu: numbers(({ arpu }) => arpu * 100),
    });
  }

  private ownOf(campaignId: string): OwnCampaign {
    const own = this.own.get(campaignId);
    if (own === undefined) throw campaignUnknown();
    return own;
  }

  private async *readOwnAssignments({ caller }: Call, campaignId: string): AsyncGenerator<ColumnBatch> {
    requireSystem(caller);
    const { assignments: rows } = this.ownOf(campaignId);
    yield columnBatch(rows, {
      subscription_id: uuids(({ subscription }) => idOf(subscription)),
      household_id: uuids(({ household }) => idOf(household)),
      org_unit_path: categories(() => 'demo/shenyang/'),
      arm: categories(({ arm }) => arm),
      stratum: categories(() => undefined),
      propensity: numbers(({ propensity }) => propensity),
      assigned_at: numbers(({ at }) => Date.parse(at)),
    });
  }

  private async *readOwnTouches({ caller }: Call, campaignId: string): AsyncGenerator<ColumnBatch> {
    requireSystem(caller);
    const { touches: rows } = this.ownOf(campaignId);
    yield columnBatch(rows, {
      touch_id: uuids(({ id }) => idOf(id)),
      subscription_id: uuids(({ subscription }) => idOf(subscription)),
      channel: categories(({ channel }) => channel),
      outcome: categories(({ response }) => response),
      hit: numbers(({ hit }) => hit),
      cost: numbers(({ costFen }) => costFen),
      offer_cost: numbers(({ offerCostFen }) => offerCostFen ?? NaN),
    });
  }
}

function assignmentBatch(rows: readonly PastAssignment[]): ColumnBatch {
  const isHousehold = ({ randomisationUnit }: PastAssignment): boolean => randomisationUnit === 'household';
  return columnBatch(rows, {
    campaign_id: categories(({ campaign }) => campaign),
    unit_id: categories(({ unit }) => unit),
    subscription_id: uuids((row) => (isHousehold(row) ? '' : idOf(row.unit))),
    randomisation_unit: categories(({ randomisationUnit }) => randomisationUnit),
    arm: categories(({ arm }) => arm),
    assigned_at: numbers(({ at }) => Date.parse(at)),
    // A decimal text: rates may travel so.
    propensity: categories(({ propensity: share }) => (Number.isNaN(share) ? undefined : `${share}`)),
    stratum: categories(({ stratum }) => stratum),
  });
}

function touchBatch(rows: readonly Touch[]): ColumnBatch {
  return columnBatch(rows, {
    touch_id: categories(({ id }) => id),
    campaign_id: categories(({ campaign }) => campaign),
    subscription_id: uuids(({ subscription }) => idOf(subscription)),
    channel: categories(({ channel }) => channel),
    response: categories(({ response }) => response),
    hit: numbers(({ hit }) => hit),
    cost: numbers(({ costFen }) => costFen),
  });
}
