import { probabilityOf } from './logistic.js';
import { RandomStream } from './random.js';
import { numberColumn, Table } from './table.js';

/** A synthetic table with a row for each subscription and month, whose causes are known; all of its rows. */
export interface SyntheticPanel {
  /** `overpaid` (fixed for a subscription), `complaints`, `contractEnded` (by month), `noise` (by month). */
  readonly table: Table;
  /** By row, from 0. */
  readonly months: Uint32Array;
  /** By row: number of the subscription, from 0. */
  readonly subscriptions: Uint32Array;
  /** By row: 1 left in month + lead, 0 did not, NaN not known or lost in the gap. */
  readonly labels: Float64Array;
  /** By row: 1 where the subscription left after the month and before month + lead. */
  readonly lostInGap: Uint8Array;
  /** By row: the true probability of the label. */
  readonly truth: Float64Array;
}

/** What happens in a month shows `lead` months later; who has left has no further rows. */
export function syntheticPanel(subscriptions: number, monthCount: number, lead: number, seed: number): SyntheticPanel {
  const random = new RandomStream(seed, 0x9a7e);
  const rows: Record<'month' | 'subscription' | 'label' | 'lost' | 'truth' | (typeof NAMES)[number], number>[] = [];
  for (let subscription = 0; subscription < subscriptions; subscription += 1) {
    const overpaid = random.next();
    const contractEnds = random.below(3 * monthCount);
    const lived = Array.from({ length: monthCount }, (_, month) => {
      const complaints = random.next() < 0.12 ? 1 + random.below(2) : 0;
      const contractEnded = month === contractEnds ? 1 : 0;
      const logit = -4 + (overpaid > 0.75 ? 1.8 : 0) + 1.2 * complaints + 2.6 * contractEnded;
      return { complaints, contractEnded, truth: probabilityOf(logit), noise: random.next() };
    });
    const decided = lived.findIndex(({ truth }) => random.next() < truth);
    const leftMonth = decided < 0 ? Infinity : decided + lead;
    lived.forEach((facts, month) => {
      if (month < leftMonth) {
        const isLost = leftMonth < month + lead;
        const isKnown = !isLost && month + lead < monthCount;
        const label = isKnown ? Number(leftMonth === month + lead) : Number.NaN;
        const lost = Number(isLost && leftMonth < monthCount);
        rows.push({ month, subscription, label, lost, overpaid, ...facts });
      }
    });
  }
  const columns = NAMES.map((name) =>
    numberColumn(
      name,
      rows.map((row) => row[name]),
    ),
  );
  return {
    table: new Table(columns),
    months: Uint32Array.from(rows, ({ month }) => month),
    subscriptions: Uint32Array.from(rows, ({ subscription }) => subscription),
    labels: Float64Array.from(rows, ({ label }) => label),
    lostInGap: Uint8Array.from(rows, ({ lost }) => lost),
    truth: Float64Array.from(rows, ({ truth }) => truth),
  };
}

const NAMES = ['overpaid', 'complaints', 'contractEnded', 'noise'] as const;
