import { CONTROL, groupKey, looksLikeControl } from '@holdfast/platform/control-group';
import type { FailureParams } from '@holdfast/platform/errors';

/** A stored notice about the groups of a past campaign; result/notices.ts has the texts. */
export interface AssignmentNote {
  key: 'controlNamed' | 'looksLikeControl' | 'spellingsJoined' | 'inSeveralGroups' | 'touchesUnknown';
  params: FailureParams;
}

/** A group of a past campaign with all spellings in its rows. */
export interface SpeltGroup {
  arm: string;
  spellings: readonly string[];
}

/** Longest list of groups in a notice. */
const NAMES_MAX = 10;

/**
 * Returns the function from the name of a group to its key: names that differ only in case, width or blanks have the
 * same key, and all names of control groups have `control`.
 * @param controlNames of the parameter, in addition to `control`
 */
export function groupKeys(controlNames: readonly string[]): (arm: string) => string {
  const control = new Set([CONTROL, ...controlNames.map(groupKey)]);
  const keys = new Map<string, string>();
  return (arm) => {
    let key = keys.get(arm);
    if (key === undefined) {
      key = control.has(groupKey(arm)) ? CONTROL : groupKey(arm);
      keys.set(arm, key);
    }
    return key;
  };
}

/** Notices about the names of a campaign's groups. */
export function notesOnNames(groups: readonly SpeltGroup[]): AssignmentNote[] {
  return groups.flatMap(({ arm, spellings }): AssignmentNote[] => {
    const names = listOf(spellings.map((name) => `“${name}”`));
    if (arm === CONTROL) {
      const isOther = spellings.some((name) => name !== CONTROL);
      return isOther ? [{ key: 'controlNamed', params: { names } }] : [];
    }
    return [
      ...(spellings.length > 1 ? [{ key: 'spellingsJoined' as const, params: { names, arm } }] : []),
      ...(looksLikeControl(arm) ? [{ key: 'looksLikeControl' as const, params: { names } }] : []),
    ];
  });
}

/** @param groups such as `control + discount`, with the number of subscriptions assigned to exactly these */
export function noteOnSeveral(groups: readonly { groups: string; subscriptions: number }[]): AssignmentNote[] {
  if (groups.length === 0) return [];
  const subscriptions = groups.reduce((sum, each) => sum + each.subscriptions, 0);
  const listed = listOf(groups.map((each) => `${each.groups}: ${each.subscriptions}`));
  return [{ key: 'inSeveralGroups', params: { subscriptions, groups: listed } }];
}

function listOf(names: readonly string[]): string {
  return [...names.slice(0, NAMES_MAX), ...(names.length > NAMES_MAX ? ['…'] : [])].join(', ');
}
