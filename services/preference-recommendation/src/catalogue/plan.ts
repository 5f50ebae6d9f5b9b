import type { TimeBand } from './time-band.js';

/** What a rate is for, as in the contract's table `plan_rates`. */
export const RATE_ITEMS = ['local', 'long_distance', 'roaming', 'data', 'sms'] as const;
export type RateItem = (typeof RATE_ITEMS)[number];

export function isRateItem(text: string): text is RateItem {
  return RATE_ITEMS.some((item) => item === text);
}

/** What a unit beyond the plan costs. */
export interface Rate {
  readonly item: RateItem;
  readonly direction: 'in' | 'out';
  /** Only for this network of the other side; undefined for every one. */
  readonly peerNetwork: string | undefined;
  /** Only for what begins in this part of the day; undefined for the whole day. */
  readonly band: TimeBand | undefined;
  /** Unit from which on this rate holds, 0 for the first. */
  readonly fromUnit: number;
  /** Millionths of the currency (not of the cent) a unit, so that a rate is a whole number. */
  readonly rateMicro: number;
  /** Seconds of a call, MB of data, messages. */
  readonly unit: number;
  /** Whether a begun unit counts as a whole one. */
  readonly isCeil: boolean;
  /** Most that one call costs beyond the plan, minor units; undefined for no limit. */
  readonly callCapMinor: number | undefined;
  /** Units a month that are free beyond those in the plan. */
  readonly freeUnits: number;
}

/** A plan with its rates as they were known at one moment and hold on one day. */
export interface Plan {
  readonly id: string;
  readonly name: string;
  readonly service: string;
  readonly kind: string;
  readonly tier: number | undefined;
  /** Minor units a month. */
  readonly feeMinor: number;
  /** Units in the plan; 0 where it has none. */
  readonly voiceMinutes: number;
  readonly dataMb: number;
  readonly smsCount: number;
  /** Least spend a month, minor units; 0 for none. */
  readonly minSpendMinor: number;
  /** Months for which who takes it is bound; 0 for none. */
  readonly commitmentMonths: number;
  /** What leaving it within that time costs, minor units. */
  readonly exitFeeMinor: number;
  /** Customers that it is for; empty for all. */
  readonly eligibleSegment: string;
  /** First day of sale, days since 1970-01-01; undefined for ever. */
  readonly onSaleFromDay: number | undefined;
  /** Last day of sale, inclusive. */
  readonly onSaleToDay: number | undefined;
  readonly rates: readonly Rate[];
}

/** Whether the plan is on sale on a day (days since 1970-01-01). */
export function isOnSale(
  { onSaleFromDay, onSaleToDay }: Pick<Plan, 'onSaleFromDay' | 'onSaleToDay'>,
  day: number,
): boolean {
  return (onSaleFromDay ?? -Infinity) <= day && day <= (onSaleToDay ?? Infinity);
}
