import { CampaignServiceDefinition, type Campaign, type CampaignService } from '@holdfast/contracts/campaign/v1/plan';
import {
  FactServiceDefinition,
  type DescribeFactsResponse,
  type FactService,
  type ReadFactsRequest,
  type ReadStatusMonthsRequest,
} from '@holdfast/contracts/feature_store/v1/facts';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { requireSystem } from '@holdfast/platform/caller';
import { categoryColumnOf, numberColumn, uuidColumn } from '@holdfast/platform/columns';
import { failure } from '@holdfast/platform/errors';
import type { Call, GrpcServer, Rpc } from '@holdfast/platform/grpc';
import { accountId, shardOf, subscriptionId } from '@holdfast/platform/identity';

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

/** The id of the subscription with a key. */
function idOf(key: string): string {
  return subscriptionId('demo', key);
}

/** A synthetic operator: the data that feature-store and campaign serve of it. */
export class SyntheticOperator {
  described: DescribeFactsResponse = {
    tables: ['campaigns', 'assignments', 'touches', 'subscriptions', 'household_members'].map((table) => ({
      table,
      rows: 0,
      months: [],
      freeColumns: [],
    })),
    closedMonths: [],
    currency: 'CNY',
    timeZone: 'Asia/Shanghai',
    sequence: 1,
  };
  assignments: PastAssignment[] = [];
  touches: Touch[] = [];
  statuses: Status[] = [];
  /** Account by subscription. */
  accounts = new Map<string, string>();
  /** Household by subscription. */
  households = new Map<string, string>();
  own = new Map<string, { campaign: Campaign; assignments: OwnAssignment[]; touches: Touch[] }>();

  private readonly facts: Rpc<Pick<FactService, 'describeFacts' | 'readFacts' | 'readStatusMonths'>> = {
    describeFacts: async () => this.described,
    readFacts: (call, request) => this.readFacts(call, request),
    readStatusMonths: (call, request) => this.readStatus(call, request),
  };

  private readonly campaigns: Rpc<Pick<CampaignService, 'getCampaign' | 'readAssignments' | 'readTouches'>> = {
    getCampaign: async (_call, { campaignId }) => this.ownOf(campaignId).campaign,
    readAssignments: (call, { campaignId }) => this.readOwnAssignments(call, campaignId),
    readTouches: (call, { campaignId }) => this.readOwnTouches(call, campaignId),
  };

  serve(server: GrpcServer): void {
    server.serve<FactService>(FactServiceDefinition, completed<FactService>(this.facts));
    server.serve<CampaignService>(CampaignServiceDefinition, completed<CampaignService>(this.campaigns));
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
      yield batchOf(rows.length, [
        uuidColumn(
          'subscription_id',
          rows.map(([key]) => idOf(key)),
        ),
        uuidColumn(
          'account_id',
          rows.map(([, account]) => accountId('demo', account)),
        ),
      ]);
    }
    if (table === 'household_members') {
      const rows = [...this.households].filter(([key]) => isWanted(key));
      yield batchOf(rows.length, [
        categoryColumnOf(
          'household_id',
          rows.map(([, household]) => household),
        ),
        uuidColumn(
          'subscription_id',
          rows.map(([key]) => idOf(key)),
        ),
      ]);
    }
  }

  private campaignBatch(): ColumnBatch {
    const ids = [...new Set(this.assignments.map(({ campaign }) => campaign))];
    const startDays = ids.map((id) => {
      const first = this.assignments.find(({ campaign }) => campaign === id)!;
      return Math.floor(Date.parse(first.at.slice(0, 10)) / 86_400_000);
    });
    return batchOf(ids.length, [
      categoryColumnOf('campaign_id', ids),
      categoryColumnOf(
        'name',
        ids.map((id) => `活动 ${id}`),
      ),
      numberColumn('starts_on', Float64Array.from(startDays)),
    ]);
  }

  private async *readStatus({ caller }: Call, request: ReadStatusMonthsRequest): AsyncGenerator<ColumnBatch> {
    requireSystem(caller);
    const { fromMonth, toMonth, shards } = request;
    const rows = this.statuses.filter(({ subscription, month }) => {
      const shard = shardOf(idOf(subscription));
      return month >= fromMonth && month <= toMonth && shard >= shards!.from && shard < shards!.to;
    });
    yield batchOf(rows.length, [
      uuidColumn(
        'subscription_id',
        rows.map(({ subscription }) => idOf(subscription)),
      ),
      categoryColumnOf(
        'org_unit_path',
        rows.map(() => 'demo/shenyang/'),
      ),
      categoryColumnOf(
        'month',
        rows.map(({ month }) => month),
      ),
      numberColumn(
        'at_risk',
        Float64Array.from(rows, ({ atRisk }) => (atRisk ? 1 : 0)),
      ),
      numberColumn(
        'churned',
        Float64Array.from(rows, ({ churned }) => (churned ? 1 : 0)),
      ),
      numberColumn(
        'arpu',
        Float64Array.from(rows, ({ arpu }) => arpu * 100),
      ),
    ]);
  }

  private ownOf(campaignId: string): { campaign: Campaign; assignments: OwnAssignment[]; touches: Touch[] } {
    const own = this.own.get(campaignId);
    if (own === undefined) throw campaignUnknown();
    return own;
  }

  private async *readOwnAssignments({ caller }: Call, campaignId: string): AsyncGenerator<ColumnBatch> {
    requireSystem(caller);
    const { assignments: rows } = this.ownOf(campaignId);
    yield batchOf(rows.length, [
      uuidColumn(
        'subscription_id',
        rows.map(({ subscription }) => idOf(subscription)),
      ),
      uuidColumn(
        'household_id',
        rows.map(({ household }) => idOf(household)),
      ),
      categoryColumnOf(
        'org_unit_path',
        rows.map(() => 'demo/shenyang/'),
      ),
      categoryColumnOf(
        'arm',
        rows.map(({ arm }) => arm),
      ),
      categoryColumnOf(
        'stratum',
        rows.map(() => undefined),
      ),
      numberColumn(
        'propensity',
        Float64Array.from(rows, ({ propensity }) => propensity),
      ),
      numberColumn(
        'assigned_at',
        Float64Array.from(rows, ({ at }) => Date.parse(at)),
      ),
    ]);
  }

  private async *readOwnTouches({ caller }: Call, campaignId: string): AsyncGenerator<ColumnBatch> {
    requireSystem(caller);
    const { touches: rows } = this.ownOf(campaignId);
    yield batchOf(rows.length, [
      uuidColumn(
        'touch_id',
        rows.map(({ id }) => idOf(id)),
      ),
      uuidColumn(
        'subscription_id',
        rows.map(({ subscription }) => idOf(subscription)),
      ),
      categoryColumnOf(
        'channel',
        rows.map(({ channel }) => channel),
      ),
      categoryColumnOf(
        'outcome',
        rows.map(({ response }) => response),
      ),
      numberColumn(
        'hit',
        Float64Array.from(rows, ({ hit }) => hit),
      ),
      numberColumn(
        'cost',
        Float64Array.from(rows, ({ costFen }) => costFen),
      ),
      numberColumn(
        'offer_cost',
        Float64Array.from(rows, ({ offerCostFen }) => offerCostFen ?? NaN),
      ),
    ]);
  }
}

/** A service client whose other methods reject. */
function completed<S extends object>(given: object): Rpc<S> {
  return new Proxy(given, {
    get: (target, key: string) =>
      Reflect.get(target, key) ?? (() => Promise.reject(new Error(`the synthetic operator has no ${key}`))),
  }) as Rpc<S>;
}

function assignmentBatch(rows: readonly PastAssignment[]): ColumnBatch {
  const isHousehold = ({ randomisationUnit }: PastAssignment): boolean => randomisationUnit === 'household';
  return batchOf(rows.length, [
    categoryColumnOf(
      'campaign_id',
      rows.map(({ campaign }) => campaign),
    ),
    categoryColumnOf(
      'unit_id',
      rows.map(({ unit }) => unit),
    ),
    uuidColumn(
      'subscription_id',
      rows.map((row) => (isHousehold(row) ? '' : idOf(row.unit))),
    ),
    categoryColumnOf(
      'randomisation_unit',
      rows.map(({ randomisationUnit }) => randomisationUnit),
    ),
    categoryColumnOf(
      'arm',
      rows.map(({ arm }) => arm),
    ),
    numberColumn(
      'assigned_at',
      Float64Array.from(rows, ({ at }) => Date.parse(at)),
    ),
    // A decimal text: rates may travel so.
    categoryColumnOf(
      'propensity',
      rows.map(({ propensity: share }) => (Number.isNaN(share) ? undefined : `${share}`)),
    ),
    categoryColumnOf(
      'stratum',
      rows.map(({ stratum }) => stratum),
    ),
  ]);
}

function touchBatch(rows: readonly Touch[]): ColumnBatch {
  return batchOf(rows.length, [
    categoryColumnOf(
      'touch_id',
      rows.map(({ id }) => id),
    ),
    categoryColumnOf(
      'campaign_id',
      rows.map(({ campaign }) => campaign),
    ),
    uuidColumn(
      'subscription_id',
      rows.map(({ subscription }) => idOf(subscription)),
    ),
    categoryColumnOf(
      'channel',
      rows.map(({ channel }) => channel),
    ),
    categoryColumnOf(
      'response',
      rows.map(({ response }) => response),
    ),
    numberColumn(
      'hit',
      Float64Array.from(rows, ({ hit }) => hit),
    ),
    numberColumn(
      'cost',
      Float64Array.from(rows, ({ costFen }) => costFen),
    ),
  ]);
}

function batchOf(rows: number, columns: ColumnBatch['columns']): ColumnBatch {
  return { rows, columns };
}
