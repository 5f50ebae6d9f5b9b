import fc from 'fast-check';
import { briefTiming, hazardsByContract, timingOf, type TimingInput, type TimingRule } from './best-moment.js';

const rule: TimingRule = {
  ...{ saveRate: 0.2, effectMonths: 3, retainedMonths: 12, marginShare: 0.5, annualDiscount: 0.1, offerCost: 20 },
  ...{ takeUp: 0.4, boundFactor: 0.3, noticeMonths: 1 },
};
const share = fc.double({ min: 0, max: 1, noNaN: true });
const boundFactor = fc.double({ min: 0.01, max: 1, noNaN: true });
const hazard = fc.double({ min: 0, max: 0.95, noNaN: true });
const anyRule = fc.record<TimingRule>({
  ...{ saveRate: share, effectMonths: fc.integer({ min: 1, max: 6 }), retainedMonths: fc.integer({ min: 1, max: 36 }) },
  ...{
    marginShare: share,
    annualDiscount: share,
    offerCost: fc.double({ min: 0, max: 100, noNaN: true }),
    takeUp: share,
  },
  ...{ boundFactor, noticeMonths: fc.integer({ min: 0, max: 3 }) },
});
const anyInput = fc.record<TimingInput>({
  hazards: fc.array(hazard, { minLength: 1, maxLength: 6 }),
  monthlyValue: fc.double({ min: 0, max: 500, noNaN: true }),
  contactCost: fc.double({ min: 0.1, max: 20, noNaN: true }),
  boundMonths: fc.option(fc.integer({ min: 0, max: 12 })),
});
const within = (hazards: readonly number[]): number => 1 - hazards.reduce((there, each) => there * (1 - each), 1);

test('the net is what is kept less what the contact costs, worked out by hand', () => {
  const plain = { ...rule, annualDiscount: 0, boundFactor: 1, noticeMonths: 0, effectMonths: 1 };
  const input = { hazards: [0.1, 0.2], monthlyValue: 100, contactCost: 2, boundMonths: null };
  // 100 × 0.5 × 12 × 0.2 = 120 for each departure; 2 + 0.4 × 20 = 10 for each contact.
  const { moments, best, tooEarly, tooLate, offerCostMax } = timingOf(input, plain);
  expect(moments).toEqual([
    { afterMonths: 0, gain: 12, cost: 10, lost: 0, net: 2 },
    { afterMonths: 1, gain: expect.closeTo(21.6, 9), cost: 9, lost: 12, net: expect.closeTo(12.6, 9) },
  ]);
  expect([best, tooEarly, tooLate]).toEqual([1, expect.closeTo(10.6, 9), undefined]);
  expect(offerCostMax).toBeCloseTo((21.6 / 0.9 - 2) / 0.4, 9);
});

test('the rows of tables get the same net and moment as a single score', () => {
  fc.assert(
    fc.property(anyInput, anyRule, (input, of) => {
      const { moments, best } = timingOf(input, of);
      const brief = briefTiming(input, of);
      expect(brief.best).toBe(best ?? -1);
      expect(brief.netNow).toBeCloseTo(moments[0]!.net, 9);
    }),
  );
});

test('a contract that ends in three months is worth waiting for, as long as notice allows', () => {
  const input = { hazards: [0.002, 0.01, 0.01, 0.06, 0.02, 0.02], monthlyValue: 60, contactCost: 2, boundMonths: 3 };
  const short = { ...rule, effectMonths: 2, boundFactor: 0.05, offerCost: 5 };
  const early = timingOf(input, { ...short, noticeMonths: 0 });
  expect(early.best).toBe(3);
  expect(early.tooEarly).toBeGreaterThan(0);
  expect(early.tooLate).toBeGreaterThan(0);
  // Churners of the fourth month have decided in the third.
  expect(timingOf(input, short).best).toBe(2);
});

test('contracts move departures behind their end, and neither the first month nor the whole', () => {
  fc.assert(
    fc.property(anyInput, boundFactor, ({ hazards, boundMonths }, factor) => {
      const moved = hazardsByContract(hazards, boundMonths, factor);
      expect(moved).toHaveLength(hazards.length);
      expect(moved[0]).toBe(hazards[0]);
      expect(within(moved)).toBeCloseTo(within(hazards), 9);
      const bound = Math.min(boundMonths ?? 0, hazards.length);
      expect(within(moved.slice(0, bound))).toBeLessThanOrEqual(within(hazards.slice(0, bound)) + 1e-12);
      const same = hazardsByContract(hazards, boundMonths, 1);
      same.forEach((each, at) => expect(each).toBeCloseTo(hazards[at]!, 9));
    }),
  );
});

test('nothing is planned beyond the months that are known, nor where no contact pays', () => {
  fc.assert(
    fc.property(anyInput, anyRule, (input, any) => {
      const { moments, best, tooEarly, tooLate } = timingOf(input, any);
      expect(moments.map(({ afterMonths }) => afterMonths)).toEqual([...input.hazards.keys()]);
      const net = best === undefined ? 0 : moments[best]!.net;
      expect(moments.every((moment) => moment.net <= net)).toBe(true);
      expect(best === undefined).toBe(net === 0);
      expect(best ?? 0).toBeLessThan(input.hazards.length);
      expect(tooEarly ?? 0).toBeGreaterThanOrEqual(0);
      expect(tooLate ?? 0).toBeGreaterThanOrEqual(0);
    }),
  );
});

test('waiting loses more with every month, and costs less', () => {
  fc.assert(
    fc.property(anyInput, anyRule, (input, any) => {
      const { moments } = timingOf(input, any);
      for (const [at, { lost, cost }] of moments.slice(1).entries()) {
        expect(lost).toBeGreaterThanOrEqual(moments[at]!.lost);
        expect(cost).toBeLessThanOrEqual(moments[at]!.cost);
      }
    }),
  );
});

test('constant hazards without a contract give now or never', () => {
  fc.assert(
    fc.property(anyInput, anyRule, hazard, (input, any, constant) => {
      const hazards = input.hazards.map(() => constant);
      expect([0, undefined]).toContain(timingOf({ ...input, hazards, boundMonths: null }, any).best);
    }),
  );
});

test('a higher value never gives a later moment, and never ends one', () => {
  fc.assert(
    fc.property(anyInput, anyRule, fc.double({ min: 1, max: 20, noNaN: true }), (input, any, factor) => {
      const [low, high] = [input, { ...input, monthlyValue: input.monthlyValue * factor }].map((of) =>
        timingOf(of, any),
      );
      if (low!.best === undefined) return;
      expect(high!.best).toBeDefined();
      // Of moments that differ by rounding only, either may be found.
      const { moments, best } = high!;
      const later = Math.max(best!, low!.best);
      expect(moments[later]!.net - moments[low!.best]!.net).toBeLessThan(1e-6);
    }),
  );
});

test('an offer pays up to the highest cost that is stated, and not beyond it', () => {
  fc.assert(
    fc.property(anyInput, anyRule, (input, any) => {
      const { best, offerCostMax } = timingOf(input, any);
      if (best === undefined || any.takeUp < 0.01) return;
      expect(offerCostMax).toBeGreaterThanOrEqual(any.offerCost - 1e-6);
      const netAt = (offerCost: number): number => timingOf(input, { ...any, offerCost }).moments[best]!.net;
      expect(netAt(offerCostMax)).toBeCloseTo(0, 6);
    }),
  );
});
