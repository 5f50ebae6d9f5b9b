import { UNKNOWN, type Subjects } from './subjects.js';

/**
 * Most lines that may share a thing of each kind. A thing with more is a company's, a dormitory's or a technical one: it is
 * no evidence anywhere, neither for finding pairs nor for their weight nor for what the model learns from. A household has
 * eight lines at most (`hh.membersMax`); two households may be registered at one door. Only active lines count.
 */
export const LINES_MAX = {
  /** Account, counted over the lines on it and the lines that it pays for. */
  account: 10,
  /** The same account as the one that pays. */
  payer: 10,
  /** Address down to the door. */
  door: 12,
  /** Address down to the building: a tower with more lines is not evidence, nor is a campus or an office block. */
  building: 100,
  /** Family plan. */
  plan: 10,
  /** Lines that one customer owns or uses. */
  customer: 10,
  /** Lines of one head of a family, and customers that one customer is linked to. */
  link: 10,
  /** Lines that one line talks to in a month: more are the contacts of a call centre or a courier. */
  contact: 150,
} as const;

export type SharedKind = keyof typeof LINES_MAX;
export type LinesMax = Readonly<Record<SharedKind, number>>;
/** Things that are too widely shared, by kind. */
export type TooShared = Partial<Record<SharedKind, number>>;

/**
 * The same subscriptions, without the codes of what too many lines share: what follows cannot treat them as evidence. Age
 * and gender go with a customer who has too many lines, since they are not those of the people who use the lines, and the
 * building goes with a door that too many share. O(subscriptions).
 */
export function withoutTooShared(subjects: Subjects, max: LinesMax): { subjects: Subjects; tooShared: TooShared } {
  const { account, payer, address, building, known, owner, user, linkHead, age, gender } = subjects;
  const onAccount = linesPerCode([account, payer]);
  const isWideUser = (code: number): boolean => code !== UNKNOWN && used[code]! > max.customer;
  const isWideDoor = (code: number): boolean => code !== UNKNOWN && atDoor[code]! > max.door;
  const [used, owned, atDoor] = [linesPerCode([user]), linesPerCode([owner]), linesPerCode([address])];
  const [inBuilding, onPlan, ofHead] = [linesPerCode([building]), linesPerCode([known]), linesPerCode([linkHead])];
  const narrow = (codes: Int32Array, lines: Int32Array, linesMax: number): Int32Array =>
    codes.map((code) => (code !== UNKNOWN && lines[code]! > linesMax ? UNKNOWN : code));
  return {
    subjects: {
      ...subjects,
      account: narrow(account, onAccount, max.account),
      payer: narrow(payer, onAccount, max.payer),
      address: narrow(address, atDoor, max.door),
      building: narrow(building, inBuilding, max.building).map((code, at) =>
        isWideDoor(address[at]!) ? UNKNOWN : code,
      ),
      known: narrow(known, onPlan, max.plan),
      owner: narrow(owner, owned, max.customer),
      user: narrow(user, used, max.customer),
      linkHead: narrow(linkHead, ofHead, max.link),
      age: age.map((years, at) => (isWideUser(user[at]!) ? Number.NaN : years)),
      gender: gender.map((code, at) => (isWideUser(user[at]!) ? UNKNOWN : code)),
    },
    tooShared: {
      account: countOver([onAccount], max.account),
      payer: max.payer === max.account ? 0 : countOver([onAccount], max.payer),
      door: countOver([atDoor], max.door),
      building: countOver([inBuilding], max.building),
      plan: countOver([onPlan], max.plan),
      customer: countOver([used, owned], max.customer),
      link: countOver([ofHead], max.link),
    },
  };
}

const WORDS: Record<SharedKind, string> = {
  account: 'accounts',
  payer: 'payers',
  door: 'doors',
  building: 'buildings',
  plan: 'family plans',
  customer: 'customers',
  link: 'linked customers',
  contact: 'lines with contacts',
};

/** Evidence that a run excluded because too many lines share it. */
export function tooSharedTexts(tooShared: TooShared, max: LinesMax): string[] {
  return Object.entries(tooShared)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${count} ${WORDS[kind as SharedKind]} of more than ${max[kind as SharedKind]} lines`);
}

/** Subscriptions that have a code in any of the columns, by code. */
function linesPerCode(columns: readonly Int32Array[]): Int32Array {
  const most = columns.reduce((max, codes) => codes.reduce((above, code) => Math.max(above, code), max), UNKNOWN);
  const lines = new Int32Array(most + 1);
  for (const [at, codes] of columns.entries()) {
    codes.forEach((code, subject) => {
      const isCounted = columns.slice(0, at).some((earlier) => earlier[subject] === code);
      if (code !== UNKNOWN && !isCounted) lines[code]! += 1;
    });
  }
  return lines;
}

/** Codes of which any count exceeds the limit. */
function countOver(counts: readonly Int32Array[], max: number): number {
  const over = new Set<number>();
  for (const lines of counts) lines.forEach((count, code) => count > max && over.add(code));
  return over.size;
}
