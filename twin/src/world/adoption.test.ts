import fc from 'fast-check';
import { Stream } from '../randomness/stream.js';
import { NO_FRIENDS, friendAdoptionDays, productSpells, productUtility, type Adopter } from './adoption.js';
import { HANDSETS } from './handsets.js';
import { PRODUCTS } from './products.js';
import { adopterOf, buildWorld, ordersOf } from './world.js';

const world = buildWorld({ seed: 3, subscribers: 4000, months: 12, to: '2026-06' });
const stream = new Stream(world.seed);
const all = Array.from({ length: world.subscriptions.count }, (_, at) => ({
  at,
  orders: ordersOf(stream, world, at),
  adopter: adopterOf(stream, world, at),
  friends: friendAdoptionDays(world.adoption, world.callGraph, at),
}));
const young = all.filter(({ adopter }) => adopter.age < 40);
const positionOf = (id: string): number => PRODUCTS.findIndex((product) => product.id === id);
const shareTaking = (id: string, among: typeof all): number =>
  among.filter(({ orders }) => orders.some(({ product }) => product === positionOf(id))).length / among.length;

const MODEL_5G = HANDSETS.findIndex(({ capabilities }) => capabilities.includes('5g'));
const TAKER: Adopter = {
  age: 30,
  needs: { calls: 0, messages: 0, data: 0 },
  fromDay: 18_000,
  afterLastDay: 26_000,
  handsets: [{ model: MODEL_5G, fromDay: 0, toDay: undefined }],
};

describe('product adoption', () => {
  test('rises with need', () => {
    const heavyUsers = young.filter(({ adopter }) => adopter.needs.data > 0.5);
    const lightUsers = young.filter(({ adopter }) => adopter.needs.data < 0);
    expect(shareTaking('V004', heavyUsers)).toBeGreaterThan(1.3 * shareTaking('V004', lightUsers));
  });

  test('rises with friends', () => {
    const at = positionOf('V004');
    const few = young.filter(({ friends }) => friends[at]!.length === 0);
    const many = young.filter(({ friends }) => friends[at]!.length >= 3);
    expect(many.length).toBeGreaterThan(50);
    expect(shareTaking('V004', many)).toBeGreaterThan(shareTaking('V004', few) + 0.05);
  });

  test('follows requirements, and rises after the precursor', () => {
    const dayOf = (orders: (typeof all)[number]['orders'], id: string): number | undefined =>
      orders.find(({ product }) => product === positionOf(id))?.fromDay;
    const music = all.filter(({ orders }) => dayOf(orders, 'V003') !== undefined);
    expect(music.length).toBeGreaterThan(30);
    expect(music.filter(({ orders }) => !(dayOf(orders, 'V001')! <= dayOf(orders, 'V003')!))).toEqual([]);
    const withVideo = young.filter(({ orders }) => dayOf(orders, 'V004') !== undefined);
    const withoutVideo = young.filter(({ orders }) => dayOf(orders, 'V004') === undefined);
    expect(shareTaking('V006', withVideo)).toBeGreaterThan(1.3 * shareTaking('V006', withoutVideo));
  });

  test('needs a capable handset', () => {
    const game = positionOf('V006');
    const wrong = all.filter(({ orders, adopter: { handsets } }) => {
      const order = orders.find(({ product }) => product === game);
      if (order === undefined) return false;
      const used = handsets.find(({ toDay }) => toDay === undefined || toDay > order.fromDay)!;
      return !HANDSETS[used.model]!.capabilities.includes('5g');
    });
    expect(wrong).toEqual([]);
  });

  test('happens at most once per product, after the activation', () => {
    for (const { at, orders } of all) {
      expect(new Set(orders.map(({ product }) => product)).size).toBe(orders.length);
      expect(orders.filter(({ fromDay }) => fromDay < world.subscriptions.activatedDay[at]!)).toEqual([]);
    }
  });

  test('has the probability of the utility', () => {
    const at = positionOf('V004');
    const product = PRODUCTS[at]!;
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 15, max: 80 }),
        fc.double({ min: -2, max: 2, noNaN: true }),
        fc.nat(8),
        (seed, age, data, friends) => {
          const adopter = { ...TAKER, age, needs: { ...TAKER.needs, data } };
          const adoptedOn = Array<number>(friends).fill(18_000);
          const days = NO_FRIENDS.map((none, each) => (each === at ? adoptedOn : none));
          const people = 1500;
          const random = new Stream(seed);
          let taken = 0;
          for (let person = 0; person < people; person += 1) {
            taken += productSpells(random, person, adopter, days).filter((each) => each.product === at).length;
          }
          const chance = 1 / (1 + Math.exp(-productUtility(product, adopter, friends, false)));
          // 8,000 days cover nearly all waiting times; five standard errors
          const error = Math.sqrt((chance * (1 - chance)) / people);
          expect(Math.abs(taken / people - chance)).toBeLessThan(5 * error + 1e-9);
        },
      ),
      { numRuns: 15 },
    );
  });
});
