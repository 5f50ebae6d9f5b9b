import type { Manifest } from './manifest.js';

/** What an extract may state of its order and its times; feature-store has a parameter for each. */
export interface PlausibleLimits {
  /** Most by which a sequence may exceed that of the extract before. */
  sequenceGapMax: number;
  /** Highest sequence of a first extract: a date such as 20261001 is below it. */
  sequenceFirstMax: number;
  /** First month of rows; events and the times at which rows were recorded are not earlier either. */
  firstMonth: string;
  /** Months after that of `extractedAt` that rows may be about. */
  monthsAheadMax: number;
  /** Days after `extractedAt` at which events, such as planned ones, and records may be. */
  daysAheadMax: number;
}

/** Defaults. No billing system has rows of the years before 1980. */
export const PLAUSIBLE: PlausibleLimits = {
  sequenceGapMax: 10_000,
  sequenceFirstMax: 99_999_999,
  firstMonth: '1980-01',
  monthsAheadMax: 1,
  daysAheadMax: 366,
};

/** A field of a manifest whose time is outside the plausible ones. */
export interface ImplausibleTime {
  field: 'from' | 'to' | 'extractedAt';
  value: string;
  first: string;
  last: string;
}

/** The first implausible time of a manifest. */
export function implausibleTime(
  { from, to, extractedAt }: Pick<Manifest, 'from' | 'to' | 'extractedAt'>,
  { firstMonth, monthsAheadMax }: PlausibleLimits,
): ImplausibleTime | undefined {
  const written = new Date(extractedAt).toISOString();
  if (written < firstMonth) return { field: 'extractedAt', value: extractedAt, first: firstMonth, last: '' };
  const last = monthAfter(new Date(written), monthsAheadMax);
  const months = [
    { field: 'from', value: from },
    { field: 'to', value: to },
  ] as const;
  const found = months.find(({ value }) => value < firstMonth || value > last);
  return found === undefined ? undefined : { ...found, first: firstMonth, last };
}

function monthAfter(moment: Date, months: number): string {
  return new Date(Date.UTC(moment.getUTCFullYear(), moment.getUTCMonth() + months, 1)).toISOString().slice(0, 7);
}

/** The sequences that an extract may have. @param newest of the visible extracts; 0 for none */
export function plausibleSequences(newest: number, limits: PlausibleLimits): { next: number; max: number } {
  return { next: newest + 1, max: newest === 0 ? limits.sequenceFirstMax : newest + limits.sequenceGapMax };
}

/** The times of events and records: from `first` to before `after`, ISO 8601 in UTC. */
export function plausibleMoments(
  { extractedAt }: Pick<Manifest, 'extractedAt'>,
  { firstMonth, daysAheadMax }: PlausibleLimits,
): { first: string; after: string } {
  const after = new Date(Date.parse(extractedAt) + daysAheadMax * 86_400_000).toISOString();
  return { first: `${firstMonth}-01T00:00:00.000Z`, after };
}
