import { RECYCLED_SHARE, canGetRecycledNumber, handOverDayOf, lastMonthOf } from '../behaviour/numbers.js';
import { NEVER } from '../calendar/calendar.js';
import type { TableSource } from '../extract/table-source.js';
import { ARREARS } from '../hazard/causes.js';
import { RETURN_MONTHS_MAX } from '../hazard/life-simulator.js';
import { COLLEAGUES_SHARE, FIRM_PAYS_SHARE, GROUP_CUSTOMER_SHARE, groupOfPerson, isEmployed } from '../world/firms.js';
import { HAND_OVERS_PER_MONTH, handOverCandidates } from '../world/hand-over.js';
import { HOUSEHOLD_KINDS, KIND_SHARES, ROLES } from '../world/household-kinds.js';
import {
  ADULT_YEARS,
  ELDER_SIGNED_BY_HEAD,
  PAID_BY_HEAD,
  PERSONS_PER_SECOND_NUMBER,
  RETURN_SHARE,
} from '../world/subscriptions.js';
import type { HardCase } from './parties.js';

/** A hard case: its stated share of a population, and the realised one. */
export interface CaseShare {
  case: HardCase | 'groupCustomer';
  of: string;
  stated: number;
  realised: number;
  count: number;
  among: number;
}

/** All hard cases, counted in the simulated world. */
export function caseShares(source: TableSource): CaseShare[] {
  return [...householdShares(source), ...personShares(source), ...firmShares(source), ...numberShares(source)];
}

function shareOf(
  name: CaseShare['case'],
  of: string,
  stated: number,
  among: readonly number[],
  is: (one: number) => boolean,
): CaseShare {
  const count = among.filter(is).length;
  const realised = among.length === 0 ? 0 : count / among.length;
  return { case: name, of, stated, realised, count, among: among.length };
}

function householdShares({ world: { households } }: TableSource): CaseShare[] {
  const all = range(households.count);
  return (['flatSharers', 'dormitory', 'apart'] as const).map((kind) =>
    shareOf(kind, 'households', KIND_SHARES[kind], all, (one) => HOUSEHOLD_KINDS[households.kind[one]!] === kind),
  );
}

function personShares({ world }: TableSource): CaseShare[] {
  const { people, households, subscriptions } = world;
  const { firstOfPerson, owner, payer, isSecondNumber } = subscriptions;
  const persons = range(people.count);
  const others = persons.filter((one) => households.firstPerson[people.household[one]!] !== one);
  const grown = (role: string): number[] =>
    others.filter((one) => ROLES[people.role[one]!] === role && people.age[one]! >= ADULT_YEARS);
  const children = others.filter((one) => ROLES[people.role[one]!] === 'child' && people.age[one]! < ADULT_YEARS);
  const hasTwo = (person: number): boolean => isSecondNumber[firstOfPerson[person]! + 1] === 1;
  const isPaid = (person: number): boolean => payer[firstOfPerson[person]!] !== firstOfPerson[person];
  const isSigned = (person: number): boolean => owner[firstOfPerson[person]!] !== person;
  return [
    shareOf('secondNumber', 'persons', 1 / PERSONS_PER_SECOND_NUMBER, persons, hasTwo),
    shareOf('ownerIsNotUser', 'elders', ELDER_SIGNED_BY_HEAD, grown('elder'), isSigned),
    shareOf('ownerIsNotUser', 'children below 18', 1, children, isSigned),
    shareOf('someoneElsePays', 'spouses', PAID_BY_HEAD.spouse, grown('spouse'), isPaid),
    shareOf('someoneElsePays', 'grown children', PAID_BY_HEAD.child, grown('child'), isPaid),
    shareOf('someoneElsePays', 'elders', PAID_BY_HEAD.elder, grown('elder'), isPaid),
  ];
}

function firmShares({ world }: TableSource): CaseShare[] {
  const { geography, people, firms, subscriptions } = world;
  const { payingFirm, payer, person, inFamilyPlan, isSecondNumber, returnOf } = subscriptions;
  const employed = range(people.count).filter((one) => isEmployed(geography, people, one));
  const mayBePaid = range(subscriptions.count).filter((at) => {
    const isOwn = payer[at] === at && inFamilyPlan[at] === 0 && isSecondNumber[at] === 0 && returnOf[at]! < 0;
    return isOwn && groupOfPerson(firms, person[at]!) >= 0;
  });
  return [
    shareOf('colleagues', 'employed persons', COLLEAGUES_SHARE, employed, (one) => firms.ofPerson[one]! >= 0),
    shareOf('groupCustomer', 'firms', GROUP_CUSTOMER_SHARE, range(firms.count), (one) => firms.isCustomer[one] === 1),
    shareOf('firmPays', 'their members that would pay', FIRM_PAYS_SHARE, mayBePaid, (at) => payingFirm[at]! >= 0),
  ];
}

function numberShares(source: TableSource): CaseShare[] {
  const { world, lives } = source;
  const { subscriptions, historyMonths } = world;
  const { returnOf, returnAs, isSecondNumber, numberOf } = subscriptions;
  const all = range(subscriptions.count);
  const churned = all.filter((at) => {
    const isInTime = lives.churnMonth[at]! >= 0 && lives.churnMonth[at]! + RETURN_MONTHS_MAX < historyMonths;
    return isInTime && lives.cause[at] !== ARREARS && returnOf[at]! < 0 && isSecondNumber[at] === 0;
  });
  const joined = all.filter((at) => canGetRecycledNumber(world, at));
  return [
    handOverShare(source),
    shareOf('cameBack', 'voluntary churners', RETURN_SHARE, churned, (at) => returnAs[at]! >= 0),
    shareOf('recycledNumber', 'joiners', RECYCLED_SHARE, joined, (at) => numberOf[at] !== at),
  ];
}

/** By the months in which a number could be handed over. */
function handOverShare({ world, lives }: TableSource): CaseShare {
  const { subscriptions, historyMonths } = world;
  let among = 0;
  let count = 0;
  for (const { at, fromMonth } of handOverCandidates(world, subscriptions)) {
    const isHanded = handOverDayOf(world, lives, at) !== NEVER;
    const end = Math.min(historyMonths - 1, lastMonthOf(world, lives, at));
    const last = isHanded ? subscriptions.handOverMonth[at]! : end;
    among += Math.max(0, last - fromMonth + 1);
    count += Number(isHanded);
  }
  const realised = among === 0 ? 0 : count / among;
  return { case: 'handedOver', of: 'months before a hand-over', stated: HAND_OVERS_PER_MONTH, realised, count, among };
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at);
}
