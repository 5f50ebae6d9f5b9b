import type { ImportService } from '@holdfast/contracts/feature_store/v1/extract';
import type {
  FactService,
  ReadFactsRequest,
  ReadStatusMonthsRequest,
} from '@holdfast/contracts/feature_store/v1/facts';
import type { Column, ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { DAY_MS } from '@holdfast/platform/calendar';
import { categoryColumnOf, numberColumn, uuidColumn } from '@holdfast/platform/columns';
import type { Rpc } from '@holdfast/platform/grpc';
import { shardOf, subscriptionId } from '@holdfast/platform/identity';

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

const number = (name: string, values: readonly (number | undefined)[]): Column =>
  numberColumn(
    name,
    Float64Array.from(values, (value) => value ?? Number.NaN),
  );

/** Plans as `id, kind, fee, minutes, exit fee, last day of sale`; a minute beyond costs 0.15, on P019 0.50. */
const PLANS: [string, string, number, number, (number | undefined)?, string?][] = [
  ['P019', 'mainstream', 1_900, 60],
  ['P039', 'mainstream', 3_900, 100],
  ['P059', 'mainstream', 5_900, 200],
  ['F069', 'family', 6_900, 400, 6_000],
  ['R049', 'retention', 100, 1_000],
  ['L088', 'mainstream', 8_800, 300, undefined, '2021-05-31'],
];

async function notServed(): Promise<never> {
  throw new Error('not served here');
}

/** The facts of a small operator, as feature-store streams them; requests are recorded. */
export class SyntheticOperator {
  sequence = 1;
  tables = ['plans', 'plan_rates', 'plan_history', 'status_history', 'subscriptions', 'events', 'usage', 'billing'];
  eventMonths = MONTHS;
  readonly asked: ReadFactsRequest[] = [];

  constructor(readonly subscribers: readonly SyntheticSubscriber[]) {}

  readonly imports: Rpc<ImportService> = {
    ...{
      uploadTable: notServed,
      uploadExtract: notServed,
      importFolder: notServed,
      confirmImport: notServed,
      discardImport: notServed,
      getImport: notServed,
    },
    ...{ listImports: notServed, listRejects: notServed },
    listExtracts: async () => ({
      extracts: [
        {
          extractId: 'e',
          sequence: this.sequence,
          extractedAt: new Date('2026-10-01T19:00:00Z'),
          from: '2025-04',
          to: '2026-09',
          importId: '',
          currency: 'CNY',
          timeZone: 'Asia/Shanghai',
          closedMonths: ['2026-08', '2026-09'],
          tables: this.tables,
        },
      ],
    }),
  };

  readonly facts: Rpc<FactService> = {
    describeFacts: async () => ({
      tables: this.tables.map((table) => ({
        table,
        rows: this.subscribers.length,
        months: table === 'events' ? this.eventMonths : MONTHS,
        freeColumns: [],
      })),
      closedMonths: ['2026-08', '2026-09'],
      currency: 'CNY',
      timeZone: 'Asia/Shanghai',
      sequence: this.sequence,
    }),
    readFacts: (_call, request) => this.read(request),
    readStatusMonths: (_call, request) => this.statusMonths(request),
    readPresence: async function* () {
      yield* [];
      throw new Error('not served here');
    },
  };

  private within({
    shards,
    subscriptionIds,
  }: Pick<ReadFactsRequest, 'shards' | 'subscriptionIds'>): SyntheticSubscriber[] {
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
        yield ratesBatch();
        return;
      case 'plan_history': {
        const spells = within.flatMap(({ id, plans }) => plans.map((spell) => [id, ...spell] as const));
        yield batch(spells.length, [
          uuidColumn(
            'subscription_id',
            spells.map(([id]) => id),
          ),
          categoryColumnOf(
            'plan_id',
            spells.map(([, plan]) => plan),
          ),
          number(
            'valid_from',
            spells.map(([, , from]) => from),
          ),
          number(
            'valid_to',
            spells.map(([, , , to]) => to),
          ),
          number(
            'contract_end_on',
            spells.map(([, , , , end]) => end),
          ),
        ]);
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
        yield batch(bills.length, [
          uuidColumn(
            'subscription_id',
            bills.map(({ id }) => id),
          ),
          categoryColumnOf(
            'month',
            bills.map(({ month }) => month),
          ),
          number(
            'voice_fee',
            bills.map(({ billed }) => billed),
          ),
        ]);
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
    yield batch(rows.length, [
      uuidColumn(
        'subscription_id',
        rows.map(({ id }) => id),
      ),
      categoryColumnOf(
        'org_unit_path',
        rows.map(({ orgUnitPath }) => orgUnitPath),
      ),
      categoryColumnOf(
        'month',
        rows.map(({ month }) => month),
      ),
      number(
        'at_risk',
        rows.map(({ isAtRisk }) => (isAtRisk === false ? 0 : 1)),
      ),
      number(
        'silent',
        rows.map(({ isDoubleZero }) => (isDoubleZero === true ? 1 : 0)),
      ),
      number(
        'arpu',
        rows.map(({ isDoubleZero }) => (isDoubleZero === true ? 0 : 3_900)),
      ),
    ]);
  }
}

function batch(rows: number, columns: Column[]): ColumnBatch {
  return { rows, columns };
}

function plansBatch(): ColumnBatch {
  return batch(PLANS.length, [
    categoryColumnOf(
      'plan_id',
      PLANS.map(([id]) => id),
    ),
    categoryColumnOf(
      'name',
      PLANS.map(([id]) => `套餐${id}`),
    ),
    categoryColumnOf(
      'service',
      PLANS.map(() => 'mobile'),
    ),
    categoryColumnOf(
      'kind',
      PLANS.map(([, kind]) => kind),
    ),
    number(
      'monthly_fee',
      PLANS.map(([, , fee]) => fee),
    ),
    number(
      'voice_minutes',
      PLANS.map(([, , , minutes]) => minutes),
    ),
    number(
      'exit_fee',
      PLANS.map(([, , , , exitFee]) => exitFee),
    ),
    number(
      'on_sale_to',
      PLANS.map(([, , , , , last]) => (last === undefined ? undefined : dayOf(last))),
    ),
  ]);
}

function ratesBatch(): ColumnBatch {
  return batch(PLANS.length, [
    categoryColumnOf(
      'plan_id',
      PLANS.map(([id]) => id),
    ),
    categoryColumnOf(
      'item',
      PLANS.map(() => 'local'),
    ),
    categoryColumnOf(
      'direction',
      PLANS.map(() => 'out'),
    ),
    categoryColumnOf(
      'rate',
      PLANS.map(([id]) => (id === 'P019' ? '0.500000' : '0.150000')),
    ),
  ]);
}

/** A call of a minute for each minute, at noon. */
function callsBatch(within: readonly SyntheticSubscriber[], month: string): ColumnBatch {
  const calls = within.flatMap(({ id, minutes }) => new Array<string>(minutes[MONTHS.indexOf(month)]!).fill(id));
  const at = Date.parse(`${month}-10T04:00:00Z`);
  return batch(calls.length, [
    uuidColumn('subscription_id', calls),
    number(
      'at',
      calls.map(() => at),
    ),
    categoryColumnOf(
      'kind',
      calls.map(() => 'voice_out'),
    ),
    categoryColumnOf(
      'call_type',
      calls.map(() => 'local'),
    ),
    categoryColumnOf(
      'peer_network',
      calls.map(() => 'own'),
    ),
    number(
      'duration_s',
      calls.map(() => 60),
    ),
    number(
      'volume_mb',
      calls.map(() => undefined),
    ),
  ]);
}

function totalsBatch(within: readonly SyntheticSubscriber[], month: string): ColumnBatch {
  return batch(within.length, [
    uuidColumn(
      'subscription_id',
      within.map(({ id }) => id),
    ),
    number(
      'local_billed_min',
      within.map(({ minutes }) => minutes[MONTHS.indexOf(month)]),
    ),
    number(
      'data_mb',
      within.map(() => 0),
    ),
  ]);
}
