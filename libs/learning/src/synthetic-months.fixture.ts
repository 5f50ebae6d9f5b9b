import { RandomStream } from './random.js';

/** A row of a subscriber and month, as an operator's monthly table has it. */
export interface SyntheticMonth {
  readonly id: string;
  /** From 0. */
  readonly month: number;
  readonly fee: number;
  readonly tenure: number;
  /** 1 in a month with a complaint: the only cause. */
  readonly complaints: number;
  /** The same for all with a little noise, increasing. */
  readonly priceIndex: number;
  /** Whether the subscriber churns in the next month; there are no later rows. */
  readonly leaves: boolean;
}

export interface SyntheticMonthsOptions {
  readonly subscribers: number;
  readonly months: number;
  readonly seed: number;
  /** Factor on the churn probability per month; default 1. */
  readonly seasonOf?: (month: number) => number;
}

/**
 * Subscribers with 2 % churn per month, three times as likely or more after a complaint. All are otherwise
 * alike: fee and tenure have no effect. 40 % join after the first month.
 */
export function syntheticMonths(options: SyntheticMonthsOptions): SyntheticMonth[] {
  const { subscribers, months, seed, seasonOf = () => 1 } = options;
  const random = new RandomStream(seed, 0x9a7e);
  const rows: SyntheticMonth[] = [];
  for (let subscriber = 0; subscriber < subscribers; subscriber += 1) {
    const first = random.next() < 0.6 ? 0 : random.below(months);
    const tenureAtStart = 1 + random.below(60);
    const fee = Math.round(3_000 + 12_000 * random.next()) / 100;
    for (let month = first; month < months; month += 1) {
      const complaints = random.next() < 0.15 ? 1 : 0;
      const leaves = random.next() < (0.012 + 0.053 * complaints) * seasonOf(month);
      const noise = random.next() + random.next() + random.next() - 1.5;
      const priceIndex = Math.round(100 * (100 + 1.5 * month + 0.6 * noise)) / 100;
      const tenure = tenureAtStart + month - first;
      rows.push({ id: `S${String(subscriber).padStart(5, '0')}`, month, fee, tenure, complaints, priceIndex, leaves });
      if (leaves) break;
    }
  }
  return rows;
}

/**
 * The table as a file.
 * @param labelOf label of a row; the column is omitted without it
 */
export function syntheticMonthsCsv(rows: readonly SyntheticMonth[], labelOf?: (row: SyntheticMonth) => string): string {
  const lines = rows.map((row) => {
    const { id, month, fee, tenure, complaints, priceIndex } = row;
    const cells = [id, syntheticMonthName(month), fee, tenure, complaints, priceIndex];
    return [...cells, ...(labelOf === undefined ? [] : [labelOf(row)])].join(',');
  });
  const header = `id,month,fee,tenure,complaints,price_index${labelOf === undefined ? '' : ',churn'}`;
  return `${[header, ...lines].join('\n')}\n`;
}

/** `YYYY-MM`; the first is September 2024. */
export function syntheticMonthName(month: number): string {
  const number = 8 + month;
  return `${2024 + Math.floor(number / 12)}-${String((number % 12) + 1).padStart(2, '0')}`;
}
