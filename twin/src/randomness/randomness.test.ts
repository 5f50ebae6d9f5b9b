import fc from 'fast-check';
import { SCATTER_RANGE, scatter } from './scatter.js';
import { Purpose, Stream } from './stream.js';

function numbersOf(stream: Stream, count: number): number[] {
  return Array.from({ length: count }, () => stream.next());
}

describe('a stream', () => {
  test('depends on its key only, not on earlier numbers', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), fc.nat(400), fc.nat(20), (seed, subject, time, before) => {
        const stream = new Stream(seed);
        numbersOf(stream.at(Purpose.name, 1), before);
        const again = numbersOf(stream.at(Purpose.callGraph, subject, time), 5);
        expect(again).toEqual(numbersOf(new Stream(seed).at(Purpose.callGraph, subject, time), 5));
      }),
    );
  });

  test('differs by seed, purpose, subject and time', () => {
    const first = (seed: number, purpose: number, subject: number, time: number): number =>
      new Stream(seed).at(purpose, subject, time).next();
    const values = [first(1, 1, 1, 1), first(2, 1, 1, 1), first(1, 2, 1, 1), first(1, 1, 2, 1), first(1, 1, 1, 2)];
    expect(new Set(values).size).toBe(values.length);
  });

  test('has first numbers that are uniform and independent over adjacent subjects', () => {
    const stream = new Stream(7);
    const firsts = Array.from({ length: 20_000 }, (_, subject) => stream.at(Purpose.departure, subject, 3).next());
    const mean = firsts.reduce((sum, value) => sum + value, 0) / firsts.length;
    const products = firsts.slice(1).map((value, at) => (value - 0.5) * (firsts[at]! - 0.5));
    const lagged = products.reduce((sum, value) => sum + value, 0) / products.length;
    expect(mean).toBeCloseTo(0.5, 1.9);
    expect(Math.abs(lagged * 12)).toBeLessThan(0.03);
  });

  test('has the moments of its distributions', () => {
    const stream = new Stream(8).at(Purpose.person, 1);
    const count = 20_000;
    const mean = (sample: () => number): number =>
      Array.from({ length: count }, sample).reduce((sum, x) => sum + x, 0) / count;
    expect(mean(() => stream.poisson(2.5))).toBeCloseTo(2.5, 1);
    expect(mean(() => stream.poisson(80)) / 80).toBeCloseTo(1, 1.9);
    expect(mean(() => stream.exponential(3))).toBeCloseTo(3, 0.9);
    expect(mean(() => stream.normal() ** 2)).toBeCloseTo(1, 1);
    expect(mean(() => stream.weighted([1, 3]))).toBeCloseTo(0.75, 1.5);
  });
});

describe('scatter', () => {
  test('is injective, and adjacent inputs have unrelated outputs', () => {
    const numbers = Array.from({ length: 50_000 }, (_, at) => scatter(42, at));
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...numbers)).toBeLessThan(SCATTER_RANGE);
    const near = numbers.slice(1).filter((number, at) => Math.abs(number - numbers[at]!) < SCATTER_RANGE / 1000);
    expect(near.length / numbers.length).toBeLessThan(0.01);
  });
});
