import { judged, percentText, shown, type Judgement } from './judgement.js';
import type { HouseholdList, RulePairs } from './report-format.js';
import type { Truth } from './truth-reader.js';

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

export function pairTruthOf(rows: Pick<Truth, 'households' | 'firms' | 'departures'>): PairTruth {
  const { households, firms, departures } = rows;
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
function* pairsBy(column: string, rows: Truth['households'], departures: Truth['departures']) {
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

type Pairs = Iterable<readonly [string, string]>;

/**
 * Agreement of found pairs with family pairs; found pairs that only share a flat or a dormitory, and those of one small
 * firm.
 */
export function scorePairs(found: Pairs, { family, neutral, ...others }: PairTruth, keyOf: (id: string) => string) {
  const keys = new Set(Array.from(found, ([left, right]) => pairKey(keyOf(left), keyOf(right))));
  const counted = [...keys].filter((key) => !neutral.has(key));
  const among = (pairs: Set<string>): number => counted.filter((key) => pairs.has(key)).length;
  const right = among(family);
  const [flatSharers, colleagues] = [among(others.flatSharers), among(others.colleagues)];
  const f1 = (2 * right) / (counted.length + family.size);
  return { precision: right / counted.length, recall: right / family.size, f1, flatSharers, colleagues };
}

export function judgeHouseholds(households: HouseholdList, rules: RulePairs, truth: Truth): Judgement[] {
  const pairs = pairTruthOf(truth);
  const line = (name: string, found: Pairs): Judgement => {
    const { precision, recall, f1, flatSharers, colleagues } = scorePairs(found, pairs, truth.keyOf);
    const value =
      `precision ${percentText(precision)}, recall ${percentText(recall)}, ` +
      `F1 ${percentText(f1)}, flat-sharers ${flatSharers}, colleagues ${colleagues}`;
    return shown('households', name, value);
  };
  const members = households.map((household) => household.members);
  const within = members.flatMap((each) => [...pairsWithin(each)]);
  const seen = members.flat();
  const isOnce = new Set(seen).size === seen.length;
  return [
    ...Object.entries(rules).map(([name, found]) => line(`pairs by rule ${name}`, found)),
    line('pairs within households', within),
    judged('households', 'in one household at most', isOnce ? 'yes' : 'no', 'yes', isOnce),
  ];
}

function pairKey(left: string, right: string): string {
  return left < right ? `${left} ${right}` : `${right} ${left}`;
}
