import { RATE_ITEMS, type Plan, type Rate } from '../catalogue/plan.js';
import { MICRO_PER_CENT } from './charge.js';
import { ITEMS_OF, holdsInSegment, partsOfClass, type UsageClasses, type UsageType } from './usage-class.js';

/**
 * Use is counted in whole base units, so that sums are exact: seconds of calls, millionths of a MB of data, messages.
 */
export const BASE_PER_MB = 1_000_000;

/** What a plan includes: minutes, MB, messages. */
type Pool = 0 | 1 | 2;
const POOL_OF: Readonly<Record<UsageType, Pool>> = {
  local: 0,
  long_distance: 0,
  roaming: 0,
  roaming_intl: 0,
  data: 1,
  data_intl: 1,
  sms: 2,
};

/** By the letter of the contract: minutes cover local and long-distance calls, not those made while roaming. */
const COVERED: ReadonlySet<UsageType> = new Set(['local', 'long_distance', 'data', 'sms']);

/** A rate from some unit on, in base units. */
export interface Step {
  /** Index among the plan's charged rows: the excess is summed under it. */
  readonly row: number;
  readonly start: number;
  readonly unit: number;
  readonly isCeil: boolean;
}

/** How one class of use is billed on a plan. */
export interface Rule {
  /** Index into RATE_ITEMS: the component of the bill. */
  readonly component: number;
  readonly pool: Pool;
  readonly isCovered: boolean;
  /** By start; empty where the plan has no rate: what it does not cover cannot be billed. */
  readonly steps: readonly Step[];
  /** Whether steps count from the beginning of each call, not of the month. */
  readonly isPerCall: boolean;
  /** Most that a call costs, minor units; Infinity for no limit. */
  readonly capMinor: number;
  /** Index of the charged row that counts the calls at that limit; -1 for none. */
  readonly capRow: number;
}

/** A charged row: one rate within one component. */
interface ChargedRow {
  readonly component: number;
  readonly rateMicro: number;
  /** Base units of one unit. */
  readonly unit: number;
  /** Base units that are free beyond the plan's. */
  readonly free: number;
}

/** A plan made ready for pricing over the classes of a catalogue. */
export interface Tariff {
  readonly plan: Plan;
  /** By class: index into `rules`, or -1 for free use (incoming calls without a rate). */
  readonly ruleOf: Int16Array;
  readonly rules: readonly Rule[];
  readonly rows: readonly ChargedRow[];
  /** Base units in the plan, by pool. */
  readonly included: readonly [voice: number, data: number, sms: number];
  /** Whether bills from a month's totals are those from its calls. */
  readonly isExactFromTotals: boolean;
}

export function tariffOf(plan: Plan, classes: UsageClasses): Tariff {
  const rows: ChargedRow[] = [];
  const rowOf = new Map<string, number>();
  const numberOf = (key: string, row: ChargedRow): number => {
    if (!rowOf.has(key)) rowOf.set(key, rows.push(row) - 1);
    return rowOf.get(key)!;
  };
  const rules: Rule[] = [];
  const indexOf = new Map<string, number>();
  const ruleOf = new Int16Array(classes.count).fill(-1);
  for (let usageClass = 0; usageClass < classes.count; usageClass += 1) {
    const { type, direction, network, segmentStart } = partsOfClass(classes, usageClass);
    const rates = ratesFor(plan, type, direction, network, segmentStart);
    if (direction === 'in' && rates.length === 0) continue;
    const key = JSON.stringify([type, direction, rates.map(rateKey)]);
    if (!indexOf.has(key)) {
      indexOf.set(key, rules.length);
      rules.push(ruleFor(type, direction, rates, numberOf));
    }
    ruleOf[usageClass] = indexOf.get(key)!;
  }
  return {
    plan,
    ruleOf,
    rules,
    rows,
    included: [Math.round(plan.voiceMinutes * 60), Math.round(plan.dataMb * BASE_PER_MB), Math.round(plan.smsCount)],
    isExactFromTotals: totalsObstacle(plan) === undefined,
  };
}

function baseOf({ item }: Rate, amount: number): number {
  return Math.round(item === 'data' ? amount * BASE_PER_MB : amount);
}

/** The rates that hold for a class, by their first unit: those of the most specific item, network and band. */
function ratesFor(plan: Plan, type: UsageType, direction: 'in' | 'out', network: string, segmentStart: number): Rate[] {
  const holding = plan.rates.filter(
    (rate) =>
      rate.direction === direction &&
      (rate.peerNetwork === undefined || rate.peerNetwork === network) &&
      holdsInSegment(rate.band, segmentStart),
  );
  const item = ITEMS_OF[type].find((each) => holding.some((rate) => rate.item === each));
  const ofItem = holding.filter((rate) => rate.item === item);
  const best = Math.max(...ofItem.map(specificity));
  const mostSpecific = ofItem.filter((rate) => specificity(rate) === best);
  // Without a step from the first unit, the less specific row holds until the first step.
  const plain = mostSpecific.some(({ fromUnit }) => fromUnit === 0)
    ? []
    : ofItem.filter((rate) => rate.fromUnit === 0).sort((left, right) => specificity(right) - specificity(left));
  return [...plain.slice(0, 1), ...mostSpecific].sort((left, right) => left.fromUnit - right.fromUnit);
}

/** Network and band take precedence over either alone, the network over the band. */
function specificity({ peerNetwork, band }: Rate): number {
  return (peerNetwork === undefined ? 0 : 2) + (band === undefined ? 0 : 1);
}

function ruleFor(
  type: UsageType,
  direction: 'in' | 'out',
  rates: readonly Rate[],
  numberOf: (key: string, row: ChargedRow) => number,
): Rule {
  const component = RATE_ITEMS.indexOf(ITEMS_OF[type][0]!);
  const capMinor = POOL_OF[type] === 0 ? rates[0]?.callCapMinor : undefined;
  return {
    component,
    pool: POOL_OF[type],
    isCovered: direction === 'out' && COVERED.has(type),
    steps: rates.map((rate) => ({
      row: numberOf(`${component} ${rateKey(rate)}`, rowOf(rate, component)),
      start: baseOf(rate, rate.fromUnit * rate.unit),
      unit: baseOf(rate, rate.unit),
      isCeil: rate.isCeil,
    })),
    isPerCall: POOL_OF[type] === 0,
    capMinor: capMinor ?? Infinity,
    capRow: capMinor === undefined ? -1 : numberOf(`${component} cap ${capMinor}`, callsAt(component, capMinor)),
  };
}

/** Key of a rate within a plan. */
function rateKey({ item, direction, peerNetwork, band, fromUnit }: Rate): string {
  return JSON.stringify([item, direction, peerNetwork, band, fromUnit]);
}

function rowOf(rate: Rate, component: number): ChargedRow {
  const free = baseOf(rate, rate.freeUnits * rate.unit);
  return { component, rateMicro: rate.rateMicro, unit: baseOf(rate, rate.unit), free };
}

/** Calls that cost as much as a call can. */
function callsAt(component: number, capMinor: number): ChargedRow {
  return { component, rateMicro: capMinor * MICRO_PER_CENT, unit: 1, free: 0 };
}

/** What a plan's rates depend on that monthly totals lack. */
type TotalsObstacle = 'incoming' | 'network' | 'time_band' | 'steps' | 'call_cap' | 'rounding' | 'rates_differ';

/**
 * Monthly totals have no time, network or order of calls. They suffice where that makes no difference: one plain rate an
 * item, begun minutes, no limit a call, and one rate for all calls that share the minutes of the plan.
 * @returns undefined if they suffice
 */
export function totalsObstacle({ rates, voiceMinutes }: Plan): TotalsObstacle | undefined {
  const has = (test: (rate: Rate) => boolean): boolean => rates.some(test);
  if (has(({ direction }) => direction !== 'out')) return 'incoming';
  if (has(({ peerNetwork }) => peerNetwork !== undefined)) return 'network';
  if (has(({ band }) => band !== undefined)) return 'time_band';
  if (has(({ fromUnit }) => fromUnit !== 0)) return 'steps';
  if (has(({ callCapMinor }) => callCapMinor !== undefined)) return 'call_cap';
  const isPlain = ({ item, isCeil, unit }: Rate): boolean =>
    item === 'data' ? !isCeil : isCeil && unit === (item === 'sms' ? 1 : 60);
  if (!rates.every(isPlain)) return 'rounding';
  const sharing = rates.filter(({ item }) => item === 'local' || item === 'long_distance');
  const isOneRate = new Set(sharing.map(({ rateMicro }) => rateMicro)).size <= 1;
  const isShared = isOneRate && sharing.every(({ freeUnits }) => freeUnits === 0);
  return voiceMinutes === 0 || isShared ? undefined : 'rates_differ';
}
