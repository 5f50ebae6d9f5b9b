import { isInBand, type TimeBand } from '../catalogue/time-band.js';
import type { Plan, RateItem } from '../catalogue/plan.js';

/** Kinds of use that a bill distinguishes. Abroad nothing is covered by a plan. */
export const USAGE_TYPES = ['local', 'long_distance', 'roaming', 'roaming_intl', 'data', 'data_intl', 'sms'] as const;
export type UsageType = (typeof USAGE_TYPES)[number];

/** Items of the bill whose rates hold, the more specific first. */
export const ITEMS_OF: Readonly<Record<UsageType, readonly RateItem[]>> = {
  local: ['local'],
  long_distance: ['long_distance', 'local'],
  roaming: ['roaming', 'long_distance', 'local'],
  roaming_intl: ['roaming'],
  data: ['data'],
  data_intl: ['data'],
  sms: ['sms'],
};

/**
 * The classes of use that some plan of a catalogue bills differently. Calls are compacted to (class, amount) once, and
 * every plan is priced over that.
 */
export interface UsageClasses {
  readonly count: number;
  /** Networks that some rate names; index 0 stands for all others. */
  readonly networks: readonly string[];
  /** Parts of the day, by their first minute, ascending from 0; within one, no band of any rate begins or ends. */
  readonly segmentStarts: readonly number[];
  /** Whether some plan bills calls or messages that come in. */
  readonly hasIncoming: boolean;
}

const DIRECTIONS = 2;

export function usageClassesOf(plans: readonly Plan[]): UsageClasses {
  const rates = plans.flatMap((plan) => plan.rates);
  const named = rates.flatMap(({ peerNetwork }) => (peerNetwork === undefined ? [] : [peerNetwork]));
  const networks = ['', ...[...new Set(named)].sort()];
  const ends = rates.flatMap(({ band }) => (band === undefined ? [] : [band.fromMinute, band.toMinute]));
  const segmentStarts = [...new Set([0, ...ends])].sort((left, right) => left - right);
  return {
    count: USAGE_TYPES.length * DIRECTIONS * networks.length * segmentStarts.length,
    networks,
    segmentStarts,
    hasIncoming: rates.some(({ direction }) => direction === 'in'),
  };
}

export function classOf(
  { networks, segmentStarts }: UsageClasses,
  type: number,
  isIncoming: boolean,
  network: number,
  segment: number,
): number {
  return ((type * DIRECTIONS + (isIncoming ? 1 : 0)) * networks.length + network) * segmentStarts.length + segment;
}

/** What a class stands for; the inverse of `classOf`. */
export function partsOfClass({ networks, segmentStarts }: UsageClasses, usageClass: number) {
  const segment = usageClass % segmentStarts.length;
  const withoutSegment = Math.floor(usageClass / segmentStarts.length);
  const withoutNetwork = Math.floor(withoutSegment / networks.length);
  return {
    type: USAGE_TYPES[Math.floor(withoutNetwork / DIRECTIONS)]!,
    direction: withoutNetwork % DIRECTIONS === 1 ? ('in' as const) : ('out' as const),
    network: networks[withoutSegment % networks.length]!,
    segmentStart: segmentStarts[segment]!,
  };
}

/** Segment of each minute of the day. */
export function segmentOfMinute({ segmentStarts }: UsageClasses): Uint8Array {
  const segments = new Uint8Array(1440);
  segmentStarts.forEach((start, segment) => segments.fill(segment, start));
  return segments;
}

/** Whether a band holds in the segment that begins at a minute. */
export function holdsInSegment(band: TimeBand | undefined, segmentStart: number): boolean {
  return band === undefined || isInBand(band, segmentStart);
}
