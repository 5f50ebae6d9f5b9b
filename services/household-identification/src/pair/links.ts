import { pairKey, type Calls } from '../evidence/calls.js';
import type { Kinship } from '../evidence/kinship.js';
import { startsOf } from '../evidence/presence.js';
import { UNKNOWN, type Subjects } from '../evidence/subjects.js';

/** Evidence that is no co-presence, as bits. */
export const ACCOUNT = 1;
export const PAYER = 2;
export const ADDRESS = 4;
export const BUILDING = 8;
export const LINK = 16;
export const KNOWN = 32;
/** Two numbers that one person uses. */
export const PERSON = 64;
const CALLED = 128;

/** Pairs that something other than a cell brings together, by the lesser subscription. */
export interface LinkedPairs {
  right: Int32Array;
  /** Pairs of left l: start[l] … start[l + 1] - 1, ascending by right. */
  start: Int32Array;
}

/**
 * Who shares an account, a payer or a door, is linked, known as a family, or has called. A building alone makes no pair
 * together: that would be all pairs of a tower. O(pairs log pairs).
 * @param subjects without what too many share (shared-things.ts), which bounds the pairs
 */
export function linkedPairs(subjects: Subjects, kinship: Kinship, calls: Calls): LinkedPairs {
  const count = subjects.ids.count;
  const keys = new Set<number>(calls.byPair.keys());
  const { account, payer, address, known, owner, user, linkHead } = subjects;
  for (const codes of [account, payer, address, known, owner, user, linkHead]) {
    const { start, order } = startsOf(withoutUnknown(codes), maxOf(codes) + 2);
    for (let code = 1; code < start.length - 1; code += 1)
      addAll(keys, order.subarray(start[code]!, start[code + 1]!), count);
  }
  const byCustomer = startsOf(withoutUnknown(subjects.user), maxOf(subjects.user) + 2);
  const ofCustomer = (code: number): Int32Array =>
    code + 1 < byCustomer.start.length - 1
      ? byCustomer.order.subarray(byCustomer.start[code + 1]!, byCustomer.start[code + 2]!)
      : new Int32Array(0);
  for (const [from, to] of kinship.linkedCustomers()) {
    for (const left of ofCustomer(from)) for (const right of ofCustomer(to)) keys.add(pairKey(left, right, count));
  }
  const sorted = Float64Array.from(keys).sort();
  const left = Int32Array.from(sorted, (key) => Math.floor(key / count));
  return { right: Int32Array.from(sorted, (key) => key % count), start: startsOf(left, count).start };
}

/** The bits of a pair. */
export function linkBits(subjects: Subjects, kinship: Kinship, calls: number, left: number, right: number): number {
  const isSame = (codes: Int32Array): boolean => codes[left] !== UNKNOWN && codes[left] === codes[right];
  return (
    (isSame(subjects.account) ? ACCOUNT : 0) |
    (isSame(subjects.payer) ? PAYER : 0) |
    (isSame(subjects.address) ? ADDRESS : 0) |
    (isSame(subjects.building) ? BUILDING : 0) |
    (isSame(subjects.known) ? KNOWN : 0) |
    (isSame(subjects.user) ? PERSON : 0) |
    (kinship.isLinked(left, right) || isSame(subjects.linkHead) ? LINK : 0) |
    (calls > 0 ? CALLED : 0)
  );
}

/** Codes from 1; 0 is unknown. */
function withoutUnknown(codes: Int32Array): Int32Array {
  return codes.map((code) => code + 1);
}

function maxOf(codes: Int32Array): number {
  return codes.reduce((most, code) => Math.max(most, code), UNKNOWN);
}

function addAll(keys: Set<number>, group: Int32Array, count: number): void {
  for (let at = 0; at < group.length; at += 1) {
    for (let other = at + 1; other < group.length; other += 1) keys.add(pairKey(group[at]!, group[other]!, count));
  }
}
