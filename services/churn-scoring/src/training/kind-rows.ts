import type { Kind } from '../model/kind.js';
import type { Panel } from './panel.js';
import type { TrainingRows } from './training-rows.js';
import { sharedBytes } from './shared-memory.js';

/** The rows of a table whose label of one kind is known. Everything else of the table is shared by all kinds. */
export interface KindRows {
  /** Numbers of the rows. */
  readonly rows: Uint32Array;
  /** By row of the table: 1 left by the kind, 0 did not, or is not known. */
  readonly labels: Uint8Array;
  /** By row of the table: months after it in which it left by the kind, NaN where it did not; undefined without dates. */
  readonly leftAfter: Float64Array | undefined;
  /** By row of the table. */
  readonly panel: Panel | undefined;
}

export function kindRows({ labels, leftAfter, panel }: TrainingRows, kind: Kind): KindRows {
  const known = labels.get(kind)!;
  const ofKind = new Uint8Array(sharedBytes(known.length));
  known.forEach((label, row) => (ofKind[row] = label === 1 ? 1 : 0));
  return {
    rows: Uint32Array.from(known.keys()).filter((row) => !Number.isNaN(known[row]!)),
    labels: ofKind,
    leftAfter: leftAfter.get(kind),
    panel: panel && {
      months: panel.months,
      subscriptions: panel.subscriptions,
      lostInGapByMonth: panel.lostInGap[kind],
    },
  };
}

/** By row of the table: 1 where a campaign contacted the subscription; undefined if that is known of none of the rows. */
export function contactedOf({ contacted }: Pick<TrainingRows, 'contacted'>, rows: Uint32Array): Uint8Array | undefined {
  if (contacted === undefined || !rows.some((row) => contacted[row] === 1)) return undefined;
  const flags = new Uint8Array(sharedBytes(contacted.length));
  contacted.forEach((flag, row) => (flags[row] = flag === 1 ? 1 : 0));
  return flags;
}
