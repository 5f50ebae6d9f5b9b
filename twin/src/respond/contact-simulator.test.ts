import { simulateLives, LifeSimulator } from '../hazard/life-simulator.js';
import { allocateLives, type Lives } from '../hazard/lives.js';
import { scramble } from '../randomness/stream.js';
import type { Contact, ContactOutcome, OfferKind, Response } from '../treatment/contact.js';
import { buildWorld, firstDayOfMonth, type World } from '../world/world.js';
import { ContactSimulator } from './contact-simulator.js';
import { policyOf, typesOf, type PolicySummary } from './policy.js';

const HISTORY = 8;
const CONTINUED = 6;
const FIRST = HISTORY;

let world: World;
let noContact: Lives;

beforeAll(() => {
  world = buildWorld({ seed: 15, subscribers: 2000, months: HISTORY, to: '2026-08', continuedMonths: CONTINUED });
  ({ lives: noContact } = simulate([]));
});

type Simulated = ReturnType<typeof simulate>;

function simulate(contacts: Contact[]): { lives: Lives; outcomes: ContactOutcome[]; policy: PolicySummary } {
  const lives = allocateLives(world.subscriptions.count, world.months);
  const contactSimulator = new ContactSimulator(world, lives, contacts);
  new LifeSimulator(world, lives, { hook: contactSimulator }).simulateHouseholds();
  const { outcomes, giftCampaign } = contactSimulator;
  const policy = policyOf(world, noContact ?? lives, lives, { contacts, outcomes, giftCampaign });
  return { lives, outcomes, policy };
}

interface Call {
  at: number;
  month?: number;
  offer?: OfferKind;
  given?: Response;
  hour?: number;
}

function contactsOf(calls: readonly Call[]): Contact[] {
  return calls.map(({ at, month = FIRST, offer = 'discount', given, hour = 19 }, number) => {
    const moment = { month, day: firstDayOfMonth(world, month) + 4, second: hour * 3600 };
    return { number, at, ...moment, offer, given, channel: 'call', campaign: 'K-1' };
  });
}

const all = (): number[] => Array.from({ length: world.subscriptions.count }, (_, at) => at);
const active = (): number[] => all().filter((at) => noContact.stayChance[at]! > 0);
const householdOf = (at: number): number => world.people.household[world.subscriptions.person[at]!]!;

/** Additional expected stayers by type if all subscriptions are called. */
function gainedBy(offer: OfferKind): Record<string, number> {
  const { byType } = simulate(contactsOf(active().map((at) => ({ at, offer })))).policy;
  return Object.fromEntries(Object.entries(byType).map(([type, { stayedExpected }]) => [type, stayedExpected]));
}

/** All columns of a subscription, as bytes. */
function lifeOf(lives: Lives, at: number): string {
  const { trial, oldRule, outlook } = lives;
  const groups: object[] = [lives, trial, oldRule, outlook, outlook.maxValue, outlook.maxRetention];
  const all = groups.flatMap((columns): unknown[] => Object.values(columns));
  const columns = all.filter((column): column is Float32Array => ArrayBuffer.isView(column));
  const parts = columns.map((column) => {
    const width = column.length / world.subscriptions.count;
    const part = column.subarray(at * width, (at + 1) * width);
    return Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString('hex');
  });
  return parts.join('|');
}

describe('a continued world', () => {
  test('has the same history, and the same course in one step or in two', () => {
    const history = buildWorld({ seed: 15, subscribers: 2000, months: HISTORY, to: '2026-08' });
    const shorter = buildWorld({ seed: 15, subscribers: 2000, months: HISTORY, to: '2026-08', continuedMonths: 2 });
    for (const other of [history, shorter]) {
      const lives = simulateLives(other);
      const sooner = noContact.churnMonth.map((month) => (month < other.months ? month : -1));
      expect(lives.churnMonth).toEqual(sooner);
      for (const column of ['hazard', 'voiceScale', 'plan', 'contractEnd'] as const) {
        const first = noContact[column].filter((_, place) => place % world.months < other.months);
        expect([column, lives[column].every((value, place) => value === first[place])]).toEqual([column, true]);
      }
    }
  });

  test('has the same churn rate as before', () => {
    const churnersOf = (from: number, to: number): number =>
      all().filter((at) => noContact.churnMonth[at]! >= from && noContact.churnMonth[at]! < to).length / (to - from);
    const ratio = churnersOf(HISTORY, world.months) / churnersOf(2, HISTORY);
    expect(ratio).toBeGreaterThan(0.7);
    expect(ratio).toBeLessThan(1.3);
  });

  test('has expectations close to its outcomes', () => {
    const { noContact, atStart } = simulate([]).policy;
    expect(Math.abs(noContact.stayed - noContact.stayedExpected) / atStart).toBeLessThan(0.02);
    expect(noContact.stayed).toBeLessThan(atStart);
  });
});

describe('contacts', () => {
  test('change nothing in households without contacts, to the byte', () => {
    const contacted = active().filter((at) => scramble(householdOf(at)) % 3 === 0);
    const { lives } = simulate(contactsOf(contacted.map((at) => ({ at }))));
    const households = new Set(contacted.map(householdOf));
    const isContacted = (at: number): boolean => households.has(householdOf(at));
    const changed = all().filter((at) => lifeOf(lives, at) !== lifeOf(noContact, at));
    expect(all().filter((at) => !isContacted(at)).length).toBeGreaterThan(500);
    expect(changed.filter((at) => !isContacted(at))).toEqual([]);
    expect(changed.filter(isContacted).length).toBeGreaterThan(150);
  });

  test.each(['discount', 'product', 'care'] as const)(
    'retain persuadables, wake sleeping dogs, have no effect on lost causes (%s)',
    (offer) => {
      const { persuadable, lost, sleepingDog } = gainedBy(offer);
      expect(persuadable).toBeGreaterThan(2);
      expect(sleepingDog).toBeLessThan(-1);
      expect(Math.abs(lost!)).toBeLessThan(persuadable! / 10);
    },
  );

  test.each(['fitted_plan', 'handset'] as const)('also retain through the plan or contract (%s)', (offer) => {
    const { persuadable, sure, sleepingDog } = gainedBy(offer);
    expect(persuadable).toBeGreaterThan(2);
    expect(sure).toBeGreaterThan(0.2);
    expect(sleepingDog).toBeLessThan(persuadable! / 4);
  });

  test('have no effect if the system reports no answer, and their effect if it reports one', () => {
    const calls = active().map((at) => ({ at }));
    const unanswered = simulate(contactsOf(calls.map((call) => ({ ...call, given: 'no_answer' as const }))));
    expect(unanswered.policy.gained).toMatchObject({ stayed: 0, stayedExpected: 0, valueCny: 0 });
    expect(unanswered.policy.costCny.contacts).toBeGreaterThan(0);
    const declined = simulate(contactsOf(calls.map((call) => ({ ...call, given: 'declined' as const }))));
    expect(declined.policy.gained.stayedExpected).toBeGreaterThan(5);
    expect(declined.lives.hasDiscount.every((has) => has === 0)).toBe(true);
  });

  test('do not reach churned subscriptions, and reduce bills by accepted offers', () => {
    const churned = all().filter((at) => noContact.churnMonth[at]! >= 0 && noContact.churnMonth[at]! < HISTORY - 1);
    const { outcomes } = simulate(contactsOf(churned.map((at) => ({ at }))));
    // suspended subscriptions are not reached either
    expect(new Set(outcomes.map(({ response }) => response))).toEqual(new Set(['not_reached']));
    const accepted = simulate(contactsOf(active().map((at) => ({ at, given: 'accepted' as const }))));
    const months = accepted.lives.hasDiscount.reduce((sum, has) => sum + has, 0);
    expect(months).toBeGreaterThan(4 * active().length);
    expect(accepted.policy.gained.valueCny).toBeLessThan(-10 * 4 * active().length);
  });

  test('saturate: six calls retain fewer than six times one, and finally annoy', () => {
    const call = { offer: 'care', given: 'declined' } as const;
    const calls = (times: number): Call[] =>
      active().flatMap((at) => Array.from({ length: times }, () => ({ at, ...call })));
    const gain = (times: number): number => simulate(contactsOf(calls(times))).policy.gained.stayedExpected;
    const [one, two, six] = [gain(1), gain(2), gain(6)];
    expect(two - one).toBeLessThan(one);
    expect(six).toBeLessThan(two);
  });
});

describe('two policies with the same random numbers', () => {
  test('have the same answers to calls of both', () => {
    const [some, more] = [active().slice(0, 400), active().slice(0, 800)];
    const one = simulate(contactsOf(some.map((at) => ({ at }))));
    const two = simulate(contactsOf(more.map((at) => ({ at }))));
    // members of a household with another contact may respond differently, but answer alike
    const answers = ({ outcomes }: Simulated, number: number): boolean => outcomes[number]!.response !== 'no_answer';
    expect(some.filter((_, number) => answers(one, number) !== answers(two, number))).toEqual([]);
  });

  test('a targeted one retains more at a lower cost', () => {
    const callsTo = (targets: readonly number[]): Contact[] => contactsOf(targets.map((at) => ({ at, offer: 'care' })));
    const callAll = (targets: readonly number[]): Simulated => simulate(callsTo(targets));
    const untargeted = callAll(active());
    const types = typesOf({ contacts: callsTo(active()), outcomes: untargeted.outcomes });
    const isAtRisk = (at: number): boolean => noContact.hazard[at * world.months + HISTORY - 1]! > 0.015;
    const atRisk = active().filter((at) => types.get(at) === 0 && isAtRisk(at));
    const targeted = callAll(atRisk);
    const first = callAll(active().slice(0, atRisk.length));
    expect(targeted.policy.contacts).toBe(first.policy.contacts);
    expect(targeted.policy.gained.stayedExpected).toBeGreaterThan(3 * first.policy.gained.stayedExpected);
    expect(targeted.policy.gained.netCny).toBeGreaterThan(0);
    expect(targeted.policy.gained.netCny).toBeGreaterThan(untargeted.policy.gained.netCny);
  });
});
