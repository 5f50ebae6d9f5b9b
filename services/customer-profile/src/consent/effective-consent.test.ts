import fc from 'fast-check';
import { defaultConsent, effectiveConsent, type ChannelDecision } from './effective-consent.js';

const now = new Date('2026-09-03T02:00:00Z');
const momentOf = (second: number): Date => new Date(second * 1000);
const stated = (isOwn: boolean, second: number, granted: boolean, sequence = second): ChannelDecision => ({
  ...{ isOwn, granted, basis: 'stated', decidedAt: momentOf(second), sequence },
});
const imported = (isOwn: boolean, second: number, granted: boolean): ChannelDecision => ({
  ...{ isOwn, granted, basis: 'imported', decidedAt: momentOf(second), sequence: second },
});
const [OWN, ANY] = [true, false];
const [YES, NO] = [true, false];
const no = { granted: false, basis: 'default' };
const yes = { granted: true, basis: 'default' };
const TOMORROW = now.getTime() / 1000 + 86_400;

describe('consent', () => {
  it.each<[string, ChannelDecision[], typeof no, boolean]>([
    ['nothing, by default no', [], no, false],
    ['nothing, by default yes', [], yes, true],
    ['a yes for the channel', [stated(OWN, 1, YES)], no, true],
    ['a no for the channel', [stated(OWN, 1, NO)], yes, false],
    ['a yes to everything', [stated(ANY, 1, YES)], no, true],
    ['a no to everything', [stated(ANY, 1, NO)], yes, false],
    ['a yes for the channel after a no to everything', [stated(OWN, 2, YES), stated(ANY, 1, NO)], no, true],
    ['a no for the channel before a yes to everything', [stated(OWN, 1, NO), stated(ANY, 2, YES)], no, false],
    ['a yes for the channel before a no to everything', [stated(OWN, 1, YES), stated(ANY, 2, NO)], yes, false],
    ['one moment, the no recorded later', [stated(OWN, 1, YES, 7), stated(ANY, 1, NO, 8)], yes, false],
    ['one moment, the yes recorded later', [stated(OWN, 1, YES, 8), stated(ANY, 1, NO, 7)], no, true],
    ['a later imported yes against a stated no', [stated(ANY, 1, NO), imported(ANY, 9, YES)], yes, false],
    ['an imported yes for the channel against a stated no', [stated(ANY, 1, NO), imported(OWN, 9, YES)], yes, false],
    ['an imported general yes against a stated no', [stated(OWN, 1, NO), imported(ANY, 9, YES)], yes, false],
    ['an imported no, then a stated yes', [imported(ANY, 1, NO), stated(ANY, 2, YES)], no, true],
    ['an imported no after a stated yes', [stated(ANY, 1, YES), imported(ANY, 2, NO)], yes, false],
    ['an imported no of the moment of a stated yes', [stated(ANY, 1, YES), imported(ANY, 1, NO)], yes, false],
    ['an imported no after a stated yes for the channel', [stated(OWN, 1, YES), imported(ANY, 2, NO)], yes, false],
    ['an imported no before a stated yes for the channel', [imported(ANY, 1, NO), stated(OWN, 2, YES)], no, true],
    ['an imported no for the channel before a general yes', [imported(OWN, 1, NO), stated(ANY, 2, YES)], yes, false],
    ['an imported no, then an imported yes', [imported(ANY, 1, NO), imported(ANY, 2, YES)], no, true],
    ['an imported yes, then an imported no', [imported(ANY, 1, YES), imported(ANY, 2, NO)], yes, false],
    ['imported decisions of one moment', [imported(ANY, 1, NO), imported(ANY, 1, YES)], yes, false],
    ['imported decisions of one moment, about two channels', [imported(OWN, 1, YES), imported(ANY, 1, NO)], yes, false],
    ['a yes of tomorrow', [stated(ANY, TOMORROW, YES)], no, false],
    ['an imported yes of tomorrow', [imported(ANY, TOMORROW, YES)], no, false],
    ['an imported yes of tomorrow after a no', [imported(ANY, 1, NO), imported(ANY, TOMORROW, YES)], yes, false],
    ['a yes, and one of tomorrow', [imported(ANY, 1, YES), imported(ANY, TOMORROW, YES)], no, true],
    ['a no of tomorrow', [imported(ANY, 1, YES), imported(ANY, TOMORROW, NO)], yes, false],
    ['a no of tomorrow against a stated yes', [stated(ANY, 1, YES), imported(ANY, TOMORROW, NO)], yes, false],
  ])('from %s', (_case, decisions, byDefault, granted) => {
    expect(effectiveConsent(decisions, byDefault, now).granted).toBe(granted);
    expect(effectiveConsent([...decisions].reverse(), byDefault, now).granted).toBe(granted);
  });

  it('names where it comes from', () => {
    expect(effectiveConsent([], yes, now).basis).toBe('default');
    expect(effectiveConsent([imported(OWN, 1, YES)], yes, now).basis).toBe('imported');
    expect(effectiveConsent([stated(OWN, 1, YES), imported(ANY, 2, NO)], yes, now).basis).toBe('imported');
  });

  it.each([
    ['marketing', true, true],
    ['marketing', false, false],
    ['profiling', true, false],
    ['research', true, false],
  ] as const)('for %s with the setting %s is %s by default', (purpose, setting, granted) => {
    expect(defaultConsent(purpose, setting)).toEqual({ granted, basis: 'default' });
  });

  const spoken = fc.record({ isOwn: fc.boolean(), granted: fc.boolean() });

  it('after any stated decisions is what follows from taking them one by one', () => {
    fc.assert(
      fc.property(fc.array(spoken, { maxLength: 12 }), fc.boolean(), (decisions, byDefault) => {
        const dated = decisions.map(({ isOwn, granted }, index) => stated(isOwn, index, granted));
        const effective = effectiveConsent(dated, { granted: byDefault, basis: 'default' }, now);
        expect(effective.granted).toBe(takenOneByOne(decisions, byDefault));
      }),
    );
  });

  it('is never a yes after the last stated decision was a no to everything, whatever was imported', () => {
    const record = fc.record({ isOwn: fc.boolean(), granted: fc.boolean(), second: fc.integer({ min: 0, max: 2e9 }) });
    fc.assert(
      fc.property(fc.array(spoken, { maxLength: 4 }), fc.array(record, { maxLength: 6 }), (before, records) => {
        const decisions = [
          ...before.map(({ isOwn, granted }, index) => stated(isOwn, index, granted)),
          stated(ANY, before.length, NO),
          ...records.map(({ isOwn, granted, second }) => imported(isOwn, second, granted)),
        ];
        expect(effectiveConsent(decisions, yes, now).granted).toBe(false);
      }),
    );
  });
});

/** The rule as a clerk with two boxes would follow it: one for the channel, one for everything. */
function takenOneByOne(decisions: { isOwn: boolean; granted: boolean }[], byDefault: boolean): boolean {
  let own: boolean | undefined;
  let general: boolean | undefined;
  for (const { isOwn, granted } of decisions) {
    if (isOwn) own = granted;
    else general = granted;
    if (!isOwn && !granted && own === true) own = undefined;
  }
  return own ?? general ?? byDefault;
}
