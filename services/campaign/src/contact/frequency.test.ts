import { frequencyEndsAt, historyDays, householdEndsAt, type Attempt, type FrequencyPolicy } from './frequency.js';

const policy: FrequencyPolicy = {
  maxTouches: 2,
  windowDays: 30,
  minDaysBetween: 7,
  hoursBetweenAttempts: 24,
  householdMinDays: 7,
};
const at = new Date('2026-09-30T04:00:00Z');

function daysAgo(days: number, counts = true): Attempt {
  return { at: new Date(at.getTime() - days * 86_400_000), counts };
}

function inDays(days: number): Date {
  return new Date(at.getTime() + days * 86_400_000);
}

const A_SECOND = 1 / 86_400;

describe('frequency cap', () => {
  it.each<[string, Attempt[], Date | undefined]>([
    ['no attempts', [], undefined],
    ['one just inside the minimum', [daysAgo(7 - A_SECOND)], inDays(A_SECOND)],
    ['one exactly at the minimum', [daysAgo(7)], undefined],
    ['two, the older just inside the window', [daysAgo(10), daysAgo(30 - A_SECOND)], inDays(A_SECOND)],
    ['two, the older exactly at the window', [daysAgo(10), daysAgo(30)], undefined],
    ['three within the window: the second newest must leave it', [daysAgo(20), daysAgo(9), daysAgo(12)], inDays(18)],
    ['cap and minimum: the later end', [daysAgo(1), daysAgo(29.5)], inDays(6)],
    ['an attempt without a contact, just within a day', [daysAgo(1 - A_SECOND, false)], inDays(A_SECOND)],
    ['an attempt without a contact, exactly a day ago', [daysAgo(1, false)], undefined],
    [
      'attempts without a contact do not count for the cap',
      [daysAgo(2, false), daysAgo(3, false), daysAgo(8)],
      undefined,
    ],
  ])('%s', (_, attempts, expected) => {
    expect(frequencyEndsAt(attempts, policy, at)).toEqual(expected);
    expect(frequencyEndsAt([...attempts].reverse(), policy, at)).toEqual(expected);
  });

  it('needs the history of its longest span', () => {
    expect(historyDays(policy)).toBe(30);
    expect(historyDays({ ...policy, hoursBetweenAttempts: 960 })).toBe(40);
  });
});

describe('contacts in a household', () => {
  it.each<[string, number[], Date | undefined]>([
    ['no member was reached', [], undefined],
    ['one just inside the minimum', [7 - A_SECOND], inDays(A_SECOND)],
    ['one exactly at the minimum', [7], undefined],
    ['the latest of several', [20, 6, 8], inDays(1)],
  ])('%s', (_, days, expected) => {
    expect(
      householdEndsAt(
        days.map((each) => daysAgo(each).at),
        policy,
        at,
      ),
    ).toEqual(expected);
  });
});
