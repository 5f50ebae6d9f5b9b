import { ContactSimulator } from '../respond/contact-simulator.js';
import { acceptChance, answerChance } from '../treatment/contact-effect.js';
import type { Contact, Response } from '../treatment/contact.js';
import { canTakePlan } from '../treatment/offer-terms.js';
import { buildWorld, householdOf, type World } from '../world/world.js';
import { simulateLives, LifeSimulator } from './life-simulator.js';
import { OUTLOOK_MONTHS, type LifeState } from './life-state.js';
import { allocateLives, isInUse, TREATMENTS } from './lives.js';
import { CONTACT_HOUR } from './outlook.js';

const REQUEST = { seed: 31, subscribers: 160, months: 7, to: '2026-08' };

/** Records which members could change the plan in the month of the contact. */
class PlanRecorder extends ContactSimulator {
  readonly canChangePlan = new Set<number>();

  override onMonthEnd(household: number, members: readonly LifeState[], month: number): void {
    for (const state of members) {
      if (month === REQUEST.months && canTakePlan(state, month)) this.canChangePlan.add(state.at);
    }
    super.onMonthEnd(household, members, month);
  }
}

/** The continuation of `respond` for one household, with or without a contact, for a given response. */
function simulateOne(world: World, household: number, contact?: Contact) {
  const lives = allocateLives(world.subscriptions.count, world.months);
  const hook = new PlanRecorder(world, lives, contact === undefined ? [] : [contact]);
  new LifeSimulator(world, lives, { hook }).simulateHousehold(household);
  const contacted = hook.outcomes.at(0);
  const costCny = (contacted?.costCny ?? 0) + (contacted?.offerCostCny ?? 0);
  const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
  const outcome = { stays: sum(lives.stayChance), cny: sum(lives.valueCny) - costCny, type: contacted?.type };
  return { outcome, lives, canChangePlan: hook.canChangePlan };
}

describe('the outlook', () => {
  const world = buildWorld(REQUEST);
  const lives = simulateLives(world, { withOutlook: true });
  const { outlook } = lives;
  const later = buildWorld({ ...REQUEST, continuedMonths: OUTLOOK_MONTHS });
  const sampleMembers = (household: number): number[] =>
    [...world.subscriptions.person.keys()].filter(
      (at) => householdOf(world, at) === household && outlook.noContactStays[at]! > 0,
    );
  // the outlook has no future moves
  const households = [...world.households.kind.keys()].filter(
    (household) => later.households.moveMonth[household]! < world.months && sampleMembers(household).length > 0,
  );

  test('has the expectation of a continuation without contacts', () => {
    expect(households.length).toBeGreaterThan(40);
    for (const household of households) {
      const { lives: noContact } = simulateOne(later, household);
      for (const at of sampleMembers(household)) {
        expect(outlook.noContactStays[at]).toBeCloseTo(noContact.stayChance[at]!, 5);
        expect(outlook.noContactCny[at]! / noContact.valueCny[at]!).toBeCloseTo(1, 5);
      }
    }
  });

  test('finds the best contact of the simulation of all contacts', () => {
    const day = later.afterHistoryDay;
    const answers: Response[] = ['no_answer', 'declined', 'accepted'];
    let compared = 0;
    for (const household of households.slice(0, 16)) {
      const { outcome: noContact, lives: baseline, canChangePlan } = simulateOne(later, household);
      const members = sampleMembers(household);
      if (members.some((at) => !isInUse(world, baseline, at, day))) continue;
      for (const at of members) {
        const gains = TREATMENTS.map(({ offer, channel }) => {
          const contact = { number: 0, at, month: world.months, day, second: CONTACT_HOUR * 3600, offer, channel };
          const [missed, declined, accepted] = answers.map(
            (given) => simulateOne(later, household, { ...contact, campaign: 'K', given }).outcome,
          );
          const answered = answerChance(channel, CONTACT_HOUR);
          const isOpen = offer !== 'fitted_plan' || canChangePlan.has(at);
          const taken = isOpen ? acceptChance(declined!.type!, channel) : 0;
          const expected = (of: 'stays' | 'cny'): number =>
            (1 - answered) * missed![of] +
            answered * ((1 - taken) * declined![of] + taken * accepted![of]) -
            noContact[of];
          return { stays: expected('stays'), cny: expected('cny') };
        });
        const mostCny = Math.max(0, ...gains.map(({ cny }) => cny));
        const mostStays = Math.max(0, ...gains.map(({ stays }) => stays));
        expect(outlook.maxValue.cny[at]).toBeCloseTo(mostCny, 3);
        expect(outlook.maxRetention.stays[at]).toBeCloseTo(mostStays, 5);
        const best = gains[outlook.maxValue.treatment[at]! - 1] ?? { cny: 0, stays: 0 };
        expect(best.cny).toBeCloseTo(mostCny, 3);
        expect(outlook.maxValue.stays[at]).toBeCloseTo(best.stays, 5);
        compared += 1;
      }
    }
    expect(compared).toBeGreaterThan(12);
  });
});
