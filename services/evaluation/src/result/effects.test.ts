import { effectsOf, type EvaluatedUnits } from './effects.js';

interface Unit {
  arm: string;
  unit?: number;
  stratum?: number;
  members?: number;
  churned?: number;
  propensity?: number;
}

function unitsOf(rows: readonly Unit[]): EvaluatedUnits {
  const armNames = [...new Set(rows.map(({ arm }) => arm))].sort();
  return {
    armNames,
    arm: Uint16Array.from(rows, ({ arm }) => armNames.indexOf(arm)),
    unit: Uint32Array.from(rows, ({ unit }, at) => unit ?? at),
    stratum: Uint32Array.from(rows, ({ stratum }) => stratum ?? 0),
    members: Float64Array.from(rows, ({ members }) => members ?? 1),
    churned: Float64Array.from(rows, ({ churned }) => churned ?? 0),
    propensity: Float64Array.from(rows, ({ propensity }) => propensity ?? 0.5),
  };
}

/** Units of one member each, of which the first have churned. */
function group(arm: string, count: number, churned: number): Unit[] {
  return Array.from({ length: count }, (_, at) => ({ arm, churned: at < churned ? 1 : 0 }));
}

/** Standard error of a difference of shares of independent members (s² ÷ n of both). */
function independentError(...groups: [number, number][]): number {
  return Math.sqrt(
    groups.reduce((sum, [count, churned]) => {
      const share = churned / count;
      return sum + (share * (1 - share)) / (count - 1);
    }, 0),
  );
}

test('groups of 650 with 5 to 6 % churners give an interval of less than 4 points to each side', () => {
  const { offers } = effectsOf(unitsOf([...group('control', 650, 39), ...group('a', 650, 32)]))!;
  expect(offers.estimate).toBeCloseTo((32 - 39) / 650, 12);
  expect((offers.high - offers.low) / 2).toBeCloseTo(1.959963984540054 * independentError([650, 39], [650, 32]), 12);
  expect((offers.high - offers.low) / 2).toBeLessThan(0.04);
  expect(offers.isRough).toBe(false);
});

test('each offer is compared with the control group, with simultaneous intervals', () => {
  const rows = [...group('control', 400, 40), ...group('a', 300, 12), ...group('b', 300, 27)];
  const { offers, arms } = effectsOf(unitsOf(rows))!;
  expect(offers.estimate).toBeCloseTo(39 / 600 - 0.1, 12);
  expect([...arms.keys()]).toEqual(['a', 'b']);
  const a = arms.get('a')!;
  expect(a.estimate).toBeCloseTo(0.04 - 0.1, 12);
  // z of 97.5 % for two comparisons: 2.2414
  expect((a.high - a.low) / 2).toBeCloseTo(2.241402727604947 * independentError([400, 40], [300, 12]), 10);
  // Holm: the smaller of two p-values counts twice
  const z = 0.06 / independentError([400, 40], [300, 12]);
  expect(a.pValue).toBeLessThan(0.01);
  expect(a.pValue).toBeGreaterThan(Math.exp(-z * z) / 10);
  expect(arms.get('b')!.pValue).toBeGreaterThan(0.05);
});

test('members of a household who do the same widen the interval', () => {
  const pairs = (arm: string, count: number, churned: number): Unit[] =>
    group(arm, count, churned).map((unit) => ({ ...unit, members: 2, churned: unit.churned! * 2 }));
  const together = effectsOf(unitsOf([...pairs('control', 200, 20), ...pairs('a', 200, 12)]))!.offers;
  const apart = effectsOf(unitsOf([...group('control', 400, 40), ...group('a', 400, 24)]))!.offers;
  expect(together.estimate).toBeCloseTo(apart.estimate, 12);
  expect(together.standardError / apart.standardError).toBeCloseTo(Math.SQRT2, 2);
});

test('strata that lean to one group do not pass for an effect', () => {
  // Half leave in the first place and none in the second, treated or not; most of the treated are in the second.
  const of = (arm: string, stratum: number, count: number): Unit[] =>
    Array.from({ length: count }, (_, at) => ({ arm, stratum, churned: stratum === 0 ? at % 2 : 0 }));
  const rows = [...of('control', 0, 300), ...of('control', 1, 100), ...of('a', 0, 100), ...of('a', 1, 300)];
  const { estimate, strata } = effectsOf(unitsOf(rows))!.offers;
  expect(estimate).toBeCloseTo(0, 12);
  expect(strata).toBe(2);
});

describe('where hardly anything happened', () => {
  test('a group without churners has a variance above 0', () => {
    const { offers } = effectsOf(unitsOf([...group('control', 100, 0), ...group('a', 100, 0)]))!;
    expect(offers).toMatchObject({ estimate: 0, pValue: 1, isRough: true });
    // one of each added: 1 of 102
    const share = 1 / 102;
    expect(offers.high).toBeCloseTo(1.959963984540054 * Math.sqrt((2 * share * (1 - share)) / 102), 12);
  });

  test.each([
    [4, true],
    [5, false],
  ])('%i churners in a group: rough is %p', (churned, isRough) => {
    expect(effectsOf(unitsOf([...group('control', 100, churned), ...group('a', 100, 20)]))!.offers.isRough).toBe(
      isRough,
    );
  });

  test.each([
    [29, true],
    [30, false],
  ])('%i in a group: rough is %p', (count, isRough) => {
    expect(effectsOf(unitsOf([...group('control', count, 10), ...group('a', 100, 20)]))!.offers.isRough).toBe(isRough);
  });

  test('a group of one has no effect', () => {
    expect(effectsOf(unitsOf([...group('control', 1, 0), ...group('a', 100, 20)]))).toBeUndefined();
    const lonely = effectsOf(unitsOf([...group('control', 100, 9), ...group('a', 100, 7), ...group('b', 1, 0)]))!;
    expect([...lonely.arms.keys()]).toEqual(['a']);
  });
});
