import type { Role } from '../evidence/kinship.js';

/** A member as far as its role goes. */
export interface Person {
  /** Equal for two numbers of one person. */
  person: number;
  /** Years; NaN unknown. */
  age: number;
  /** Place in GENDERS; -1 unknown. */
  gender: number;
  /** How many members' bills go to the account that pays for this one; its own included. */
  paidTogether: number;
  /** Roles as stated to the operator. */
  told: Role | undefined;
}

export type MemberRole = Role | 'member';

/** Above this age, who is not alone at it in the household is an elder rather than its head. */
const HEAD_AGE_MAX = 64;
const HEAD_AGE_MIN = 22;
/** Years between generations. */
const GENERATION_YEARS = 16;
const COUPLE_YEARS_MAX = 15;

/**
 * Roles of members: as stated, else by age. The head is as stated, or, among those whose account pays for
 * most, the oldest below 65, else the oldest. A generation above is elder, one below child; one of the other sex and about
 * the same age is the spouse, if it is the only one. Others, and those of unknown age, are `member`.
 */
export function rolesOf(people: readonly Person[]): MemberRole[] {
  const head = headOf(people);
  if (head === undefined) return people.map(({ told }) => told ?? 'member');
  const mayBeSpouse = people.filter((person) => person.told === undefined && isMatch(head, person));
  const hasSpouse = people.some(({ told }) => told === 'spouse');
  const spouses = new Set(mayBeSpouse.map(({ person }) => person));
  return people.map((person) => {
    if (person.person === head.person) return 'head';
    if (person.told !== undefined && person.told !== 'head') return person.told;
    if (!hasSpouse && spouses.size === 1 && spouses.has(person.person)) return 'spouse';
    const years = person.age - head.age;
    if (years >= GENERATION_YEARS) return 'elder';
    return years <= -GENERATION_YEARS ? 'child' : 'member';
  });
}

function headOf(people: readonly Person[]): Person | undefined {
  const told = people.find((person) => person.told === 'head');
  if (told !== undefined) return told;
  const free = people.filter((person) => person.told === undefined && person.age >= HEAD_AGE_MIN);
  const most = Math.max(...free.map(({ paidTogether }) => paidTogether));
  const payers = free.filter(({ paidTogether }) => paidTogether === most);
  const young = payers.filter(({ age }) => age <= HEAD_AGE_MAX);
  return oldest(young.length > 0 ? young : payers);
}

/** The first of the oldest. */
function oldest(people: readonly Person[]): Person | undefined {
  return people.reduce<Person | undefined>(
    (found, one) => (found !== undefined && found.age >= one.age ? found : one),
    undefined,
  );
}

function isMatch(head: Person, person: Person): boolean {
  return (
    person.person !== head.person &&
    person.gender >= 0 &&
    head.gender >= 0 &&
    person.gender !== head.gender &&
    Math.abs(person.age - head.age) <= COUPLE_YEARS_MAX
  );
}
