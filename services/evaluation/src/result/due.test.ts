import { monthNumber, monthText } from '@holdfast/platform/calendar';
import { dueOf } from './due.js';

const due = (assigned: string[], closed: string[], followMonths = 3): { in: string[]; state: string; last: string } => {
  const found = dueOf(assigned.map(monthNumber), followMonths, new Set(closed.map(monthNumber)));
  return { in: found.availableMonths.map(monthText), state: found.state, last: monthText(found.outcomeMonths.at(-1)!) };
};

test.each<[string, string[], string[], string[], string]>([
  ['nothing is closed', ['2026-10'], [], [], 'due'],
  ['the month of assignment is closed', ['2026-10'], ['2026-10'], [], 'due'],
  ['the first month is in', ['2026-10'], ['2026-10', '2026-11'], ['2026-11'], 'partial'],
  ['two are in', ['2026-10'], ['2026-10', '2026-11', '2026-12'], ['2026-11', '2026-12'], 'partial'],
  [
    'all are in, over the turn of the year',
    ['2026-10'],
    ['2026-09', '2026-10', '2026-11', '2026-12', '2027-01', '2027-02'],
    ['2026-11', '2026-12', '2027-01'],
    'final',
  ],
  ['who was there is not known', ['2026-10'], ['2026-11', '2026-12', '2027-01'], [], 'due'],
])('%s', (_, assigned, closed, monthsIn, state) => {
  expect(due(assigned, closed)).toEqual({ in: monthsIn, state, last: '2027-01' });
});

test('who was assigned later is waited for', () => {
  const closed = ['2026-10', '2026-11', '2026-12', '2027-01'];
  expect(due(['2026-10', '2026-11'], closed)).toEqual({ in: closed.slice(1), state: 'partial', last: '2027-02' });
});
