import { maskOf, monthDaysOf } from '../evidence/month-days.js';
import {
  ALL_RULES,
  EVENING_DAYS,
  HOLIDAY_DAYS,
  SAME_CELL_DAYS,
  TOP_CELLS,
  ruleFigures,
  type RuleLimits,
  meetsTopCells,
  topCellOverlap,
  topCells,
  eveningDaysPerWeek,
  meetsEveningDays,
  holidayDays,
  meetsHolidayDays,
  meetsSameCellDays,
} from './rules.js';

/** June 2026 begins on a Monday and has 30 days: four whole weeks and two days. */
const june = monthDaysOf('2026-06');
/** September 2026 begins on a Tuesday: whole weeks from the 7th, 14th and 21st; 1–6 and 28–30 are parts of weeks. */
const september = monthDaysOf('2026-09');

/** Days of the month, from 1, as bits. */
function days(...of: number[]): number {
  return of.reduce((mask, day) => mask | (1 << (day - 1)), 0);
}

describe('rule 1, days in the same cell', () => {
  it.each([
    [days(1, 2, 3, 4), false],
    [days(1, 8, 15, 22, 29), true],
    [days(27, 28, 29, 30, 31), true],
    [0, false],
  ])('%#', (talked, meets) => {
    expect(meetsSameCellDays(talked, 5)).toBe(meets);
  });
});

describe('rule 2, holidays', () => {
  const holidays = days(1, 2, 3, 25);

  it.each([
    ['one holiday and many other days', days(1, 4, 5, 6, 7, 8), 1, false],
    ['two holidays', days(2, 25), 2, true],
    ['all of them', days(1, 2, 3, 25), 4, true],
    ['none', days(10, 11, 12), 0, false],
  ])('%s', (_, active, count, meets) => {
    expect(holidayDays(active, holidays)).toBe(count);
    expect(meetsHolidayDays(active, holidays, 2)).toBe(meets);
  });

  it('is met by no pair in a month with one holiday', () => {
    expect(meetsHolidayDays(-1, days(1), 2)).toBe(false);
  });

  it('counts holidays of the month alone', () => {
    const { firstDay } = september;
    expect(maskOf(september, [firstDay - 1, firstDay, firstDay + 29, firstDay + 30])).toBe(days(1, 30));
  });
});

describe('rule 3, evenings', () => {
  it('takes whole ISO weeks inside the month', () => {
    expect(september.weeks).toEqual(
      [7, 14, 21].map((monday) => days(...[0, 1, 2, 3, 4, 5, 6].map((on) => monday + on))),
    );
    expect(june.weeks).toHaveLength(4);
    expect(monthDaysOf('2027-02').weeks).toHaveLength(4); // Monday the 1st to Sunday the 28th
  });

  it.each([
    ['four evenings of a week', days(7, 8, 9, 10), false],
    ['five evenings of a week', days(7, 8, 9, 10, 13), true],
    ['five evenings over a Sunday', days(11, 12, 13, 14, 15), false],
    ['six evenings of a part of a week', days(1, 2, 3, 4, 5, 6), false],
    ['the last whole week', days(21, 22, 23, 24, 27), true],
  ])('any week: %s', (_, evenings, meets) => {
    expect(meetsEveningDays(evenings, september.weeks, 'any', 5)).toBe(meets);
  });

  it('takes every week or the mean, by the setting', () => {
    const [full, less] = [days(7, 8, 9, 10, 11, 14, 15, 16, 17, 18, 21, 22, 23, 24, 25), days(7, 8, 9, 10, 11, 12, 13)];
    expect(meetsEveningDays(full, september.weeks, 'every', 5)).toBe(true);
    expect(meetsEveningDays(less, september.weeks, 'every', 5)).toBe(false);
    expect(eveningDaysPerWeek(less, september.weeks, 'mean')).toBeCloseTo(7 / 3);
    expect(eveningDaysPerWeek(full, [], 'any')).toBe(0);
  });
});

describe('rule 4, most frequent cells', () => {
  it.each([
    ['none shared', 0, 10, 10, 0, false],
    ['one of ten', 1, 10, 10, 0.1, true],
    ['one, and one of them has four', 1, 10, 4, 0.25, true],
    ['one, and both have one', 1, 1, 1, 1, true],
    ['no calls at all', 0, 0, 10, 0, false],
  ])('%s', (_, shared, left, right, overlap, meets) => {
    expect(topCellOverlap(shared, left, right, 'shared/ten')).toBeCloseTo(overlap);
    expect(meetsTopCells(topCellOverlap(shared, left, right, 'shared/ten'), 0.1)).toBe(meets);
  });

  it('needs two of ten where all cells of both are the denominator', () => {
    expect(meetsTopCells(topCellOverlap(1, 10, 10, 'jaccard'), 0.1)).toBe(false);
    expect(meetsTopCells(topCellOverlap(2, 10, 10, 'jaccard'), 0.1)).toBe(true);
  });

  it('takes the cells with the most calls, of equal ones the lesser', () => {
    expect([...topCells(Int32Array.of(4, 7, 9, 2), Int32Array.of(1, 5, 1, 1), 2)]).toEqual([7, 2]);
  });
});

describe('all rules', () => {
  const limits: RuleLimits = {
    sameCellDaysMin: 5,
    holidayDaysMin: 2,
    eveningDaysMin: 5,
    eveningMode: 'any',
    topCells: 10,
    overlapMin: 0.1,
    overlapMode: 'shared/ten',
  };
  const week = days(7, 8, 9, 10, 11);
  const meeting = {
    talked: week,
    evening: week,
    active: week | days(25, 26),
    night: 0,
    sharedTop: 1,
    leftTop: 10,
    rightTop: 10,
  };

  it('keeps them apart', () => {
    const figures = ruleFigures(meeting, september, days(25, 26), limits);
    expect(figures).toMatchObject({
      rules: ALL_RULES,
      sharedDays: 5,
      holidayDays: 2,
      eveningDays: 5,
      cellOverlap: 0.1,
    });
    expect(ruleFigures({ ...meeting, talked: days(7, 8, 9, 10) }, september, days(25, 26), limits).rules).toBe(
      ALL_RULES - SAME_CELL_DAYS,
    );
    expect(ruleFigures(meeting, september, days(25), limits).rules).toBe(ALL_RULES - HOLIDAY_DAYS);
    expect(ruleFigures({ ...meeting, evening: 0 }, september, days(25, 26), limits).rules).toBe(
      ALL_RULES - EVENING_DAYS,
    );
    expect(ruleFigures({ ...meeting, sharedTop: 0 }, september, days(25, 26), limits).rules).toBe(
      ALL_RULES - TOP_CELLS,
    );
  });
});
