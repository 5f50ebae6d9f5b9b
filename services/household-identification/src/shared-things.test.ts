// What too many lines share makes no household, from the evidence to the clusters, with the weights of a new operator.
import fc from 'fast-check';
import { probabilityOf } from '@holdfast/learning/logistic';
import { Calls } from './evidence/calls.js';
import { Kinship } from './evidence/kinship.js';
import { monthDaysOf } from './evidence/month-days.js';
import { PresenceReader } from './evidence/presence.js';
import { LINES_MAX, tooSharedTexts, withoutTooShared, type TooShared } from './evidence/shared-things.js';
import { readSubjects } from './evidence/subjects.js';
import { EventLoopYield } from './household/event-loop-yield.js';
import { groupHouseholds } from './household/grouping.js';
import { fixedLogits } from './model/fixed-weights.js';
import { standingOf } from './model/sample.js';
import { linkedPairs } from './pair/links.js';
import { MeetingFinder } from './pair/meetings.js';
import { Pairs } from './pair/pairs.js';
import type { RuleLimits } from './pair/rules.js';
import { MONTH, callBatch, evidenceBatch, idOf, linkBatch, type Subscriber } from './synthetic-world.fixture.js';

const LIMITS: RuleLimits = {
  ...{ sameCellDaysMin: 5, holidayDaysMin: 2, eveningDaysMin: 5, eveningMode: 'any', topCells: 10 },
  ...{ overlapMin: 0.1, overlapMode: 'shared/ten' },
};

interface Found {
  /** Keys, ascending within and by their first. */
  households: string[][];
  pairs: Pairs;
  standings: string[];
  tooShared: TooShared;
}

/** @param calls pairs of keys, as often as they talked @param links customers who are linked */
async function recognise(
  subscribers: readonly Subscriber[],
  { calls = [], links = [] }: { calls?: readonly [string, string][]; links?: readonly [string, string][] } = {},
): Promise<Found> {
  async function* batches() {
    yield evidenceBatch(subscribers);
  }
  const { subjects, tooShared } = withoutTooShared(await readSubjects(batches(), 'demo/'), LINES_MAX);
  const month = monthDaysOf(MONTH);
  const kinship = new Kinship(subjects, LINES_MAX.link);
  kinship.addLinks(linkBatch(links.map(([from, to]) => ({ from, to }))), month.firstDay + month.dayCount - 1);
  const called = new Calls(subjects.ids);
  called.add(callBatch(calls));
  const busy = called.forgetBusy(LINES_MAX.contact);
  const linked = linkedPairs(subjects, kinship, called);
  const presence = new PresenceReader(subjects.ids, month).finish();
  const given = { subjects, presence, kinship, calls: called, linked, month };
  const finder = new MeetingFinder({ ...given, holidays: 0, limits: LIMITS, crowdMax: 100 });
  const pairs = Pairs.joined(Array.from({ length: subjects.ids.count }, (_, left) => finder.pairsOf(left)));
  const probability = fixedLogits(pairs).map(probabilityOf);
  const limits = { probabilityMin: 0.5, membersMax: 8 };
  const eventLoop = new EventLoopYield(new AbortController().signal);
  const found = await groupHouseholds({ pairs, probability }, subjects, kinship, new Map(), limits, eventLoop);
  const keyOf = new Map(subscribers.map(({ key }) => [idOf(key), key]));
  const households = found.map(({ members }) =>
    members.map((member) => keyOf.get(subjects.ids.textOf(member))!).sort(),
  );
  return {
    households: households.sort(([one], [other]) => (one! < other! ? -1 : 1)),
    standings: Array.from(pairs.left.keys(), (row) => standingOf(pairs, subjects, row)),
    ...{ pairs, tooShared: { ...tooShared, link: (tooShared.link ?? 0) + kinship.tooShared, contact: busy } },
  };
}

/** Lines of as many customers. */
function lines(count: number, shared: Partial<Subscriber> = {}, prefix = 'line'): Subscriber[] {
  return Array.from({ length: count }, (_, at) => {
    const key = `${prefix}-${String(at).padStart(3, '0')}`;
    return { key, account: key, unit: 'demo/shenyang/', ...shared };
  });
}

/** What is shared, with the most lines that may share it. */
const SHARED: [string, Partial<Subscriber>, number, keyof TooShared][] = [
  ['a technical account of prepaid lines', { account: 'technical' }, LINES_MAX.account, 'account'],
  ['a company that pays', { payer: 'company' }, LINES_MAX.payer, 'account'],
  ['the door of a dormitory', { address: 'dormitory', building: 'campus' }, LINES_MAX.door, 'door'],
  ['a technical family plan', { known: 'test-plan' }, LINES_MAX.plan, 'plan'],
  ['a technical customer', { customer: 'technical', age: 40, gender: 'm' }, LINES_MAX.customer, 'customer'],
  ['a head of all', { linkHead: 'agent' }, LINES_MAX.link, 'link'],
];

describe.each(SHARED)('%s', (_, shared, linesMax, kind) => {
  it('is not evidence with one line more than the limit, nor with many', async () => {
    for (const count of [linesMax + 1, 150, 400]) {
      const { households, pairs, tooShared } = await recognise(lines(count, shared));
      expect({ count, households, pairs: pairs.count, shared: tooShared[kind] }).toEqual({
        ...{ count, households: [], pairs: 0, shared: 1 },
      });
    }
  });

  it('is evidence within the limit', async () => {
    const { pairs, tooShared } = await recognise(lines(linesMax, shared));
    expect([pairs.count, tooShared[kind]]).toEqual([(linesMax * (linesMax - 1)) / 2, 0]);
    expect(pairs.links.every((bits) => bits !== 0)).toBe(true);
  });

  it('takes nothing from a family on a separate account among its lines', async () => {
    const family = lines(3, { account: 'family' }, 'family');
    const { households } = await recognise([...lines(150, shared), ...family.map((line) => ({ ...shared, ...line }))]);
    expect(households).toEqual([family.map(({ key }) => key)]);
  });
});

it('makes a household of lines on one account within the limit that call each other', async () => {
  const family = lines(4, { account: 'family', address: 'door', building: 'tower' });
  const calls = family.flatMap(({ key }, at) =>
    family.slice(at + 1).map((other): [string, string] => [key, other.key]),
  );
  expect((await recognise(family, { calls })).households).toEqual([family.map(({ key }) => key)]);
});

it('teaches nothing about families by a technical plan', async () => {
  const calls: [string, string][] = [['line-000', 'line-001']];
  const { standings } = await recognise(lines(150, { known: 'test-plan' }), { calls });
  expect(standings).toEqual(['unlabelled']);
  expect((await recognise(lines(3, { known: 'plan' }), { calls })).standings).toEqual(['family', 'family', 'family']);
});

it('takes no building of too many lines for the building of two', async () => {
  const calls: [string, string][] = [['line-000', 'line-001']];
  for (const [count, bit] of [
    [LINES_MAX.building, 8],
    [LINES_MAX.building + 1, 0],
  ] as const) {
    const { pairs } = await recognise(lines(count, { building: 'tower' }), { calls });
    expect([count, pairs.count, pairs.links[0]! & 8]).toEqual([count, 1, bit]);
  }
});

it('takes no link of a customer who is linked to too many', async () => {
  const starOf = (count: number): [string, string][] => lines(count).map(({ key }): [string, string] => ['hub', key]);
  const hub = lines(1, { key: 'hub', account: 'hub' });
  const few = await recognise([...hub, ...lines(4)], { links: starOf(4) });
  expect(few.pairs.count).toBe(4);
  const many = await recognise([...hub, ...lines(150)], { links: starOf(150) });
  expect([many.pairs.count, many.households, many.tooShared.link]).toEqual([0, [], 1]);
});

it('takes no calls of a line that talks to more lines than a person does', async () => {
  const people = lines(LINES_MAX.contact + 1);
  const calls = people.flatMap(({ key }) => Array.from({ length: 30 }, (): [string, string] => ['courier', key]));
  const courier = lines(1, { key: 'courier', account: 'courier' });
  const busy = await recognise([...courier, ...people], { calls });
  expect([busy.pairs.count, busy.tooShared.contact]).toEqual([0, 1]);
  const calm = await recognise([...courier, ...people], { calls: calls.slice(30) });
  expect([calm.pairs.count, calm.tooShared.contact]).toEqual([LINES_MAX.contact, 0]);
});

it('reports its exclusions', () => {
  expect(tooSharedTexts({ account: 2, plan: 1, door: 0 }, LINES_MAX)).toEqual([
    '2 accounts of more than 10 lines',
    '1 family plans of more than 10 lines',
  ]);
});

it('never makes a household by adding lines beyond the limit', async () => {
  const kinds = fc.subarray(
    SHARED.map((_, at) => at),
    { minLength: 1 },
  );
  const sizes = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(kinds, sizes, fc.integer({ min: 13, max: 60 }), async (places, families, strangers) => {
      const shared = Object.assign({}, ...places.map((at) => SHARED[at]![1])) as Partial<Subscriber>;
      // families with separate accounts; some of their lines share the thing, too
      const people = families.flatMap((size, at) => lines(size, { account: `family-${at}` }, `family-${at}`));
      const before = await recognise(people);
      const mixed = people.map((line, at) => (at % 2 === 0 ? { ...shared, ...line } : line));
      const after = await recognise([...mixed, ...lines(strangers, shared)]);
      expect(after.households).toEqual(before.households);
    }),
    { numRuns: 60 },
  );
});
