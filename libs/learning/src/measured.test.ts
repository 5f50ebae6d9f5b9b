import { compareAuc } from './measured.js';
import { RandomStream } from './random.js';

const ROWS = 2_000;
const random = new RandomStream(3, 0);
const labels = Uint8Array.from({ length: ROWS }, () => Number(random.next() < 0.1));
/** Separates the classes by so much. */
const scores = (shift: number, noise: RandomStream): Float64Array =>
  Float64Array.from(labels, (label) => noise.next() + shift * label);

it('gives no difference of a ranking from itself', () => {
  const first = scores(0.3, new RandomStream(1, 0));
  const { difference, rows, positives } = compareAuc({ first, second: first.slice() }, labels, { seed: 1 });
  expect(difference).toEqual({ mean: 0, low: 0, high: 0 });
  expect([rows, positives]).toEqual([ROWS, labels.reduce((sum, label) => sum + label, 0)]);
});

it('distinguishes a better ranking from a worse one, either way, and is narrower where both share their noise', () => {
  const [first, second] = [scores(0.5, new RandomStream(1, 0)), scores(0.2, new RandomStream(1, 0))];
  const better = compareAuc({ first, second }, labels, { seed: 1 });
  expect(better.difference.low).toBeGreaterThan(0);
  expect(better.difference.mean).toBeCloseTo(better.first - better.second, 12);
  const worse = compareAuc({ first: second, second: first }, labels, { seed: 1 });
  expect(worse.difference.high).toBeLessThan(0);
  const unpaired = compareAuc({ first, second: scores(0.2, new RandomStream(2, 0)) }, labels, { seed: 1 });
  const width = ({ low, high }: { low: number; high: number }): number => high - low;
  expect(width(better.difference)).toBeLessThan(width(unpaired.difference));
});

it('compares within lists: shifting one list changes nothing', () => {
  const lists = Uint32Array.from(labels, (_, row) => row % 2);
  const [first, second] = [scores(0.5, new RandomStream(1, 0)), scores(0.4, new RandomStream(2, 0))];
  const shifted = first.map((score, row) => score + 10 * lists[row]!);
  const groups = Uint32Array.from(labels, (_, row) => row >> 1);
  const plain = compareAuc({ first, second }, labels, { seed: 1, lists, groups });
  expect(compareAuc({ first: shifted, second }, labels, { seed: 1, lists, groups })).toEqual(plain);
});
