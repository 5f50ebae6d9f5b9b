import type { Relation } from '../engine/engine.js';
import { notice, type Notice } from '../notices.js';
import { isFeature, type CheckedColumn, type HeaderColumn } from './column.js';

/** From this share of variance between months on, a column describes the month rather than subscribers. */
const BETWEEN_SHARE_MIN = 0.98;
/** From this rank correlation of its monthly means with the months on, a column only rises or only falls. */
const MONOTONE_MIN = 0.95;
/** Of two months every column may differ. */
const MONTHS_MIN = 3;
/** Columns of one statement. */
const COLUMNS_PER_PASS = 100;

type MonthlyRows = Relation<'month' | 'had_left'>;

/**
 * Excludes columns that are (nearly) a function of the month and only rise or fall: a price index, the date of the export.
 * They do not distinguish the subscribers of a month, and the scored month is beyond all values that a model was trained
 * on. A periodic column, such as the season, is a feature. Ignores rows after churn.
 */
export async function excludeCalendars(
  rows: MonthlyRows,
  header: readonly HeaderColumn[],
  columns: readonly CheckedColumn[],
  months: number,
): Promise<Notice[]> {
  if (months < MONTHS_MIN) return [];
  const features = columns.filter((column) => column.role === 'feature' && isFeature(column) && column.isStored);
  const isCategory = ({ type }: CheckedColumn): boolean => type === 'category';
  const numbers = features.filter((column) => !isCategory(column));
  const shares = await numberShares(rows, numbers);
  for (const column of features.filter(isCategory)) shares.set(column, await categoryShare(rows, column));
  const notices: Notice[] = [];
  for (const [column, share] of shares) {
    if (share < BETWEEN_SHARE_MIN) continue;
    if (!header[column.place]!.isKept) column.excluded = 'calendar';
    notices.push(notice('column.calendar', column.name, { percent: Math.floor(100 * share) }));
  }
  return notices;
}

/** Between-month shares of the variance of numbers; 0 for a column that neither only rises nor only falls. */
async function numberShares(rows: MonthlyRows, columns: readonly CheckedColumn[]): Promise<Map<CheckedColumn, number>> {
  const shares = new Map<CheckedColumn, number>();
  for (let at = 0; at < columns.length; at += COLUMNS_PER_PASS) {
    const pass = columns.slice(at, at + COLUMNS_PER_PASS);
    const sums = pass.map(
      ({ place }) => `count(f${place}) as n${place}, avg(f${place}) as m${place}, var_pop(f${place}) as v${place}`,
    );
    const sql = `select month, ${sums.join(', ')} from ${rows.name} where not had_left group by month order by month`;
    const monthly = await rows.engine.rows<Record<string, bigint | number | null>>(sql);
    for (const column of pass) {
      const { place } = column;
      const groups = monthly
        .map((row) => ['n', 'm', 'v'].map((name) => Number(row[`${name}${place}`])) as [number, number, number])
        .flatMap(([n, mean, variance]): MonthOfColumn[] => (n === 0 ? [] : [{ n, mean, variance }]));
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

/** Spearman's rank correlation of the monthly means with the months; equal means share their rank. */
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

/** Share of the rows with the most frequent value of their month, if no other month has that value. */
async function categoryShare(rows: MonthlyRows, { place }: CheckedColumn): Promise<number> {
  const { share } = await rows.engine.row<{ share: number | null }>(
    `with cells as (select month, f${place} as value, count(*) as n from ${rows.name} where not had_left group by all),
       own as (select month, value, n from cells qualify count(*) over (partition by value) = 1 and value is not null)
     select (select sum(most) from (select max(n) as most from own group by month)) / sum(n) as share from cells`,
  );
  return share ?? 0;
}
