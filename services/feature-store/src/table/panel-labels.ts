import { monthNumber, monthText } from '@holdfast/platform/calendar';
import { notice, type Notice } from '../notices.js';
import { labelMonths, type Mapping } from './mapping.js';
import { STORED_COLUMNS, type TypedRows } from './type-rows.js';

/** Longest default number of months without a row that count as churn. */
const ABSENT_MONTHS_MAX = 3;
/** Of absences that count as churn, the largest share that may have ended with a return. */
const RETURNED_SHARE_MAX = 0.1;
/** A month with so many expected churners has none by chance once in 150 times. */
const EXPECTED_CHURNERS_MIN = 5;
const MONTHS_NAMED_MAX = 6;

export interface PanelLabels {
  accepted: TypedRows;
  /** Months from a row's month to the end of which its label is known; 0 without labels by month. */
  leadMonths: number;
  notices: Notice[];
}

/**
 * Sets the labels of a table with a row per subscription and month: whether the subscription churned in the months from
 * gap + 1 to lead after the row's month. Rows after churn get `had_left` and no label; rows whose outcome cannot be known yet
 * have no label. A single month is a snapshot and unchanged. A fixed number of passes for any number of months.
 * @param lastMonthOf for each month the last one of the file of its rows: a label column has nothing of later months; by
 *   default the table's last month
 */
export async function labelPanel(
  accepted: TypedRows,
  mapping: Mapping,
  months: readonly string[],
  lastMonthOf?: ReadonlyMap<string, string>,
): Promise<PanelLabels> {
  if (months.length < 2) return { accepted, leadMonths: 0, notices: [] };
  const { lead, gap } = labelMonths(mapping);
  const numbers = months.map(monthNumber);
  if (mapping.disappearance !== undefined)
    return labelByDisappearance(accepted, numbers, { lead, gap, absentMonths: mapping.disappearance.absentMonths });
  if (mapping.label === undefined) return { accepted, leadMonths: 0, notices: [] };
  const notices = [
    ...(await markAfterChurn(accepted, numbers, lead)),
    ...(await clearUnknownLabels(
      accepted,
      numbers,
      lead,
      months.map((month) => lastMonthOf?.get(month) ?? months.at(-1)!),
    )),
  ];
  return { accepted, leadMonths: lead, notices };
}

/**
 * A subscription churned in the month after its last row if its rows are missing in so many consecutive months of the table
 * that returns are rare; a shorter absence is a gap in the data. Only months whose absences can be decided by the table's end
 * are labelled: churn is known earlier than its opposite, and months with churners only would give a wrong rate.
 */
async function labelByDisappearance(
  accepted: TypedRows,
  numbers: readonly number[],
  { lead, gap, absentMonths }: { lead: number; gap: number; absentMonths: number | undefined },
): Promise<PanelLabels> {
  const lastCode = numbers.length - 1;
  const { engine } = accepted;
  const absences = await countAbsences(accepted, lastCode);
  const absent = absentMonths ?? chooseAbsentMonths(absences, numbers.length);
  const knownUntil = numbers[lastCode - (absent - 1)] ?? 0;
  const observable = numbers.filter((number) => number + lead <= knownUntil && numbers.includes(number + lead));
  const number = numberIn(numbers);
  const sql = `with spans as (
      select *, ${number} as number, coalesce(lead(month) over (partition by subscription_id order by month),
        ${lastCode + 1}) - month > ${absent} as leaves
      from ${accepted.name}
    ), outcomes as (
      select *, min(case when leaves then number end) over (partition by subscription_id order by month
        rows between current row and unbounded following) as last_number from spans
    )
    select * exclude (number, leaves, last_number) replace ((case
        when number not in (${[-1, ...observable].join(', ')}) or last_number + 1 <= number + ${gap} then null
        when last_number + 1 <= number + ${lead} then 1 else 0 end)::double as label)
    from outcomes order by shard, subscription_id, month`;
  const labelled: TypedRows = await engine.tableOf('labelled', ['row_no', ...STORED_COLUMNS], sql);
  await engine.drop(accepted);
  const returned = absences.filter(({ months, hasReturned }) => hasReturned && months < absent);
  const figures = {
    left: await labelled.count('label = 1'),
    absentMonths: absent,
    returned: returned.reduce((sum, { count }) => sum + count, 0),
  };
  return {
    accepted: labelled,
    leadMonths: lead + absent - 1,
    notices: [notice('label.byDisappearance', '', figures), ...skipped(numbers)],
  };
}

interface Absence {
  /** Consecutive months of the table without a row. */
  months: number;
  hasReturned: boolean;
  count: number;
}

async function countAbsences(accepted: TypedRows, lastCode: number): Promise<Absence[]> {
  const sql = `with spans as (
      select month, lead(month) over (partition by subscription_id order by month) as next from ${accepted.name}
    )
    select (coalesce(next - 1, ${lastCode}) - month)::integer as months, next is not null as "hasReturned",
      count(*)::integer as count
    from spans where coalesce(next - 1, ${lastCode}) > month group by all`;
  return accepted.engine.rows<Absence>(sql);
}

/** The fewest months of absence from which returns are rare. @param months of the table */
function chooseAbsentMonths(absences: readonly Absence[], months: number): number {
  const countOf = (list: readonly Absence[]): number => list.reduce((sum, { count }) => sum + count, 0);
  const most = Math.max(1, Math.min(ABSENT_MONTHS_MAX, months - 3));
  for (let absent = 1; absent < most; absent += 1) {
    const long = absences.filter((absence) => absence.months >= absent);
    if (countOf(long.filter(({ hasReturned }) => hasReturned)) <= RETURNED_SHARE_MAX * countOf(long)) return absent;
  }
  return most;
}

/**
 * Operators keep rows after churn, with the label repeated or blank. From `lead` months after a row with a positive label on,
 * the subscription has churned, until a negative label (it returned). Only the few subscriptions with rows after a positive
 * one are read.
 */
async function markAfterChurn(accepted: TypedRows, numbers: readonly number[], lead: number): Promise<Notice[]> {
  const { engine } = accepted;
  const sql = `with suspects as (
     select subscription_id from ${accepted.name} group by 1 having max(month) > min(case when label = 1 then month end)
   ), spells as (
     select subscription_id, month, ${numberIn(numbers)} as number, label, count(case when label = 0 then 1 end) over (
       partition by subscription_id order by month rows unbounded preceding) as spell
     from ${accepted.name} semi join suspects using (subscription_id)
   ), churning as (
     select *, min(case when label = 1 then number end) over (partition by subscription_id, spell) as first_number
     from spells
   )
   select subscription_id, month from churning where first_number + ${lead} <= number`;
  const afterChurn = await engine.tableOf('after_churn', ['subscription_id', 'month'], sql);
  const rows = await afterChurn.count();
  if (rows > 0) {
    const sql = `update ${accepted.name} set had_left = true, label = null from ${afterChurn.name} gone
      where ${accepted.name}.subscription_id = gone.subscription_id and ${accepted.name}.month = gone.month`;
    await engine.run(sql);
  }
  await engine.drop(afterChurn);
  return rows === 0 ? [] : [notice('label.afterLeaving', '', { rows })];
}

/**
 * Exports often write a negative label before the outcome is known. A month among the last `lead` months of its file without a
 * churner is taken as unknown if several are expected.
 * @param lastMonths by code: the last month of the file of a month's rows
 */
async function clearUnknownLabels(
  accepted: TypedRows,
  numbers: readonly number[],
  lead: number,
  lastMonths: readonly string[],
): Promise<Notice[]> {
  const counts = await accepted.engine.rows<{ month: number; labelled: bigint; positives: number | null }>(
    `select month, count(label) as labelled, sum(label) as positives from ${accepted.name} group by month order by month desc`,
  );
  const unknown: typeof counts = [];
  const known: typeof counts = [];
  // Before a month with churners all months of its file are known.
  const decided = new Set<string>();
  for (const count of counts) {
    const { month, positives } = count;
    const last = lastMonths[month]!;
    const isUnknown = !decided.has(last) && numbers[month]! + lead > monthNumber(last) && (positives ?? 0) === 0;
    if (!isUnknown) decided.add(last);
    (isUnknown ? unknown : known).push(count);
  }
  const sum = (list: typeof counts, of: 'labelled' | 'positives'): number =>
    list.reduce((total, count) => total + Number(count[of] ?? 0), 0);
  const rate = sum(known, 'positives') / sum(known, 'labelled');
  const cleared = unknown.filter(({ labelled }) => Number(labelled) * rate >= EXPECTED_CHURNERS_MIN);
  if (cleared.length === 0) return [];
  const codes = cleared.map(({ month }) => month);
  await accepted.engine.run(`update ${accepted.name} set label = null where month in (${codes.join(', ')})`);
  const months = named(codes.map((code) => numbers[code]!));
  return [notice('label.notYetKnown', '', { months, expected: Math.round(sum(cleared, 'labelled') * rate) })];
}

/** Months between the first and the last without a row. */
function skipped(numbers: readonly number[]): Notice[] {
  const all = Array.from({ length: numbers.at(-1)! - numbers[0]! }, (_, at) => numbers[0]! + at);
  const missing = all.filter((number) => !numbers.includes(number));
  return missing.length === 0 ? [] : [notice('label.monthsSkipped', '', { months: named(missing) })];
}

function named(numbers: readonly number[]): string {
  const texts = [...numbers].sort((left, right) => left - right).map(monthText);
  return texts.length <= MONTHS_NAMED_MAX ? texts.join(', ') : `${texts.slice(0, MONTHS_NAMED_MAX).join(', ')}, …`;
}

/** SQL of the number of a row's month, by its code. */
function numberIn(numbers: readonly number[]): string {
  return `[${numbers.join(', ')}][month + 1]`;
}
