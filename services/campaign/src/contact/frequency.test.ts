import {
  frequencyEndsAt,
  historyDays,
  householdEndsAt,
  retryEndsAt,
  type Attempt,
  type FrequencyPolicy,
} from './frequency.js';

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
    ['an attempt without a contact', [daysAgo(0.1, false)], undefined],
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

describe('retry', () => {
  const asked = (days: number, inHours: number): Attempt => ({
    ...daysAgo(days, false),
    callBackAt: inDays(inHours / 24),
  });

  it.each<[string, Attempt[], Date | undefined]>([
    ['no attempts', [], undefined],
    ['just within a day', [daysAgo(1 - A_SECOND, false)], inDays(A_SECOND)],
    ['exactly a day ago', [daysAgo(1, false)], undefined],
    ['a contact', [daysAgo(0.5)], undefined],
    ['a contact after it', [daysAgo(0.5), daysAgo(0.6, false)], undefined],
    ['a call back in two hours', [asked(0.1, 2)], inDays(2 / 24)],
    ['a call back now', [asked(0.1, 0)], undefined],
    ['a call back in two days', [asked(0.1, 48)], inDays(2)],
    ['a call back after another attempt', [asked(0.1, 2), daysAgo(0.2, false)], inDays(2 / 24)],
    ['another attempt after a call back', [asked(0.2, -1), daysAgo(0.1, false)], inDays(0.9)],
  ])('%s', (_, attempts, expected) => {
    expect(retryEndsAt(attempts, policy, at)).toEqual(expected);
    expect(retryEndsAt([...attempts].reverse(), policy, at)).toEqual(expected);
  });
});
