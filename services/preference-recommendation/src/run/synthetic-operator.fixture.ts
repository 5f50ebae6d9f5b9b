import {
  ImportServiceDefinition,
  type ImportService,
  type ListExtractsResponse,
} from '@holdfast/contracts/feature_store/v1/extract';
import {
  FactServiceDefinition,
  type DescribeFactsResponse,
  type FactService,
  type ReadFactsRequest,
  type ReadStatusMonthsRequest,
} from '@holdfast/contracts/feature_store/v1/facts';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { DAY_MS } from '@holdfast/platform/calendar';
import { categories, columnBatch, numbers, uuids } from '@holdfast/platform/columns';
import type { GrpcServer } from '@holdfast/platform/grpc';
import { shardOf, subscriptionId } from '@holdfast/platform/identity';
import { unimplemented } from '@holdfast/testing/service';

/** A subscriber of the small operator, with what is used in each of its three months. */
export interface SyntheticSubscriber {
  id: string;
  orgUnitPath: string;
  /** Spells: plan, from, to (days since 1970-01-01). */
  plans: [planId: string, from: number, to?: number | undefined, contractEnd?: number][];
  /** Minutes of local calls per month. */
  minutes: [number, number, number];
  isDoubleZero?: boolean;
  /** Billed a month, minor units. */
  billed?: number;
  /** There in the months from this index on. */
  since?: number;
  isAtRisk?: boolean;
}

export const MONTHS = ['2026-07', '2026-08', '2026-09'];
export const dayOf = (date: string): number => Date.parse(`${date}T00:00Z`) / DAY_MS;
export const UNITS = ['demo/shenyang/', 'demo/dalian/'];

export function syntheticSubscriber(key: string, over: Partial<SyntheticSubscriber> = {}): SyntheticSubscriber {
  const id = subscriptionId('demo', key);
  const orgUnitPath = UNITS[key.length % 2]!;
  return { id, orgUnitPath, plans: [['P039', dayOf('2024-01-01')]], minutes: [50, 50, 50], ...over };
}

/** Plans as `id, kind, fee, minutes, exit fee, last day of sale`; a minute beyond costs 0.15, on P019 0.50. */
const PLANS: [string, string, number, number, (number | undefined)?, string?][] = [
  ['P019', 'mainstream', 1_900, 60],
  ['P039', 'mainstream', 3_900, 100],
  ['P059', 'mainstream', 5_900, 200],
  ['F069', 'family', 6_900, 400, 6_000],
  ['R049', 'retention', 100, 1_000],
  ['L088', 'mainstream', 8_800, 300, undefined, '2021-05-31'],
];

/** The facts of a small operator, as feature-store streams them; requests are recorded. */
export class SyntheticOperator {
  sequence = 1;
  tables = ['plans', 'plan_rates', 'plan_history', 'status_history', 'subscriptions', 'events', 'usage', 'billing'];
  eventMonths = MONTHS;
  /** Plans whose rate is for calls within the network. */
  networkRates: readonly string[] = [];
  readonly asked: ReadFactsRequest[] = [];

  constructor(readonly subscribers: readonly SyntheticSubscriber[]) {}

  serve(server: GrpcServer): void {
    const imports = unimplemented<ImportService>(ImportServiceDefinition, { listExtracts: () => this.listExtracts() });
    server.serve<ImportService>(ImportServiceDefinition, imports);
    const facts = unimplemented<FactService>(FactServiceDefinition, {
      describeFacts: () => this.describeFacts(),
      readFacts: (_call, request) => this.read(request),
      readStatusMonths: (_call, request) => this.statusMonths(request),
    });
    server.serve<FactService>(FactServiceDefinition, facts);
  }

  private async listExtracts(): Promise<ListExtractsResponse> {
    const common = { extractId: 'e', importId: '', currency: 'CNY', timeZone: 'Asia/Shanghai' };
    const months = { from: '2025-04', to: '2026-09', closedMonths: ['2026-08', '2026-09'] };
    const extractedAt = new Date('2026-10-01T19:00:00Z');
    return { extracts: [{ ...common, ...months, sequence: this.sequence, extractedAt, tables: this.tables }] };
  }

  private async describeFacts(): Promise<DescribeFactsResponse> {
    const monthsOf = (table: string) => (table === 'events' ? this.eventMonths : MONTHS);
    const common = { rows: this.subscribers.length, freeColumns: [] };
    return {
      tables: this.tables.map((table) => ({ ...common, table, months: monthsOf(table) })),
      closedMonths: ['2026-08', '2026-09'],
      ...{ currency: 'CNY', timeZone: 'Asia/Shanghai', sequence: this.sequence },
    };
  }

  private within({ shards, subscriptionIds }: Pick<ReadFactsRequest, 'shards' | 'subscriptionIds'>) {
    return this.subscribers
      .filter(({ id }) => shards === undefined || (shards.from <= shardOf(id) && shardOf(id) < shards.to))
      .filter(({ id }) => subscriptionIds.length === 0 || subscriptionIds.includes(id));
  }

  private async *read(request: ReadFactsRequest): AsyncIterable<ColumnBatch> {
    this.asked.push(request);
    const within = this.within(request);
    const months = MONTHS.filter((month) => request.fromMonth <= month && month <= (request.toMonth || '9999'));
    switch (request.table) {
      case 'plans':
        yield plansBatch();
        return;
      case 'plan_rates':
        yield ratesBatch(this.networkRates);
        return;
      case 'plan_history': {
        const spells = within.flatMap(({ id, plans }) => plans.map((spell) => [id, ...spell] as const));
        yield columnBatch(spells, {
          subscription_id: uuids(([id]) => id),
          plan_id: categories(([, plan]) => plan),
          valid_from: numbers(([, , from]) => from),
          valid_to: numbers(([, , , to]) => to),
          contract_end_on: numbers(([, , , , end]) => end),
        });
        return;
      }
      case 'events':
        for (const month of months) yield callsBatch(within, month);
        return;
      case 'usage':
        for (const month of months) yield totalsBatch(within, month);
        return;
      case 'billing': {
        const bills = within.flatMap(({ id, billed }) => months.map((month) => ({ id, billed, month })));
        yield columnBatch(bills, {
          subscription_id: uuids(({ id }) => id),
          month: categories(({ month }) => month),
          voice_fee: numbers(({ billed }) => billed),
        });
        return;
      }
      default:
        throw new Error(`the synthetic operator has no ${request.table}`);
    }
  }

  private async *statusMonths(request: ReadStatusMonthsRequest): AsyncIterable<ColumnBatch> {
    const rows = this.within(request).flatMap((subscriber) =>
      MONTHS.slice(subscriber.since ?? 0).map((month) => ({ ...subscriber, month })),
    );
    yield columnBatch(rows, {
      subscription_id: uuids(({ id }) => id),
      org_unit_path: categories(({ orgUnitPath }) => orgUnitPath),
      month: categories(({ month }) => month),
      at_risk: numbers(({ isAtRisk }) => (isAtRisk === false ? 0 : 1)),
      silent: numbers(({ isDoubleZero }) => (isDoubleZero === true ? 1 : 0)),
      arpu: numbers(({ isDoubleZero }) => (isDoubleZero === true ? 0 : 3_900)),
    });
  }
}

function plansBatch(): ColumnBatch {
  return columnBatch(PLANS, {
    plan_id: categories(([id]) => id),
    name: categories(([id]) => `套餐${id}`),
    service: categories(() => 'mobile'),
    kind: categories(([, kind]) => kind),
    monthly_fee: numbers(([, , fee]) => fee),
    voice_minutes: numbers(([, , , minutes]) => minutes),
    exit_fee: numbers(([, , , , exitFee]) => exitFee),
    on_sale_to: numbers(([, , , , , last]) => (last === undefined ? undefined : dayOf(last))),
  });
}

function ratesBatch(networkRates: readonly string[]): ColumnBatch {
  return columnBatch(PLANS, {
    plan_id: categories(([id]) => id),
    item: categories(() => 'local'),
    direction: categories(() => 'out'),
    peer_network: categories(([id]) => (networkRates.includes(id) ? 'own' : undefined)),
    rate: categories(([id]) => (id === 'P019' ? '0.500000' : '0.150000')),
  });
}

/** A call of a minute for each minute, at noon. */
function callsBatch(within: readonly SyntheticSubscriber[], month: string): ColumnBatch {
  const calls = within.flatMap(({ id, minutes }) => new Array<string>(minutes[MONTHS.indexOf(month)]!).fill(id));
  const at = Date.parse(`${month}-10T04:00:00Z`);
  return columnBatch(calls, {
    subscription_id: uuids((id) => id),
    at: numbers(() => at),
    kind: categories(() => 'voice_out'),
    call_type: categories(() => 'local'),
    peer_network: categories(() => 'own'),
    duration_s: numbers(() => 60),
    volume_mb: numbers(() => undefined),
  });
}

function totalsBatch(within: readonly SyntheticSubscriber[], month: string): ColumnBatch {
  return columnBatch(within, {
    subscription_id: uuids(({ id }) => id),
    local_billed_min: numbers(({ minutes }) => minutes[MONTHS.indexOf(month)]),
    data_mb: numbers(() => 0),
  });
}
