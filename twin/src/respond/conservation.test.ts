import fc from 'fast-check';
import { BillMeter } from '../behaviour/bill.js';
import { KIND, NONE } from '../behaviour/event-columns.js';
import { MonthEvents } from '../behaviour/month-events.js';
import { NEVER } from '../calendar/calendar.js';
import { LifeSimulator } from '../hazard/life-simulator.js';
import { allocateLives, isInUse, type Lives } from '../hazard/lives.js';
import { CHANNELS, OFFER_KINDS, type Contact } from '../treatment/contact.js';
import { PLANS } from '../world/plans.js';
import { buildWorld, daysOfMonth, firstDayOfMonth, type World } from '../world/world.js';
import { ContactSimulator } from './contact-simulator.js';

const [channel, offer] = [fc.constantFrom(...CHANNELS), fc.constantFrom(...OFFER_KINDS)];
const call = fc.record({ who: fc.nat(), when: fc.nat(), channel, offer });

/** Worlds of any seed and span, some continued with random contacts. */
const worlds: fc.Arbitrary<{ world: World; lives: Lives }> = fc
  .record({
    seed: fc.integer({ min: 0, max: 2 ** 31 }),
    subscribers: fc.integer({ min: 50, max: 90 }),
    months: fc.integer({ min: 1, max: 8 }),
    continuedMonths: fc.integer({ min: 0, max: 3 }),
    calls: fc.array(call, { maxLength: 60 }),
  })
  .map(({ calls, ...request }) => {
    const world = buildWorld({ ...request, to: '2026-06' });
    const lives = allocateLives(world.subscriptions.count, world.months);
    const days = world.afterLastDay - world.afterHistoryDay;
    const contacts = (days === 0 ? [] : calls).map(({ who, when, ...kind }, number): Contact => {
      const day = world.afterHistoryDay + (when % days);
      const later = Array.from({ length: world.months }, (_, month) => month);
      const month = later.findLast((each) => firstDayOfMonth(world, each) <= day)!;
      const at = who % world.subscriptions.count;
      return { number, at, month, day, second: 36_000, ...kind, campaign: 'K', given: undefined };
    });
    new LifeSimulator(world, lives, { hook: new ContactSimulator(world, lives, contacts) }).simulateHouseholds();
    return { world, lives };
  });

const RUNS = { numRuns: 12 };

describe('in any world', () => {
  test('nothing happens before activation, without service, after cancellation or in another month', () => {
    fc.assert(
      fc.property(worlds, ({ world, lives }) => {
        const generator = new MonthEvents(world, lives);
        const wrong: number[][] = [];
        for (let at = 0; at < world.subscriptions.count; at += 1) {
          for (let month = 0; month < world.months; month += 1) {
            let before = 0;
            for (const event of generator.fill(at, month)) {
              const moment = generator.events.moment[event]!;
              const day = Math.floor(moment / 86_400);
              const isInMonth = day >= firstDayOfMonth(world, month) && day < firstDayOfMonth(world, month + 1);
              const isThere = isInUse(world, lives, at, day);
              if (!isInMonth || !isThere || moment < before) wrong.push([at, month, day]);
              before = moment;
            }
          }
        }
        expect(wrong).toEqual([]);
      }),
      RUNS,
    );
  });

  test('every bill is the sum of its parts, and no part is negative', () => {
    fc.assert(
      fc.property(worlds, fc.integer({ min: 0, max: PLANS.length - 1 }), ({ world, lives }, plan) => {
        const generator = new MonthEvents(world, lives);
        for (let at = 0; at < world.subscriptions.count; at += 1) {
          const meter = new BillMeter(PLANS[plan]!);
          for (const event of generator.fill(at, world.months - 1)) meter.add(generator.events, event);
          const { totalCents, ...parts } = meter.bill();
          expect(Object.values(parts).reduce((sum, cents) => sum + cents, 0)).toBe(totalCents);
          expect(Math.min(...Object.values(parts))).toBeGreaterThanOrEqual(0);
          expect(Number.isInteger(totalCents)).toBe(true);
        }
      }),
      RUNS,
    );
  });

  test('on-net calls have their counterpart', () => {
    fc.assert(
      fc.property(worlds, ({ world, lives }) => {
        const generator = new MonthEvents(world, lives);
        const balance = new Map<string, number>();
        for (let at = 0; at < world.subscriptions.count; at += 1) {
          for (const event of generator.fill(at, world.months - 1)) {
            const other = generator.events.peerSubscription[event]!;
            const kind = generator.events.kind[event]!;
            if (other === NONE || (kind !== KIND.voice_out && kind !== KIND.voice_in)) continue;
            const isOut = kind === KIND.voice_out;
            const key = [isOut ? at : other, isOut ? other : at, generator.events.durationS[event]].join(' ');
            balance.set(key, (balance.get(key) ?? 0) + (isOut ? 1 : -1));
          }
        }
        expect([...balance].filter(([, calls]) => calls !== 0)).toEqual([]);
      }),
      RUNS,
    );
  });

  test('lives end once, probabilities are valid, and discounts end with the subscription', () => {
    fc.assert(
      fc.property(worlds, ({ world, lives }) => {
        for (let at = 0; at < world.subscriptions.count; at += 1) {
          const churnMonth = lives.churnMonth[at]!;
          const months = Array.from({ length: world.months }, (_, month) => month);
          const atRisk = months.filter((month) => lives.hazard[at * world.months + month]! > 0);
          expect(atRisk.filter((month) => lives.hazard[at * world.months + month]! >= 1)).toEqual([]);
          expect(churnMonth < 0 ? -1 : atRisk.at(-1)).toBe(churnMonth);
          const end = churnMonth < 0 ? NEVER : firstDayOfMonth(world, churnMonth) + daysOfMonth(world, churnMonth);
          expect(lives.churnDay[at]! < NEVER).toBe(churnMonth >= 0);
          expect(lives.churnDay[at]!).toBeLessThanOrEqual(end);
          expect(lives.cancelledDay[at]!).toBeGreaterThanOrEqual(lives.churnDay[at]!);
          const given = months.filter((month) => lives.hasDiscount[at * world.months + month] === 1);
          const isWrong = (month: number): boolean =>
            month < world.historyMonths || (churnMonth >= 0 && month > churnMonth);
          expect(given.filter(isWrong)).toEqual([]);
          expect(lives.stayChance[at]!).toBeGreaterThanOrEqual(0);
          expect(lives.stayChance[at]!).toBeLessThanOrEqual(1);
        }
      }),
      RUNS,
    );
  });
});
