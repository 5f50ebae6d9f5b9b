import {
  ColumnRole,
  FeatureType,
  Table as TableFacts,
  TableServiceDefinition,
  type GetTableRequest,
  type ReadTableRequest,
  type TableService,
} from '@holdfast/contracts/feature_store/v1/lake';
import { ValueGroupServiceDefinition, type ValueGroupService } from '@holdfast/contracts/feature_store/v1/value_group';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { syntheticPanel, type SyntheticPanel } from '@holdfast/learning/synthetic-panel.fixture';
import { monthRange } from '@holdfast/platform/calendar';
import { requireScope, requireSystem } from '@holdfast/platform/caller';
import { categories, columnBatch, numbers, texts, uuids } from '@holdfast/platform/columns';
import type { Call, GrpcServer } from '@holdfast/platform/grpc';
import { customerId, shardOf, subscriptionId } from '@holdfast/platform/identity';
import { unimplemented } from '@holdfast/testing/service';

export const MONTHS = monthRange('2026-01', '2026-12');
export const LEAD_MONTHS = 2;
export const MONTH_UNITS = ['demo/', 'demo/dalian/', 'demo/shenyang/'];
export const panel: SyntheticPanel = syntheticPanel(900, MONTHS.length, LEAD_MONTHS, 5);
export const ids = Array.from({ length: 900 }, (_, subscription) => subscriptionId('demo', `month ${subscription}`));
const BATCH_ROWS = 1_000;

/** As the lake orders them: by shard, subscription, month. */
const inOrder = Array.from(panel.months, (_, row) => row).sort((left, right) => {
  const [one, other] = [ids[panel.subscriptions[left]!]!, ids[panel.subscriptions[right]!]!];
  return shardOf(one) - shardOf(other) || (one < other ? -1 : one > other ? 1 : 0) || left - right;
});
const CAUSE_OF: Readonly<Record<string, string>> = {
  overpaid: 'misfit',
  complaints: 'service',
  contractEnded: 'contractEnd',
  noise: '',
};

/** Table that distinguishes kinds of churn: churn after a complaint is for arrears. */
export const WITH_ARREARS = 'with-arrears';
/** By subscription. */
const leavesInArrears = new Set(
  [...panel.labels.keys()]
    .filter((row) => panel.labels[row] === 1 && panel.table.numberColumn('complaints').values[row]! > 0)
    .map((row) => panel.subscriptions[row]!),
);
/** Month in which a subscription leaves, from 0. */
const leftIn = new Map(
  [...panel.labels.keys()]
    .filter((row) => panel.labels[row] === 1)
    .map((row) => [panel.subscriptions[row]!, panel.months[row]! + LEAD_MONTHS]),
);
export const isInArrears = (row: number): boolean => leavesInArrears.has(panel.subscriptions[row]!);
/** Of those who pay too much half lose value within two months, of the others one in twenty. */
const losesValue = (row: number): number => {
  const share = panel.table.numberColumn('overpaid').values[row]! > 0.75 ? 0.5 : 0.05;
  return Number(((row * 7_919) % 1_009) / 1_009 < share);
};
const billOf = (row: number): number => 40 + ((row * 104_729) % 41);
/** NaN without a contract; below 0 once it has ended. */
export const contractMonthsOf = (row: number): number =>
  panel.subscriptions[row]! % 5 === 0 ? Number.NaN : (panel.subscriptions[row]! % 9) - 2;
export const silentMonthsOf = (row: number): number => panel.subscriptions[row]! % 4;

/**
 * A view with a row for each subscription and month, as feature-store gives it out. Version `m9` has the first nine months
 * and the labels that are known at their end, `v1` all of them.
 */
export class SyntheticMonthLake {
  newest = 'v1';

  serve(server: GrpcServer): void {
    const tables = unimplemented<TableService>(TableServiceDefinition, {
      getTable: (call, request) => this.getTable(call, request),
      readTable: (call, request) => this.readTable(call, request),
    });
    server.serve<TableService>(TableServiceDefinition, tables);
    const valueGroups = unimplemented<ValueGroupService>(ValueGroupServiceDefinition, {
      readWorthFacts: ({ caller }) => {
        requireSystem(caller);
        return worthBatches();
      },
    });
    server.serve<ValueGroupService>(ValueGroupServiceDefinition, valueGroups);
  }

  async getTable(_call: Call, request: GetTableRequest): Promise<TableFacts> {
    const { table } = request;
    const version = request.version || this.newest;
    const count = monthsOf(version);
    const rows = inOrder.filter((row) => panel.months[row]! < count);
    const columns = [
      ...panel.table.columns.map(({ name }) => ({
        name,
        role: ColumnRole.COLUMN_ROLE_FEATURE,
        reason: CAUSE_OF[name]!,
      })),
      { name: 'lost_in_gap', role: ColumnRole.COLUMN_ROLE_EXCLUDED, reason: '' },
      ...(table === WITH_ARREARS
        ? [
            { name: 'left_involuntarily', role: ColumnRole.COLUMN_ROLE_EXCLUDED, reason: '' },
            { name: 'left_after_months', role: ColumnRole.COLUMN_ROLE_EXCLUDED, reason: '' },
            { name: 'value_lost', role: ColumnRole.COLUMN_ROLE_EXCLUDED, reason: '' },
            { name: 'contract_months_left', role: ColumnRole.COLUMN_ROLE_EXCLUDED, reason: '' },
            { name: 'contacted', role: ColumnRole.COLUMN_ROLE_EXCLUDED, reason: '' },
            { name: 'silent_months_3m', role: ColumnRole.COLUMN_ROLE_FEATURE, reason: 'habit' },
            { name: 'arpu_cny_m0', role: ColumnRole.COLUMN_ROLE_FEATURE, reason: '' },
            { name: 'arpu_mean_3m_cny', role: ColumnRole.COLUMN_ROLE_VALUE, reason: '' },
          ]
        : []),
      { name: 'leave_reason', role: ColumnRole.COLUMN_ROLE_EXCLUDED, reason: '' },
    ];
    const known = rows.map((row) => labelOf(row, count)).filter((label) => !Number.isNaN(label));
    return TableFacts.fromPartial({
      table,
      version,
      rows: rows.length,
      months: MONTHS.slice(0, count),
      columns: columns.map((column) => ({ ...column, type: FeatureType.FEATURE_TYPE_NUMBER })),
      currency: 'CNY',
      labelledRows: known.length,
      positiveRows: known.reduce((sum, label) => sum + label, 0),
      labelLeadMonths: LEAD_MONTHS,
      origin: 'view',
    });
  }

  async *readTable({ caller }: Call, request: ReadTableRequest): AsyncIterable<ColumnBatch> {
    if (request.withLabel) requireScope(caller, 'model:train');
    const { from, to } = request.shards ?? { from: 0, to: 256 };
    const count = monthsOf(request.version);
    const wanted = inOrder.filter((row) => {
      if (panel.months[row]! >= count) return false;
      const shard = shardOf(ids[panel.subscriptions[row]!]!);
      return shard >= from && shard < to && (request.month === '' || MONTHS[panel.months[row]!] === request.month);
    });
    for (let at = 0; at < wanted.length; at += BATCH_ROWS) yield batchOf(wanted.slice(at, at + BATCH_ROWS), request);
  }
}

function monthsOf(version: string): number {
  return version.startsWith('m') ? Number(version.slice(1)) : MONTHS.length;
}

/** NaN where it is not known at the end of so many months. */
function labelOf(row: number, monthCount: number): number {
  return panel.months[row]! + LEAD_MONTHS < monthCount ? panel.labels[row]! : Number.NaN;
}

/** Code of the operator: of a churner with an ended contract, complaints or a bill that is too high, and of others. */
export function reasonCodeOf(row: number): string | undefined {
  if (panel.labels[row] !== 1) return undefined;
  const valueOf = (name: string): number => panel.table.numberColumn(name).values[row]!;
  if (valueOf('contractEnded') === 1) return 'price';
  if (valueOf('complaints') > 0) return 'service';
  if (valueOf('overpaid') > 0.75) return 'price';
  return row % 3 === 0 ? undefined : 'other';
}

function batchOf(rows: readonly number[], { version, columns, withLabel, withValue }: ReadTableRequest): ColumnBatch {
  const columnOf = (name: string) => {
    if (name === 'left_involuntarily') return numbers((row: number) => Number(isInArrears(row)));
    if (name === 'left_after_months') {
      return numbers((row: number) => {
        const month = leftIn.get(panel.subscriptions[row]!) ?? Infinity;
        return month < monthsOf(version) ? month - panel.months[row]! : Number.NaN;
      });
    }
    if (name === 'contract_months_left') return numbers(contractMonthsOf);
    if (name === 'contacted') return numbers((row: number) => Number(row % 11 === 0));
    if (name === 'silent_months_3m') return numbers(silentMonthsOf);
    if (name === 'arpu_cny_m0') return numbers(billOf);
    if (name === 'arpu_mean_3m_cny') return numbers((row: number) => 60 + (panel.subscriptions[row]! % 7));
    if (name === 'value_lost')
      return numbers((row: number) => (panel.months[row]! + 2 < monthsOf(version) ? losesValue(row) : Number.NaN));
    if (name === 'leave_reason') return categories((row: number) => reasonCodeOf(row));
    const values = name === 'lost_in_gap' ? panel.lostInGap : panel.table.numberColumn(name).values;
    return numbers((row: number) => values[row]!);
  };
  return columnBatch(rows, {
    subscription_id: uuids((row) => ids[panel.subscriptions[row]!]!),
    month: categories((row) => MONTHS[panel.months[row]!]!),
    org_unit_path: categories((row) => MONTH_UNITS[panel.subscriptions[row]! % 3]),
    ...Object.fromEntries(columns.map((name) => [name, columnOf(name)])),
    ...(withLabel ? { label: numbers((row) => labelOf(row, monthsOf(version))) } : {}),
    ...(withValue ? { value: numbers((row) => 30 + (panel.subscriptions[row]! % 100)) } : {}),
  });
}

/** What feature-store gives of each subscription: two to a customer, no cost of calls to other networks. */
const WORTH = ids.map((_, at) => ({
  ...{ unit: MONTH_UNITS[at % 3]!, customerId: customerId('demo', `month ${Math.floor(at / 6) * 3 + (at % 3)}`) },
  ...{
    revenue: 3_000 + (at % 97) * 100,
    serveCost: 500 + (at % 7) * 100,
    arrearsMonths: at % 5,
    usage: (at % 11) / 10,
  },
  ...{ valueGroup: (['mid_high_end', 'quasi_mid_high_end', 'other'] as const)[Math.floor(at / 3) % 3]! },
  ...{ billChange: ((at % 13) - 6) / 10, managerId: `ST${at % 4}` },
}));
export const worthOf = (at: number) => WORTH[at]!;

/** Shares of the subscriptions of the unit that are worse, as feature-store ranks; `sign` is -1 where less is better. */
function ranksOf(figure: (of: ReturnType<typeof worthOf>) => number, sign: 1 | -1): number[] {
  const byUnit = MONTH_UNITS.map((unit) =>
    WORTH.filter((of) => of.unit === unit)
      .map((of) => sign * figure(of))
      .sort((left, right) => left - right),
  );
  return WORTH.map((of, at) => {
    const figures = byUnit[at % 3]!;
    return figures.indexOf(sign * figure(of)) / (figures.length - 1);
  });
}
const RANKS = {
  rank_revenue: ranksOf(({ revenue }) => revenue, 1),
  rank_serve_cost: ranksOf(({ serveCost }) => serveCost, -1),
  rank_credit_loss: ranksOf(({ arrearsMonths }) => arrearsMonths, -1),
  rank_usage: ranksOf(({ usage }) => usage, 1),
};

/** What feature-store gives of adopter segments: every fifth is an early adopter, half of them bound; the next one a chooser. */
export const segmentOf = (at: number): string =>
  ['early_adopter', 'mature_chooser', 'none', 'none', 'unknown'][at % 5]!;
const segmentFactsOf = (at: number): object | undefined => {
  if (segmentOf(at) === 'early_adopter') {
    const adopted = { kind: 'handset', item: 'T1', name: 'Aurora A5', launchedOn: null, adoptedOn: '2026-03-08' };
    const agreement = { planId: 'P59', contractId: 'K1', endsOn: '2027-06-30', penalty: 10_000 };
    return {
      adoptions: [{ ...adopted, rank: 8, users: 120 }],
      ...(at % 2 === 0 ? { agreement, eligibleOn: '2027-07-01' } : { agreement: null, eligibleOn: '2027-01-01' }),
    };
  }
  if (segmentOf(at) !== 'mature_chooser') return undefined;
  const offer = { rival: 'rival_a', offer: '59元 10GB', source: 'market_months', statedOn: '2026-12' };
  return {
    ...{ tenureMonths: 40, growth: 0.05, signs: [{ kind: 'rival_contact', count: 3, last: '2026-12' }] },
    use: { months: 3, bill: 8_000, minutes: 120.5, dataMb: 3_000, messages: 0 },
    offers: [{ ...offer, cost: 5_900, difference: -2_100, atLeast: true }],
  };
};

async function* worthBatches(): AsyncGenerator<ColumnBatch> {
  const unknown = numbers(() => Number.NaN);
  yield columnBatch([...ids.keys()], {
    subscription_id: uuids((at) => ids[at]!),
    customer_id: uuids((at) => worthOf(at).customerId),
    org_unit_path: categories((at) => worthOf(at).unit),
    region: categories((at) => worthOf(at).unit),
    value_group: categories((at) => worthOf(at).valueGroup),
    manager_id: categories((at) => worthOf(at).managerId),
    customer_kind: categories(() => 'person'),
    credit_class: categories(() => undefined),
    vip_level: categories(() => undefined),
    churn_index_basis: categories((at) => (at % 50 === 0 ? 'survey' : undefined)),
    factors: texts((at) => (at % 50 === 0 ? '[{"factor":"price","rating":1,"importance":5,"alternatives":0.5}]' : '')),
    segment: categories(segmentOf),
    segment_reasons: categories((at) => (segmentOf(at) === 'unknown' ? 'no_new_item,needs:surveys' : '')),
    segment_facts: texts((at) => (segmentFactsOf(at) === undefined ? '' : JSON.stringify(segmentFactsOf(at)))),
    definitions: categories(() => 'midHighEnd=1'),
    in_cohort: numbers((at) => at % 2),
    value_lost: numbers((at) => (at % 10 === 0 ? 1 : 0)),
    mean_arpu: numbers((at) => worthOf(at).revenue),
    revenue: numbers((at) => worthOf(at).revenue),
    serve_cost: numbers((at) => worthOf(at).serveCost),
    interconnect_cost: unknown,
    credit_loss: numbers((at) => worthOf(at).arrearsMonths * 10),
    arrears: numbers((at) => worthOf(at).arrearsMonths * 1_500),
    arrears_months: numbers((at) => worthOf(at).arrearsMonths),
    contacts: numbers(() => 1),
    complaints: numbers(() => 0),
    usage: numbers((at) => worthOf(at).usage),
    bill_change: numbers((at) => worthOf(at).billChange),
    usage_change: unknown,
    tenure_months: numbers((at) => at % 40),
    share_voice_fee: numbers(() => 0.25),
    churn_index: numbers((at) => (at % 50 === 0 ? 0.5 : Number.NaN)),
    rank_contacts: numbers(() => 0),
    ...Object.fromEntries(Object.entries(RANKS).map(([name, ranks]) => [name, numbers((at: number) => ranks[at]!)])),
  });
}
