import { dayText, monthText } from '@holdfast/platform/calendar';
import { handOverDayOf, lastMonthOf } from '../behaviour/numbers.js';
import { NEVER } from '../calendar/calendar.js';
import type { TableSource } from '../extract/table-source.js';
import { flagText, sortedBy, type Cell } from '../table/table.js';
import { HOUSEHOLD_KINDS, ROLES, isFamily } from '../world/household-kinds.js';
import { lifeEventIn } from '../world/life-events.js';
import { accountOf, ownerOf, userOf } from '../world/ownership.js';
import { workCellOf } from '../world/world.js';

/** Reasons that make a subscription hard to attribute; several may apply. */
export const HARD_CASES = [
  'flatSharers',
  'dormitory',
  'apart',
  'colleagues',
  'secondNumber',
  'ownerIsNotUser',
  'someoneElsePays',
  'firmPays',
  'handedOver',
  'cameBack',
  'recycledNumber',
] as const;
export type HardCase = (typeof HARD_CASES)[number];

/** As of the end of the span. */
function hardCasesOf({ world, lives }: TableSource, at: number): HardCase[] {
  const { people, households, subscriptions, firms } = world;
  const month = lastMonthOf(world, lives, at);
  const user = userOf(world, at, month);
  const kind = HOUSEHOLD_KINDS[households.kind[people.household[user]!]!]!;
  const account = accountOf(world, at, month);
  const isOfHousehold = kind === 'flatSharers' || kind === 'dormitory' || kind === 'apart';
  const is: Record<Exclude<HardCase, 'flatSharers' | 'dormitory' | 'apart'>, boolean> = {
    colleagues: firms.ofPerson[user]! >= 0,
    secondNumber: subscriptions.isSecondNumber[at] === 1,
    ownerIsNotUser: ownerOf(world, at, month) !== user,
    someoneElsePays: account < subscriptions.count && subscriptions.owner[account] !== user,
    firmPays: subscriptions.payingFirm[at]! >= 0,
    handedOver: handOverDayOf(world, lives, at) !== NEVER,
    cameBack: subscriptions.returnOf[at]! >= 0,
    recycledNumber: subscriptions.numberOf[at] !== at,
  };
  return HARD_CASES.filter((name) => (name in is ? is[name as keyof typeof is] : isOfHousehold && name === kind));
}

/** All subscriptions with their user at the end. */
export function* householdRows(source: TableSource): Generator<Cell[]> {
  const { world, lives, identifiers, all } = source;
  const { people, households } = world;
  for (const at of all) {
    const person = userOf(world, at, lastMonthOf(world, lives, at));
    const household = people.household[person]!;
    const kind = households.kind[household]!;
    yield [
      identifiers.household(household),
      HOUSEHOLD_KINDS[kind],
      flagText(isFamily(kind)),
      identifiers.subscription(at),
      identifiers.customer(person),
      ROLES[people.role[person]!],
      identifiers.cell(people.homeCell[person]!),
      identifiers.cell(workCellOf(world, person, world.months - 1, people.homeCell[person]!)),
      hardCasesOf(source, at).join(';') || undefined,
    ];
  }
}

export function* lifeEventRows({ world, identifiers }: TableSource): Generator<Cell[]> {
  const { people, lifeEvents, firstMonth, months } = world;
  const persons = Array.from({ length: people.count }, (_, person) => person);
  for (const person of sortedBy(persons, (one) => identifiers.customer(one))) {
    const month = lifeEvents.month[person]!;
    const event = month < months ? lifeEventIn(lifeEvents, person, month) : undefined;
    if (event === undefined) continue;
    const shifts = [lifeEvents.voiceShift[person]!, lifeEvents.dataShift[person]!];
    const id = identifiers.customer(person);
    yield [id, monthText(firstMonth + month), event, ...shifts.map((shift) => shift.toFixed(4))];
  }
}

export function* firmRows({ world, identifiers, all }: TableSource): Generator<Cell[]> {
  const { firms, people, subscriptions } = world;
  for (const at of all) {
    const person = subscriptions.person[at]!;
    const firm = firms.ofPerson[person]!;
    if (firm < 0) continue;
    const isCustomer = firms.isCustomer[firm] === 1;
    yield [
      identifiers.subscription(at),
      identifiers.firm(firm),
      identifiers.customer(person),
      identifiers.cell(firms.cell[firm]!),
      isCustomer ? identifiers.customer(people.count + firm) : undefined,
      flagText(subscriptions.payingFirm[at]! >= 0),
    ];
  }
}

export function* returnRows({ world, lives, identifiers, all }: TableSource): Generator<Cell[]> {
  const { subscriptions } = world;
  for (const at of all) {
    const former = subscriptions.returnOf[at]!;
    if (former < 0) continue;
    yield [
      identifiers.subscription(at),
      identifiers.subscription(former),
      identifiers.customer(subscriptions.person[at]!),
      dayText(lives.churnDay[former]!),
      dayText(subscriptions.activatedDay[at]!),
    ];
  }
}

export function* handOverRows({ world, lives, identifiers, all }: TableSource): Generator<Cell[]> {
  const { people, subscriptions } = world;
  for (const at of all) {
    const day = handOverDayOf(world, lives, at);
    if (day === NEVER) continue;
    const [before, heir] = [subscriptions.person[at]!, subscriptions.heir[at]!];
    yield [
      identifiers.subscription(at),
      dayText(day),
      identifiers.customer(before),
      identifiers.customer(heir),
      identifiers.household(people.household[before]!),
      identifiers.household(people.household[heir]!),
    ];
  }
}

/** In the order of recycling; `before` is the previous subscription with the number. */
export function* recycledRows({ world, lives, identifiers, all }: TableSource): Generator<Cell[]> {
  const { numberOf, activatedDay } = world.subscriptions;
  const users = new Map<number, number[]>();
  for (const at of all) {
    if (numberOf[at] !== at) users.set(numberOf[at]!, [...(users.get(numberOf[at]!) ?? []), at]);
  }
  for (const [first, later] of users) {
    later.sort((left, right) => activatedDay[left]! - activatedDay[right]!);
    for (const [place, at] of later.entries()) {
      const before = later[place - 1] ?? first;
      yield [
        identifiers.subscription(at),
        identifiers.subscription(before),
        identifiers.msisdn(first),
        dayText(lives.cancelledDay[before]!),
        dayText(activatedDay[at]!),
      ];
    }
  }
}
