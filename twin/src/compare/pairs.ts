import { judged, percentText, shown, type Judgement } from './judgement.js';
import type { HouseholdList, RulePairs } from './report-format.js';
import type { Truth } from './truth-reader.js';

/** Agreement of found pairs with family pairs. */
interface PairScore {
  precision: number;
  recall: number;
  f1: number;
  /** Found pairs that only share a flat or a dormitory. */
  flatSharers: number;
  /** Found pairs of one small firm. */
  colleagues: number;
}

/**
 * Pairs to find; `neutral` pairs of one person do not count. A number after a hand-over belongs to its last user. Only
 * subscriptions active at the end of the span count.
 */
interface PairTruth {
  family: Set<string>;
  neutral: Set<string>;
  flatSharers: Set<string>;
  colleagues: Set<string>;
}

export function pairTruthOf({
  households,
  firms,
  departures,
}: Pick<Truth, 'households' | 'firms' | 'departures'>): PairTruth {
  const truth: PairTruth = { family: new Set(), neutral: new Set(), flatSharers: new Set(), colleagues: new Set() };
  for (const [left, right] of pairsBy('household_id', households, departures)) {
    const key = pairKey(left['subscription_id']!, right['subscription_id']!);
    if (left['person_id'] === right['person_id']) truth.neutral.add(key);
    else if (left['is_family'] === 'true') truth.family.add(key);
    else truth.flatSharers.add(key);
  }
  for (const [left, right] of pairsBy('firm_id', firms, departures)) {
    if (left['person_id'] !== right['person_id']) {
      truth.colleagues.add(pairKey(left['subscription_id']!, right['subscription_id']!));
    }
  }
  return truth;
}

/** Pairs of rows with an equal column, of active subscriptions. */
function* pairsBy(
  column: string,
  rows: Truth['households'],
  departures: Truth['departures'],
): Generator<[Record<string, string>, Record<string, string>]> {
  const members = new Map<string, Truth['households']>();
  for (const row of rows) {
    if (departures.has(row['subscription_id']!)) continue;
    const list = members.get(row[column]!) ?? [];
    members.set(row[column]!, list);
    list.push(row);
  }
  for (const list of members.values()) yield* pairsWithin(list);
}

function* pairsWithin<T>(members: readonly T[]): Generator<[T, T]> {
  for (const [place, left] of members.entries()) for (const right of members.slice(place + 1)) yield [left, right];
}

export function scorePairs(
  found: Iterable<readonly [string, string]>,
  truth: PairTruth,
  keyOf: (id: string) => string,
): PairScore {
  const keys = new Set(Array.from(found, ([left, right]) => pairKey(keyOf(left), keyOf(right))));
  let right = 0;
  let flatSharers = 0;
  let colleagues = 0;
  let counted = 0;
  for (const key of keys) {
    if (truth.neutral.has(key)) continue;
    counted += 1;
    if (truth.family.has(key)) right += 1;
    if (truth.flatSharers.has(key)) flatSharers += 1;
    if (truth.colleagues.has(key)) colleagues += 1;
  }
  const precision = right / counted;
  const recall = right / truth.family.size;
  return { precision, recall, f1: (2 * right) / (counted + truth.family.size), flatSharers, colleagues };
}

export function judgeHouseholds(households: HouseholdList, rules: RulePairs, truth: Truth): Judgement[] {
  const pairs = pairTruthOf(truth);
  const line = (name: string, found: Iterable<readonly [string, string]>): Judgement => {
    const { precision, recall, f1, flatSharers, colleagues } = scorePairs(found, pairs, truth.keyOf);
    const value =
      `precision ${percentText(precision)}, recall ${percentText(recall)}, ` +
      `F1 ${percentText(f1)}, flat-sharers ${flatSharers}, colleagues ${colleagues}`;
    return shown('households', name, value);
  };
  const members = households.map((household) => household.members);
  const seen = members.flat();
  const isOnce = new Set(seen).size === seen.length;
  return [
    ...Object.entries(rules).map(([name, found]) => line(`pairs by rule ${name}`, found)),
    line(
      'pairs within households',
      members.flatMap((each) => [...pairsWithin(each)]),
    ),
    judged('households', 'in one household at most', isOnce ? 'yes' : 'no', 'yes', isOnce),
  ];
}

function pairKey(left: string, right: string): string {
  return left < right ? `${left} ${right}` : `${right} ${left}`;
}
