import type { Engine } from '../engine/engine.js';
import { isFeature, type CheckedColumn } from './columns.js';
import type { Layout } from './layout.js';
import { notice, type Notice } from './notices.js';

/** From this share of its variance between months on, a column tells the month and hardly anything of subscribers. */
const BETWEEN_SHARE_MIN = 0.98;
/** Rank correlation of a column's monthly means with the months from which on it only rises, or only falls. */
const MONOTONE_MIN = 0.95;
/** Two months differ in anything. */
const MONTHS_MIN = 3;
/** Aggregates of one statement. */
const COLUMNS_PER_PASS = 100;

/**
 * Leaves out columns that are (nearly) a function of the month and only rise or fall: a price index, the date of the
 * export, the month by another name. They cannot tell apart the subscribers of a month, and the month that is scored
 * lies beyond all values that a model has seen. A column that repeats, such as the season, stays. Reads
 * `accepted`, without the rows after leaving, which may say anything.
 */
export async function leaveOutCalendars(
  engine: Engine,
  layout: Layout,
  columns: readonly CheckedColumn[],
  months: number,
): Promise<Notice[]> {
  if (months < MONTHS_MIN) return [];
  const features = columns.filter((column) => column.role === 'feature' && isFeature(column) && column.isStored);
  const shares = await numberShares(
    engine,
    features.filter(({ type }) => type !== 'category'),
  );
  for (const column of features.filter(({ type }) => type === 'category')) {
    shares.set(column, await categoryShare(engine, column));
  }
  const notices: Notice[] = [];
  for (const [column, share] of shares) {
    if (share < BETWEEN_SHARE_MIN) continue;
    if (!layout.columns[column.place]!.isKept) column.excluded = 'calendar';
    notices.push(notice('column.calendar', column.name, { percent: Math.floor(100 * share) }));
  }
  return notices;
}

/** Between-month shares of the variance of numbers; 0 of those that do not only rise or fall. */
async function numberShares(engine: Engine, columns: readonly CheckedColumn[]): Promise<Map<CheckedColumn, number>> {
  const shares = new Map<CheckedColumn, number>();
  for (let at = 0; at < columns.length; at += COLUMNS_PER_PASS) {
    const pass = columns.slice(at, at + COLUMNS_PER_PASS);
    const sums = pass.map(
      ({ place }) => `count(f${place}) as n${place}, avg(f${place}) as m${place}, var_pop(f${place}) as v${place}`,
    );
    const rows = await engine.rows<Record<string, bigint | number | null>>(
      `select month, ${sums.join(', ')} from accepted where not had_left group by month order by month`,
    );
    for (const column of pass) {
      const { place } = column;
      const groups = rows
        .map((row) => ({
          n: Number(row[`n${place}`]),
          mean: Number(row[`m${place}`]),
          variance: Number(row[`v${place}`]),
        }))
        .filter(({ n }) => n > 0);
      shares.set(column, Math.abs(rankCorrelation(groups)) >= MONOTONE_MIN ? betweenShare(groups) : 0);
    }
  }
  return shares;
}

interface MonthOfColumn {
  n: number;
  mean: number;
  variance: number;
}

function betweenShare(groups: readonly MonthOfColumn[]): number {
  const rows = groups.reduce((sum, { n }) => sum + n, 0);
  const mean = groups.reduce((sum, group) => sum + group.n * group.mean, 0) / rows;
  const between = groups.reduce((sum, group) => sum + group.n * (group.mean - mean) ** 2, 0);
  const within = groups.reduce((sum, group) => sum + group.n * group.variance, 0);
  return between === 0 ? 0 : between / (between + within);
}

/** Spearman's, of monthly means with the order of the months; equal means share their rank. */
function rankCorrelation(groups: readonly MonthOfColumn[]): number {
  if (groups.length < MONTHS_MIN) return 0;
  const ranks = groups.map(({ mean }) => {
    const below = groups.filter((other) => other.mean < mean).length;
    return below + (groups.filter((other) => other.mean === mean).length - 1) / 2;
  });
  const middle = (groups.length - 1) / 2;
  let [both, ofRanks, ofMonths] = [0, 0, 0];
  ranks.forEach((rank, month) => {
    both += (rank - middle) * (month - middle);
    ofRanks += (rank - middle) ** 2;
    ofMonths += (month - middle) ** 2;
  });
  return ofRanks === 0 ? 0 : both / Math.sqrt(ofRanks * ofMonths);
}

/** Share of the rows with the commonest value of their month, where that value stands in no other month. */
async function categoryShare(engine: Engine, { place }: CheckedColumn): Promise<number> {
  const { share } = await engine.row<{ share: number | null }>(
    `with cells as (select month, f${place} as value, count(*) as n from accepted where not had_left group by all),
       own as (select month, value, n from cells qualify count(*) over (partition by value) = 1 and value is not null)
     select (select sum(most) from (select max(n) as most from own group by month)) / sum(n) as share from cells`,
  );
  return share ?? 0;
}
