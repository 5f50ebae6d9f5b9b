import { fitHazardLine, fitHazardLines, probabilityWithin, type DatedRows } from './horizon-hazards.js';
import { logitOf, probabilityOf } from './logistic.js';
import { RandomStream } from './random.js';

const LINES = [
  { intercept: -0.2, slope: 0.9 },
  { intercept: -0.5, slope: 0.7 },
];

/** Rows whose hazards follow the lines; the last months of a third of them are not observed. */
function drawn(count: number, seed: number): DatedRows {
  const random = new RandomStream(seed, 1);
  const logits = Float64Array.from({ length: count }, () => -4 + 3 * random.next());
  const observedMonths = Float64Array.from({ length: count }, (_, row) => 1 + (row % 3));
  const eventAfter = logits.map((logit, row) => {
    const hazards = [logit, ...LINES.map(({ intercept, slope }) => intercept + slope * logit)].map(probabilityOf);
    const month = 1 + hazards.findIndex((hazard) => random.next() < hazard);
    return month >= 1 && month <= observedMonths[row]! ? month : NaN;
  });
  return { logits, eventAfter, observedMonths };
}

test('finds the hazards of later months, although some of them are not observed', () => {
  const lines = fitHazardLines(drawn(120_000, 3), 3);
  expect(lines).toHaveLength(2);
  lines.forEach(({ intercept, slope }, at) => {
    expect(slope).toBeCloseTo(LINES[at]!.slope, 1);
    for (const logit of [-4, -2.5, -1]) {
      const [found, true_] = [{ intercept, slope }, LINES[at]!].map((line) =>
        probabilityOf(line.intercept + line.slope * logit),
      );
      expect(found! / true_!).toBeGreaterThan(0.93);
      expect(found! / true_!).toBeLessThan(1.07);
    }
  });
});

test('is calibrated for every horizon on other rows', () => {
  const lines = fitHazardLines(drawn(60_000, 4), 3);
  const { logits, eventAfter, observedMonths } = drawn(60_000, 5);
  for (const months of [1, 2, 3]) {
    const rows = [...logits.keys()].filter((row) => observedMonths[row]! >= months);
    const predicted = rows.reduce(
      (sum, row) => sum + probabilityWithin(months, probabilityOf(logits[row]!), lines)!,
      0,
    );
    const came = rows.filter((row) => eventAfter[row]! <= months).length;
    expect(Math.abs(predicted / came - 1)).toBeLessThan(0.03);
  }
});

test('few events keep the slope near 1, too few give no line', () => {
  const rows = drawn(3_000, 6);
  const line = fitHazardLine(rows, 2)!;
  expect(line.events).toBeGreaterThan(20);
  expect(Math.abs(line.slope - 1)).toBeLessThan(0.5);
  expect(fitHazardLine(drawn(150, 6), 2)).toBeUndefined();
  expect(fitHazardLines({ ...rows, observedMonths: rows.observedMonths.map(() => 1) }, 6)).toEqual([]);
});

test('never falls with the months, and ends with the lines', () => {
  for (const probability of [1e-6, 0.02, 0.5, 0.999]) {
    const within = [1, 2, 3].map((months) => probabilityWithin(months, probability, LINES)!);
    expect(within[0]).toBeCloseTo(probability, 12);
    expect(within[1]).toBeGreaterThan(within[0]!);
    expect(within[2]).toBeGreaterThan(within[1]!);
    expect(within[2]).toBeLessThanOrEqual(1);
    const hazard = probabilityOf(LINES[0]!.intercept + LINES[0]!.slope * logitOf(probability));
    expect(within[1]).toBeCloseTo(1 - (1 - probability) * (1 - hazard), 12);
  }
  expect(probabilityWithin(4, 0.1, LINES)).toBeUndefined();
});
