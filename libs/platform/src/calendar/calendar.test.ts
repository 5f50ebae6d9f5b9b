import fc from 'fast-check';
import {
  addDays,
  addMonths,
  checkedMonth,
  dateOfDay,
  dayText,
  daysInMonth,
  findCalendar,
  firstDayOf,
  isMonth,
  isTimeZone,
  lastDayOf,
  localCalendar,
  monthNumber,
  monthOfDay,
  monthRange,
  monthText,
  monthsBefore,
  parseDay,
  weekdayOf,
} from './calendar.js';

const month = fc.integer({ min: 1900 * 12, max: 2200 * 12 });

describe('months', () => {
  it('are their number and back', () => {
    expect(monthNumber('2026-01') - monthNumber('2025-12')).toBe(1);
    expect(monthNumber('2026-09-30')).toBe(monthNumber('2026-09'));
    fc.assert(fc.property(month, (number) => expect(monthNumber(monthText(number))).toBe(number)));
  });

  it.each([
    ['2026-09', true],
    ['2026-13', false],
    ['2026-00', false],
    ['2026-9', false],
    ['2026-09-01', false],
    ['', false],
  ])('%j is a month: %j', (text, expected) => {
    expect(isMonth(text)).toBe(expected);
  });

  it('are checked', () => {
    expect(checkedMonth('2026-09')).toBe('2026-09');
    expect(() => checkedMonth('2026-13')).toThrow('"2026-13" is not a month. A month is written as YYYY-MM.');
  });

  it.each([
    ['2026-01', -1, '2025-12'],
    ['2026-01', -2, '2025-11'],
    ['2026-12', 1, '2027-01'],
    ['2025-11', 3, '2026-02'],
    ['2026-09', 0, '2026-09'],
  ])('%s plus %i is %s', (from, months, expected) => {
    expect(addMonths(from, months)).toBe(expected);
  });

  it('form ranges with both ends', () => {
    expect(monthRange('2025-11', '2026-02')).toEqual(['2025-11', '2025-12', '2026-01', '2026-02']);
    expect(monthRange('2026-02', '2026-02')).toEqual(['2026-02']);
    expect(monthRange('2026-02', '2026-01')).toEqual([]);
  });

  it('have a first and a last day', () => {
    const days = ['2026-02', '2024-02', '2026-12'].map((text) => [firstDayOf(text), lastDayOf(text)].map(dayText));
    expect(days).toEqual([
      ['2026-02-01', '2026-02-28'],
      ['2024-02-01', '2024-02-29'],
      ['2026-12-01', '2026-12-31'],
    ]);
    fc.assert(
      fc.property(month, (number) => {
        expect(lastDayOf(number) + 1).toBe(firstDayOf(number + 1));
        expect(daysInMonth(number)).toBe(
          new Date(Date.UTC(Math.floor(number / 12), (number % 12) + 1, 0)).getUTCDate(),
        );
        expect([firstDayOf(number), lastDayOf(number)].map(monthOfDay)).toEqual([number, number]);
        expect(firstDayOf(monthText(number))).toBe(firstDayOf(number));
      }),
    );
  });

  it.each([
    ['2026-05-31T10:20:30.456Z', 3, '2026-02-28T10:20:30.456Z'],
    ['2026-05-15T00:00:00.000Z', 3, '2026-02-15T00:00:00.000Z'],
    ['2026-01-31T23:59:59.999Z', 2, '2025-11-30T23:59:59.999Z'],
    ['2024-03-31T00:00:00.000Z', 1, '2024-02-29T00:00:00.000Z'],
  ])('%s minus %i months is %s', (at, months, expected) => {
    expect(monthsBefore(new Date(at), months).toISOString()).toBe(expected);
  });
});

describe('days', () => {
  it.each([
    ['1970-01-01', 0],
    ['2026-02-28', 20_512],
    ['2026-02-29', undefined],
    ['2026-02-30', undefined],
    ['2026-13-01', undefined],
    ['2026-1-1', undefined],
    ['20260101', undefined],
    ['tomorrow', undefined],
    ['', undefined],
  ])('%j is day %j', (text, expected) => {
    expect(parseDay(text)).toBe(expected);
  });

  it('are their number and back', () => {
    fc.assert(
      fc.property(fc.integer({ min: -25_000, max: 80_000 }), (day) => {
        expect(parseDay(dayText(day))).toBe(day);
        expect(dateOfDay(day).toISOString()).toBe(`${dayText(day)}T00:00:00.000Z`);
      }),
    );
  });

  it('are counted over the ends of months and years', () => {
    expect(addDays('2026-12-31', 1)).toBe('2027-01-01');
    expect(addDays('2028-02-28', 1)).toBe('2028-02-29');
    expect(addDays('2026-03-01', -1)).toBe('2026-02-28');
  });

  it('have a weekday, 0 for Monday', () => {
    expect(['2026-11-30', '2026-12-06', '1969-12-31'].map((text) => weekdayOf(parseDay(text)!))).toEqual([0, 6, 2]);
  });
});

describe('time zones', () => {
  it.each([
    ['Asia/Shanghai', true],
    ['UTC', true],
    ['Asia/Shenyang', false],
    ['Asia/', false],
    ['', false],
  ])('%j is a time zone: %j', (name, expected) => {
    expect(isTimeZone(name)).toBe(expected);
    expect(findCalendar(name) !== undefined).toBe(expected);
  });

  it.each([
    ['2026-09-30T15:59:59.999Z', 'Asia/Shanghai', '2026-09-30', 1439],
    ['2026-09-30T16:00:00Z', 'Asia/Shanghai', '2026-10-01', 0],
    ['2026-12-31T23:30:00Z', 'Europe/Berlin', '2027-01-01', 30],
    ['2026-03-29T00:59:00Z', 'Europe/Berlin', '2026-03-29', 119],
    ['2026-03-29T01:00:00Z', 'Europe/Berlin', '2026-03-29', 180],
    ['2026-03-01T04:59:00Z', 'America/New_York', '2026-02-28', 1439],
    ['2026-01-01T00:00:00Z', 'Asia/Kolkata', '2026-01-01', 330],
    ['1969-12-31T23:59:00Z', 'UTC', '1969-12-31', 1439],
    // Clocks change a minute after midnight, within an hour of UTC.
    ['2006-10-29T02:30:59Z', 'America/St_Johns', '2006-10-29', 0],
    ['2006-10-29T02:31:00Z', 'America/St_Johns', '2006-10-28', 1381],
  ])('at %s the clocks of %s show %s and minute %i', (text, zone, day, minute) => {
    const [calendar, at] = [localCalendar(zone), new Date(text)];
    expect(calendar.dayTextOf(at)).toBe(day);
    expect(calendar.monthOf(at)).toBe(day.slice(0, 7));
    expect(calendar.minuteOfDay(at)).toBe(minute);
    expect(calendar.minuteOfDay(at.getTime())).toBe(minute);
  });

  it.each([
    ['Asia/Shanghai', '2026-10-02', '2026-10-01T16:00:00.000Z'],
    ['Asia/Shanghai', '1988-07-01', '1988-06-30T15:00:00.000Z'], // China had summer time
    ['Asia/Kathmandu', '2026-01-01', '2025-12-31T18:15:00.000Z'],
    ['Europe/Berlin', '2026-03-29', '2026-03-28T23:00:00.000Z'], // clocks go forward at 02:00
    ['Europe/Berlin', '2026-03-30', '2026-03-29T22:00:00.000Z'],
    ['Europe/Berlin', '2026-10-26', '2026-10-25T23:00:00.000Z'],
    ['America/New_York', '2026-11-01', '2026-11-01T04:00:00.000Z'], // clocks go back at 02:00
    ['America/New_York', '2026-11-02', '2026-11-02T05:00:00.000Z'],
    ['America/Sao_Paulo', '2018-11-04', '2018-11-04T03:00:00.000Z'], // clocks skip midnight
    ['America/Havana', '2026-11-01', '2026-11-01T04:00:00.000Z'], // clocks show midnight twice
    ['Asia/Amman', '2021-10-29', '2021-10-28T21:00:00.000Z'], // the same, east of Greenwich
    ['Asia/Beirut', '2026-10-25', '2026-10-24T22:00:00.000Z'], // clocks show the last hour of the day before twice
  ])('in %s the day %s starts at %s', (zone, day, expected) => {
    expect(localCalendar(zone).startOfDay(parseDay(day)!).toISOString()).toBe(expected);
  });

  it.each([
    ['2026-09', 'Asia/Shanghai', '2026-09-30T16:00:00.000Z'],
    ['2026-12', 'Asia/Shanghai', '2026-12-31T16:00:00.000Z'],
    ['2026-02', 'UTC', '2026-03-01T00:00:00.000Z'],
    ['2026-06', 'America/New_York', '2026-07-01T04:00:00.000Z'],
    ['2026-06', 'Asia/Kathmandu', '2026-06-30T18:15:00.000Z'],
    // Clocks went forward on the month's last day, between midnight in UTC and there.
    ['2024-03', 'Europe/Berlin', '2024-03-31T22:00:00.000Z'],
    // Clocks went back on the first day of the next month.
    ['2020-10', 'America/New_York', '2020-11-01T04:00:00.000Z'],
  ])('%s ends at midnight in %s', (text, zone, expected) => {
    expect(localCalendar(zone).endOfMonth(text).toISOString()).toBe(expected);
  });

  it.each([
    ['Asia/Shanghai', '2026-03-29T02:30:00Z', '2026-03-28T18:30:00.000Z'],
    ['Europe/Berlin', '2026-03-29T02:30:00Z', '2026-03-29T01:30:00.000Z'],
    ['Europe/Berlin', '2026-10-25T02:30:00Z', '2026-10-25T01:30:00.000Z'],
    ['America/New_York', '2026-03-08T02:15:00Z', '2026-03-08T07:15:00.000Z'],
    ['America/New_York', '2026-11-01T01:30:00Z', '2026-11-01T06:30:00.000Z'],
  ])('the clocks of %s show %s at %s', (zone, local, expected) => {
    expect(new Date(localCalendar(zone).instantOf(Date.parse(local))).toISOString()).toBe(expected);
  });

  it('have a first moment of every day', () => {
    const zone = fc.constantFrom(...Intl.supportedValuesOf('timeZone').map((name) => localCalendar(name)));
    // From 2012 on: before, some islands omitted a day when they moved across the date line.
    fc.assert(
      fc.property(zone, fc.integer({ min: parseDay('2012-01-02')!, max: parseDay('2040-01-01')! }), (calendar, day) => {
        const start = calendar.startOfDay(day);
        expect(calendar.dayOf(start)).toBe(day);
        expect(calendar.dayOf(start.getTime() - 1)).toBe(day - 1);
      }),
      { numRuns: 500 },
    );
  });

  it('show a local time at its instant, except for a time that they skip', () => {
    const zone = fc.constantFrom('Asia/Shanghai', 'Australia/Lord_Howe', 'Europe/London', 'Pacific/Auckland');
    const hour = fc.integer({ min: parseDay('1990-01-01')! * 24, max: parseDay('2040-01-01')! * 24 });
    fc.assert(
      fc.property(zone, hour, (name, hours) => {
        const calendar = localCalendar(name);
        const at = calendar.instantOf(hours * 3_600_000);
        const shown = at + calendar.offsetMs(at);
        expect([0, 30, 60]).toContain((shown - hours * 3_600_000) / 60_000);
      }),
      { numRuns: 500 },
    );
  });
});
