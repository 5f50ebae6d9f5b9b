import type { ScriptFacts } from './script-facts.js';

/** What a number of a column counts: an amount of money, a share, a relative change (natural logarithm), or things. */
export type Unit = 'money' | 'share' | 'change' | 'megabytes' | 'minutes' | 'number';

/** The view over full extracts. The names of its features carry their units; those of a plain table are the operator's. */
const VIEW = 'subscriber-months';

const UNITS: readonly (readonly [pattern: RegExp, unit: Unit])[] = [
  [/_cny(_|$)/, 'money'],
  [/_log$|^bill_above_cheapest_/, 'change'],
  [/(^|_)share(_|$)|_over_(allowance|fee)_|^arpu_variation_/, 'share'],
  [/_mb(_|$)/, 'megabytes'],
  [/_min(_m\d|_mean|$)/, 'minutes'],
];

export function unitOf(column: string, { table, valueColumn }: Pick<ScriptFacts, 'table' | 'valueColumn'>): Unit {
  if (column === valueColumn) return 'money';
  if (table !== VIEW) return 'number';
  return UNITS.find(([pattern]) => pattern.test(column))?.[1] ?? 'number';
}
