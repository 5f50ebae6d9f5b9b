import { NEVER } from '../calendar/calendar.js';
import { Purpose, type Stream } from '../randomness/stream.js';
import { FIRM_PAYS_SHARE, groupOfPerson, type Firms } from './firms.js';
import { ROLES, isFamily, type Role } from './household-kinds.js';
import type { Households, People } from './households.js';
import { FAMILY_PLAN, OLD_PLANS, OPEN_PLANS, PLANS, bestOpenPlan } from './plans.js';
import { sharedBytes, sharedFloats, sharedInts, sharedShorts } from './shared.js';

/** Every 25th person has two numbers. */
export const PERSONS_PER_SECOND_NUMBER = 25;

/** Of those who leave by their own choice, how many come back within a year under a new number, as new customers. */
export const RETURN_SHARE = 0.08;

/** The traits that no column shows, one per cause of leaving that they amplify (see hazard/causes.ts). */
export const LATENTS = 6;

/**
 * Mobile subscriptions in the order of their persons, so that a household's lie side by side. Behind those of somebody
 * who would come back there is a place for that: it is nobody's subscription (`activatedDay` is NEVER) until it is.
 */
export interface Subscriptions {
  count: number;
  person: Int32Array;
  /** First subscription of a person; one entry more than persons. */
  firstOfPerson: Int32Array;
  /** The person who signed; differs from `person` where a parent or child did. */
  owner: Int32Array;
  /** Subscription whose account pays, its own or a relative's. */
  payer: Int32Array;
  isSecondNumber: Uint8Array;
  activatedDay: Int32Array;
  entryPlan: Uint8Array;
  /** Months of the contract signed at the start, 0 for none. */
  entryContractMonths: Uint8Array;
  /** Calls made a month to numbers of other networks. */
  offNetCalls: Float32Array;
  callSecondsMean: Float32Array;
  smsSent: Float32Array;
  dataMb: Float32Array;
  /** Standard normal. */
  latent: Float32Array;
  /** 1 where the household is known to the operator by its family plan. */
  inFamilyPlan: Uint8Array;
  /** Where somebody comes back: the subscription that was left; and of that one where it would come back. -1 for none. */
  returnOf: Int32Array;
  returnAs: Int32Array;
  /** The firm that pays, -1 for none. */
  payingFirm: Int32Array;
  /** Who takes the number over (-1 for nobody), from which month on, if it is still there then. */
  heir: Int32Array;
  handOverMonth: Int16Array;
  /** The subscription that had the number first: its own place, or that of one whose number was given out again. */
  numberOf: Int32Array;
}

/** How many persons have `subscriptions` numbers together. */
export function personCount(subscriptions: number): number {
  const group = PERSONS_PER_SECOND_NUMBER + 1;
  const rest = Math.min(subscriptions % group, PERSONS_PER_SECOND_NUMBER);
  return Math.floor(subscriptions / group) * PERSONS_PER_SECOND_NUMBER + rest;
}

/** Share of the subscriptions that begin within the span, so that those who join make up for those who leave. */
export function joinerShare(months: number): number {
  const monthly = 0.023;
  return (monthly * months) / (1 + monthly * months);
}

export interface SubscriptionContext {
  subscriptions: number;
  firstDay: number;
  /** People join in the history alone. */
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

/** Gives everybody a number, some two, and some a place for the one under which they would come back. */
function allocateWithReturns(stream: Stream, count: number, persons: number): Subscriptions {
  const would = Array.from({ length: persons }, (_, person) =>
    stream.at(Purpose.scheduleReturns, person).chance(RETURN_SHARE),
  );
  const all = allocate(count + would.filter(Boolean).length, persons);
  for (let person = 0, at = 0, numbered = 0; person < persons; person += 1) {
    all.firstOfPerson[person] = at;
    const numbers = person % PERSONS_PER_SECOND_NUMBER === PERSONS_PER_SECOND_NUMBER - 1 ? 2 : 1;
    for (let number = 0; number < numbers && numbered < count; number += 1, at += 1, numbered += 1) {
      all.person[at] = person;
      all.isSecondNumber[at] = number;
    }
    if (!would[person]) continue;
    all.person[at] = person;
    all.returnOf[at] = all.firstOfPerson[person]!;
    all.returnAs[all.firstOfPerson[person]!] = at;
    at += 1;
  }
  all.firstOfPerson[persons] = all.count;
  return all;
}

/** Who comes back is who left: the same use and the same nature; the account may be another one. */
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

/** Whether a subscription came to be. */
export function isActivated({ activatedDay }: Subscriptions, at: number): boolean {
  return activatedDay[at] !== NEVER;
}

/**
 * The plan taken at the start: the best one for what people think they will use, which is off by a third either way.
 * Needs what they use, so it comes after the circle. @param minutesOf billed outgoing minutes a month
 */
export function assignEntryPlans(
  stream: Stream,
  all: Subscriptions,
  firstDay: number,
  minutesOf: (at: number) => number,
): void {
  for (let at = 0; at < all.count; at += 1) {
    const random = stream.at(Purpose.subscription, at, 1);
    const guess = (): number => Math.exp(0.4 * random.normal());
    const { plan } = bestOpenPlan(minutesOf(at) * guess(), all.dataMb[at]! * guess(), all.smsSent[at]!);
    const cameEarly = all.activatedDay[at]! < firstDay - 1500;
    if (all.inFamilyPlan[at] === 1) all.entryPlan[at] = FAMILY_PLAN;
    else if (cameEarly && random.chance(0.5)) all.entryPlan[at] = random.pick(OLD_PLANS);
    else all.entryPlan[at] = random.chance(0.12) ? random.pick(OPEN_PLANS) : plan;
    const committed = PLANS[all.entryPlan[at]!]!.commitmentMonths ?? 0;
    all.entryContractMonths[at] = Math.max(all.entryContractMonths[at]!, committed);
  }
}

function allocate(count: number, persons: number): Subscriptions {
  const numberOf = sharedInts(count);
  for (let at = 0; at < count; at += 1) numberOf[at] = at;
  return {
    count,
    person: sharedInts(count),
    firstOfPerson: sharedInts(persons + 1),
    owner: sharedInts(count),
    payer: sharedInts(count),
    isSecondNumber: sharedBytes(count),
    activatedDay: sharedInts(count),
    entryPlan: sharedBytes(count),
    entryContractMonths: sharedBytes(count),
    offNetCalls: sharedFloats(count),
    callSecondsMean: sharedFloats(count),
    smsSent: sharedFloats(count),
    dataMb: sharedFloats(count),
    latent: sharedFloats(count * LATENTS),
    inFamilyPlan: sharedBytes(count),
    returnOf: sharedInts(count, -1),
    returnAs: sharedInts(count, -1),
    payingFirm: sharedInts(count, -1),
    heir: sharedInts(count, -1),
    handOverMonth: sharedShorts(count),
    numberOf,
  };
}

function assignUsage(random: Stream, people: People, all: Subscriptions, at: number): void {
  const person = all.person[at]!;
  const age = people.age[person]!;
  const richer = Math.sqrt(people.incomeCny[person]! / 5000);
  const second = all.isSecondNumber[at] === 1 ? 0.35 : 1;
  all.offNetCalls[at] = second * random.logNormal(17 * richer, 0.6);
  all.callSecondsMean[at] = random.logNormal(140, 0.35);
  all.smsSent[at] = random.logNormal(age > 50 ? 4 : 2.5, 0.7);
  all.dataMb[at] = second * random.logNormal(age < 35 ? 11_000 : age < 60 ? 7_500 : 2_500, 0.65);
}

/** Whose bill the head of the household pays; that of those below 18 always. */
export const PAID_BY_HEAD: Record<Role, number> = { head: 0, spouse: 0.25, child: 0.7, elder: 0.4, tenant: 0.03 };
/** Elders whose number the head signed for. The head signs for everybody below 18. */
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

/** A firm that is a customer pays for some of its people, for their first number and nobody else's. */
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
    const from = all.firstOfPerson[households.firstPerson[household]!]!;
    const to = all.firstOfPerson[households.firstPerson[household + 1]!]!;
    const isTaken = isFamily(households.kind[household]!) && stream.at(Purpose.household, household, 1).chance(0.24);
    const members = Array.from({ length: to - from }, (_, place) => from + place).filter((at) => all.returnOf[at]! < 0);
    if (members.length < 2 || !isTaken) continue;
    for (const at of members) all.inFamilyPlan[at] = all.isSecondNumber[at] === 1 ? 0 : 1;
  }
}
