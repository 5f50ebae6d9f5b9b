import fc from 'fast-check';
import { acceptChance, answerChance, contactCostCny, contactEffect, contactFactor } from './contact-effect.js';
import type { AnsweredContact, ContactEffect } from './contact-effect.js';
import { CHANNELS, OFFER_KINDS } from './contact.js';
import { RESPONSE_TYPES } from './trial.js';

const [PERSUADABLE, SURE, LOST, SLEEPING_DOG] = RESPONSE_TYPES.map((_, type) => type);
const TIMING = { overpaid: 0, complaints: 0, monthsSinceContract: Infinity };
const KIND = { offer: 'discount', channel: 'call' } as const;
const CALL: AnsweredContact = { month: 10, isOwn: true, type: PERSUADABLE!, timing: TIMING, ...KIND };

const FITTED = { offer: 'fitted_plan' } as const;

const logEffect = (change: Partial<AnsweredContact>, before: ContactEffect[] = []): number =>
  contactEffect(before, { ...CALL, ...change }).logEffect;

const kept = (month: number): ContactEffect => ({ month, logEffect: -1, isOwn: true });

describe('the effect of a contact', () => {
  test.each(OFFER_KINDS)('retains persuadables, wakes sleeping dogs, has no effect on lost causes (%s)', (offer) => {
    expect(logEffect({ offer })).toBeLessThan(-0.2);
    expect(logEffect({ offer, type: SURE! })).toBeLessThanOrEqual(0);
    expect(Math.abs(logEffect({ offer, type: SURE! }))).toBeLessThan(0.2);
    expect(logEffect({ offer, type: LOST! })).toBeCloseTo(0, 12);
    expect(logEffect({ offer, type: SLEEPING_DOG! })).toBeGreaterThan(0.2);
  });

  test.each([
    ['a call more than a message', { channel: 'call' }, { channel: 'sms' }],
    ['a discount more around the end of the contract', { timing: { ...TIMING, monthsSinceContract: 0 } }, {}],
    ['a fitted plan more when overpaying', { ...FITTED, timing: { ...TIMING, overpaid: 0.5 } }, FITTED],
    ['advice more after a complaint', { offer: 'care', timing: { ...TIMING, complaints: 1 } }, { offer: 'care' }],
    ['the called person more than the others at home', {}, { isOwn: false }],
  ] as const)('moves by %s', (_, stronger, weaker) => {
    expect(logEffect(stronger)).toBeLessThan(logEffect(weaker) - 0.1);
  });

  test.each([
    ['half as much after one that kept', [kept(9)], 0.5],
    ['a quarter after two', [kept(6), kept(7)], 0.25],
    ['in full again after six months', [kept(4)], 1],
  ])('saturates: %s', (_, before, share) => {
    expect(logEffect({}, before)).toBeCloseTo(share * logEffect({}), 10);
  });

  test('annoys all types from the third contact within three months on', () => {
    expect(logEffect({ type: LOST! }, [kept(9), kept(9)])).toBeCloseTo(0.15, 10);
    expect(logEffect({ type: LOST! }, [kept(9)])).toBeCloseTo(0, 10);
    expect(logEffect({ type: LOST! }, [kept(7), kept(7)])).toBeCloseTo(0, 10);
    expect(logEffect({ type: LOST!, isOwn: false }, [kept(9), kept(9)])).toBeCloseTo(0, 10);
  });

  test('does not saturate if it drives away', () => {
    const woken = { month: 9, logEffect: 0.5, isOwn: true };
    expect(logEffect({ type: SLEEPING_DOG! }, [woken])).toBe(logEffect({ type: SLEEPING_DOG! }));
  });

  test('begins in the next month, and decays by a fifth per month', () => {
    const effects = [{ month: 10, logEffect: -1, isOwn: true }];
    const logFactors = [9, 10, 11, 12].map((month) => Math.log(contactFactor(effects, month)));
    expect(logFactors).toEqual([0, 0, -1, expect.closeTo(-0.8, 10)]);
    expect(contactFactor([], 12)).toBe(1);
  });

  test('is a positive factor, and probabilities are valid, after any contacts', () => {
    const effect = fc.record({
      month: fc.integer({ min: 0, max: 30 }),
      logEffect: fc.double({ min: -2.5, max: 1, noNaN: true }),
      isOwn: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(effect, { maxLength: 20 }),
        fc.constantFrom(...OFFER_KINDS),
        fc.constantFrom(...CHANNELS),
        fc.integer({ min: 0, max: 3 }),
        fc.integer({ min: 0, max: 23 }),
        (before, offer, channel, type, hour) => {
          const added = contactEffect(before, { ...CALL, offer, channel, type });
          const factor = contactFactor([...before, added], CALL.month + 1);
          expect(factor).toBeGreaterThan(0);
          expect(Number.isFinite(factor)).toBe(true);
          for (const chance of [answerChance(channel, hour), acceptChance(type, channel)]) {
            expect(chance).toBeGreaterThanOrEqual(0);
            expect(chance).toBeLessThanOrEqual(1);
          }
          expect(contactCostCny(channel, true)).toBeGreaterThanOrEqual(contactCostCny(channel, false));
        },
      ),
    );
  });
});
