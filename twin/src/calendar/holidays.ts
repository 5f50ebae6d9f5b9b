import { dayText, parseDay, weekdayOf } from '@holdfast/platform/calendar';

interface Holiday {
  date: string;
  kind: 'holiday' | 'makeup_workday';
  name: string;
}

/**
 * Public holidays and the weekends worked for them: name, first and last day, days worked instead. Announced by the
 * State Council on 12 November 2024 for 2025 and on 4 November 2025 for 2026. For 2027 the days in the decree itself
 * (State Council, no. 795 of 10 November 2024), without adjacent weekends.
 */
const ANNOUNCED: readonly (readonly [name: string, from: string, to: string, ...worked: string[]])[] = [
  ['元旦', '2025-01-01', '2025-01-01'],
  ['春节', '2025-01-28', '2025-02-04', '2025-01-26', '2025-02-08'],
  ['清明节', '2025-04-04', '2025-04-06'],
  ['劳动节', '2025-05-01', '2025-05-05', '2025-04-27'],
  ['端午节', '2025-05-31', '2025-06-02'],
  ['国庆节、中秋节', '2025-10-01', '2025-10-08', '2025-09-28', '2025-10-11'],
  ['元旦', '2026-01-01', '2026-01-03', '2026-01-04'],
  ['春节', '2026-02-15', '2026-02-23', '2026-02-14', '2026-02-28'],
  ['清明节', '2026-04-04', '2026-04-06'],
  ['劳动节', '2026-05-01', '2026-05-05', '2026-05-09'],
  ['端午节', '2026-06-19', '2026-06-21'],
  ['中秋节', '2026-09-25', '2026-09-27'],
  ['国庆节', '2026-10-01', '2026-10-07', '2026-09-20', '2026-10-10'],
  ['元旦', '2027-01-01', '2027-01-01'],
  ['春节', '2027-02-05', '2027-02-08'],
  ['清明节', '2027-04-05', '2027-04-05'],
  ['劳动节', '2027-05-01', '2027-05-02'],
  ['端午节', '2027-06-09', '2027-06-09'],
  ['中秋节', '2027-09-15', '2027-09-15'],
  ['国庆节', '2027-10-01', '2027-10-03'],
];

/** First and last month with holidays in the list. */
export const HOLIDAY_MONTHS = { from: '2025-01', to: '2027-12' } as const;

const byDay = new Map<number, Holiday>(
  ANNOUNCED.flatMap(([name, from, to, ...worked]) => [
    ...daysBetween(from, to).map((day) => entry(day, 'holiday', name)),
    ...worked.map((date) => entry(parseDay(date)!, 'makeup_workday', name)),
  ]),
);

export function holidaysBetween(firstDay: number, afterLastDay: number): Holiday[] {
  return [...byDay]
    .filter(([day]) => day >= firstDay && day < afterLastDay)
    .sort(([left], [right]) => left - right)
    .map(([, holiday]) => holiday);
}

/** For a week of work from Monday to Friday. */
export type DayKind = 'workday' | 'weekend' | 'holiday';

export function dayKindOf(day: number): DayKind {
  const kind = byDay.get(day)?.kind;
  if (kind === 'holiday') return 'holiday';
  if (kind === 'makeup_workday') return 'workday';
  return weekdayOf(day) >= 5 ? 'weekend' : 'workday';
}

function entry(day: number, kind: Holiday['kind'], name: string): [number, Holiday] {
  return [day, { date: dayText(day), kind, name }];
}

function daysBetween(from: string, to: string): number[] {
  const first = parseDay(from)!;
  return Array.from({ length: parseDay(to)! - first + 1 }, (_, at) => first + at);
}
