import fc from 'fast-check';
import { defaultConsent, effectiveConsent, type Decision } from './effective-consent.js';

const at = (second: number, granted: boolean, sequence = second): Decision => ({
  granted,
  basis: 'stated',
  decidedAt: new Date(second * 1000),
  sequence,
});
const no = { granted: false, basis: 'default' };
const yes = { granted: true, basis: 'default' };

describe('consent', () => {
  it.each([
    ['nothing, by default no', undefined, undefined, no, false],
    ['nothing, by default yes', undefined, undefined, yes, true],
    ['a yes for the channel', at(1, true), undefined, no, true],
    ['a no for the channel', at(1, false), undefined, yes, false],
    ['a yes to everything', undefined, at(1, true), no, true],
    ['a no to everything', undefined, at(1, false), yes, false],
    ['a yes for the channel after a no to everything', at(2, true), at(1, false), no, true],
    ['a no for the channel before a yes to everything', at(1, false), at(2, true), no, false],
    ['a yes for the channel before a no to everything', at(1, true), at(2, false), yes, false],
    ['both in one moment, the no to everything recorded later', at(1, true, 7), at(1, false, 8), yes, false],
    ['both in one moment, the yes for the channel recorded later', at(1, true, 8), at(1, false, 7), no, true],
  ])('from %s', (_case, own, general, byDefault, granted) => {
    expect(effectiveConsent(own, general, byDefault).granted).toBe(granted);
  });

  it('names where it comes from', () => {
    expect(effectiveConsent(undefined, undefined, yes).basis).toBe('default');
    expect(effectiveConsent({ ...at(1, true), basis: 'imported' }, undefined, yes).basis).toBe('imported');
  });

  it.each([
    ['marketing', true, true],
    ['marketing', false, false],
    ['profiling', true, false],
    ['research', true, false],
  ] as const)('for %s with the setting %s is %s by default', (purpose, setting, granted) => {
    expect(defaultConsent(purpose, setting)).toEqual({ granted, basis: 'default' });
  });

  it('after any decisions in any order is what follows from taking them one by one', () => {
    const decision = fc.record({ isOwn: fc.boolean(), granted: fc.boolean() });
    fc.assert(
      fc.property(fc.array(decision, { maxLength: 12 }), fc.boolean(), (decisions, byDefault) => {
        const dated = decisions.map(({ isOwn, granted }, index) => ({ isOwn, ...at(index, granted) }));
        const latest = (wanted: boolean): Decision | undefined => dated.filter(({ isOwn }) => isOwn === wanted).at(-1);
        const effective = effectiveConsent(latest(true), latest(false), { granted: byDefault, basis: 'default' });
        expect(effective.granted).toBe(takenOneByOne(decisions, byDefault));
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
