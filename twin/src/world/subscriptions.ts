import { NEVER } from '../calendar/calendar.js';
import { Purpose, type Stream } from '../randomness/stream.js';
import { FIRM_PAYS_SHARE, groupOfPerson, type Firms } from './firms.js';
import { ROLES, isFamily, type Role } from './household-kinds.js';
import type { Households, People } from './households.js';
import { FAMILY_PLAN, OLD_PLANS, OPEN_PLANS, PLANS, bestOpenPlan } from './plans.js';
import { sharedBytes, sharedFloats, sharedInts, sharedIntsOf, sharedShorts } from './shared.js';

export const PERSONS_PER_SECOND_NUMBER = 25;

/** Share of voluntary churners that return within a year as new customers with a new number. */
export const RETURN_SHARE = 0.08;

/** Traits in no column, one per amplified cause of churn; see hazard/causes.ts. */
export const LATENTS = 6;

/** Number of persons with `subscriptions` numbers. */
export function personCount(subscriptions: number): number {
  const group = PERSONS_PER_SECOND_NUMBER + 1;
  const rest = Math.min(subscriptions % group, PERSONS_PER_SECOND_NUMBER);
  return Math.floor(subscriptions / group) * PERSONS_PER_SECOND_NUMBER + rest;
}

/** Share of subscriptions that begin within the span, so that joiners replace churners. */
function joinerShare(months: number): number {
  const monthly = 0.023;
  return (monthly * months) / (1 + monthly * months);
}

interface SubscriptionContext {
  subscriptions: number;
  firstDay: number;
  /** Subscriptions begin in the history only. */
  afterHistoryDay: number;
  historyMonths: number;
}

export function buildSubscriptions(
  stream: Stream,
  { subscriptions: count, firstDay, afterHistoryDay, historyMonths }: SubscriptionContext,
  households: Households,
  people: People,
): Subscriptions {
  const all = allocateWithReturns(stream, count, people.count);
  for (let at = 0; at < all.count; at += 1) {
    if (all.returnOf[at]! >= 0) continue;
    const random = stream.at(Purpose.subscription, at);
    all.activatedDay[at] = random.chance(joinerShare(historyMonths))
      ? firstDay + random.below(afterHistoryDay - firstDay)
      : firstDay - 1 - Math.floor(Math.min(4500, random.exponential(1000)));
    assignUsage(random, people, all, at);
    assignPayer(random, households, people, all, at);
    all.entryContractMonths[at] = random.pick([0, 12, 24]);
    for (let latent = 0; latent < LATENTS; latent += 1) all.latent[at * LATENTS + latent] = random.normal();
  }
  assignFamilyPlans(stream, households, all);
  for (let at = 0; at < all.count; at += 1) if (all.returnOf[at]! >= 0) copyAttributes(all, at, all.returnOf[at]!);
  return all;
}

/** One or two numbers per person, and a reserved entry for a possible return. */
function allocateWithReturns(stream: Stream, count: number, persons: number): Subscriptions {
  const mayReturn = (person: number): boolean => stream.at(Purpose.scheduleReturns, person).chance(RETURN_SHARE);
  const returns = Array.from({ length: persons }, (_, person) => mayReturn(person));
  const all = allocate(count + returns.filter(Boolean).length, persons);
  for (let person = 0, at = 0, numbered = 0; person < persons; person += 1) {
    all.firstOfPerson[person] = at;
    const numbers = person % PERSONS_PER_SECOND_NUMBER === PERSONS_PER_SECOND_NUMBER - 1 ? 2 : 1;
    for (let number = 0; number < numbers && numbered < count; number += 1, at += 1, numbered += 1) {
      all.person[at] = person;
      all.isSecondNumber[at] = number;
    }
    if (!returns[person]) continue;
    all.person[at] = person;
    all.returnOf[at] = all.firstOfPerson[person]!;
    all.returnAs[all.firstOfPerson[person]!] = at;
    at += 1;
  }
  all.firstOfPerson[persons] = all.count;
  return all;
}

/** A return has the same usage and traits; the account may differ. */
function copyAttributes(all: Subscriptions, at: number, left: number): void {
  all.activatedDay[at] = NEVER;
  all.owner[at] = all.owner[left]!;
  all.payer[at] = all.payer[left] === left ? at : all.payer[left]!;
  all.entryContractMonths[at] = all.entryContractMonths[left]!;
  all.offNetCalls[at] = all.offNetCalls[left]!;
  all.callSecondsMean[at] = all.callSecondsMean[left]!;
  all.smsSent[at] = all.smsSent[left]!;
  all.dataMb[at] = all.dataMb[left]!;
  for (let latent = 0; latent < LATENTS; latent += 1) {
    all.latent[at * LATENTS + latent] = all.latent[left * LATENTS + latent]!;
  }
}

export function isActivated({ activatedDay }: Subscriptions, at: number): boolean {
  return activatedDay[at] !== NEVER;
}

/**
 * The best plan by a usage estimate that is off by a third. Needs the usage, thus the call graph.
 * @param minutesOut billed outgoing minutes per month
 */
export function assignEntryPlans(stream: Stream, all: Subscriptions, firstDay: number, minutesOut: Float32Array): void {
  for (let at = 0; at < all.count; at += 1) {
    const random = stream.at(Purpose.subscription, at, 1);
    const guess = (): number => Math.exp(0.4 * random.normal());
    const { plan } = bestOpenPlan(minutesOut[at]! * guess(), all.dataMb[at]! * guess(), all.smsSent[at]!);
    const isLongTerm = all.activatedDay[at]! < firstDay - 1500;
    if (all.inFamilyPlan[at] === 1) all.entryPlan[at] = FAMILY_PLAN;
    else if (isLongTerm && random.chance(0.5)) all.entryPlan[at] = random.pick(OLD_PLANS);
    else all.entryPlan[at] = random.chance(0.12) ? random.pick(OPEN_PLANS) : plan;
    const committed = PLANS[all.entryPlan[at]!]!.commitmentMonths ?? 0;
    all.entryContractMonths[at] = Math.max(all.entryContractMonths[at]!, committed);
  }
}

/** First subscription of a household, and the first after its last. */
export function subscriptionRange(
  { firstOfPerson }: Pick<Subscriptions, 'firstOfPerson'>,
  { firstPerson }: Households,
  household: number,
): [first: number, after: number] {
  return [firstOfPerson[firstPerson[household]!]!, firstOfPerson[firstPerson[household + 1]!]!];
}

/**
 * Mobile subscriptions in the order of their persons, so that those of a household are adjacent. A person that would
 * return after churn has a reserved entry with `activatedDay` NEVER, which the life simulation may activate.
 */
export type Subscriptions = ReturnType<typeof allocate>;

function allocate(count: number, persons: number) {
  return {
    count,
    person: sharedInts(count),
    /** First subscription of a person; one entry more than persons. */
    firstOfPerson: sharedInts(persons + 1),
    /** The person that signed: a parent or child of `person`, or `person`. */
    owner: sharedInts(count),
    /** Subscription whose account pays, its own or a relative's. */
    payer: sharedInts(count),
    isSecondNumber: sharedBytes(count),
    activatedDay: sharedInts(count),
    entryPlan: sharedBytes(count),
    /** Months of the first contract, 0 for none. */
    entryContractMonths: sharedBytes(count),
    /** Outgoing calls per month to other networks. */
    offNetCalls: sharedFloats(count),
    callSecondsMean: sharedFloats(count),
    smsSent: sharedFloats(count),
    dataMb: sharedFloats(count),
    /** Standard normal, subscription × LATENTS + trait. */
    latent: sharedFloats(count * LATENTS),
    /** 1 if the operator knows the household by its family plan. */
    inFamilyPlan: sharedBytes(count),
    /** Of a return, the churned subscription; of a subscription, its reserved return. -1 for none. */
    returnOf: sharedInts(count, -1),
    returnAs: sharedInts(count, -1),
    /** The firm that pays, -1 for none. */
    payingFirm: sharedInts(count, -1),
    /** The person that takes the number over (-1 for none), and from which month on if it is still active. */
    heir: sharedInts(count, -1),
    handOverMonth: sharedShorts(count),
    /** The first subscription with the same number; another one for a recycled number. */
    numberOf: sharedIntsOf([...Array(count).keys()]),
  };
}

function assignUsage(random: Stream, people: People, all: Subscriptions, at: number): void {
  const person = all.person[at]!;
  const age = people.age[person]!;
  const incomeFactor = Math.sqrt(people.incomeCny[person]! / 5000);
  const second = all.isSecondNumber[at] === 1 ? 0.35 : 1;
  all.offNetCalls[at] = second * random.logNormal(17 * incomeFactor, 0.6);
  all.callSecondsMean[at] = random.logNormal(140, 0.35);
  all.smsSent[at] = random.logNormal(age > 50 ? 4 : 2.5, 0.7);
  all.dataMb[at] = second * random.logNormal(age < 35 ? 11_000 : age < 60 ? 7_500 : 2_500, 0.65);
}

/** Whose bill the head of the household pays; that of minors always. */
export const PAID_BY_HEAD: Record<Role, number> = { head: 0, spouse: 0.25, child: 0.7, elder: 0.4, tenant: 0.03 };
/** Elders whose contract the head signed; the head signs for all minors. */
export const ELDER_SIGNED_BY_HEAD = 0.15;
export const ADULT_YEARS = 18;

function assignPayer(random: Stream, households: Households, people: People, all: Subscriptions, at: number): void {
  const person = all.person[at]!;
  const role = ROLES[people.role[person]!]!;
  const head = households.firstPerson[people.household[person]!]!;
  const ownFirst = all.firstOfPerson[person]!;
  const headFirst = all.firstOfPerson[head]!;
  const isPaidByHead = head !== person && random.chance(PAID_BY_HEAD[role]);
  const isMinor = role === 'child' && people.age[person]! < ADULT_YEARS;
  const isSignedByHead = isMinor || (role === 'elder' && random.chance(ELDER_SIGNED_BY_HEAD));
  all.owner[at] = isSignedByHead ? head : person;
  if (at !== ownFirst) all.payer[at] = random.chance(0.85) ? all.payer[ownFirst]! : at;
  else all.payer[at] = isPaidByHead || isMinor ? headFirst : at;
}

/** A group customer pays for the first number of some of its members. */
export function assignPayingFirms(stream: Stream, firms: Firms, all: Subscriptions): void {
  for (let at = 0; at < all.count; at += 1) {
    const firm = groupOfPerson(firms, all.person[at]!);
    const isOwn = all.payer[at] === at && all.isSecondNumber[at] === 0 && all.inFamilyPlan[at] === 0;
    if (firm < 0 || !isOwn || all.returnOf[at]! >= 0) continue;
    if (stream.at(Purpose.firm, at, 2).chance(FIRM_PAYS_SHARE)) all.payingFirm[at] = firm;
  }
}

function assignFamilyPlans(stream: Stream, households: Households, all: Subscriptions): void {
  for (let household = 0; household < households.count; household += 1) {
    const [from, to] = subscriptionRange(all, households, household);
    const isTaken = isFamily(households.kind[household]!) && stream.at(Purpose.household, household, 1).chance(0.24);
    const members = Array.from({ length: to - from }, (_, place) => from + place).filter((at) => all.returnOf[at]! < 0);
    if (members.length < 2 || !isTaken) continue;
    for (const at of members) all.inFamilyPlan[at] = all.isSecondNumber[at] === 1 ? 0 : 1;
  }
}
