import { CONTROL, groupKey, looksLikeControl } from '@holdfast/platform/control-group';
import type { FailureParams } from '@holdfast/platform/errors';

/** A notice about the groups of a past campaign, as it is stored: see result/notices.ts for the texts. */
export interface AssignmentNote {
  key: 'controlNamed' | 'looksLikeControl' | 'spellingsJoined' | 'inSeveralGroups' | 'touchesUnknown';
  params: FailureParams;
}

/** A group of a past campaign under all the spellings that its rows have. */
export interface SpeltGroup {
  arm: string;
  spellings: readonly string[];
}

/** Longest list of groups in a notice. */
const NAMES_MAX = 10;

/**
 * Gives the key by which rows belong to a group: names that differ in case, width or blanks alone are one group, and any
 * of the names of control groups is `control`. Memory holds a key for each spelling.
 * @param controlNames as the operator has set them; `control` is always one
 */
export function groupKeys(controlNames: readonly string[]): (arm: string) => string {
  const control = new Set([CONTROL, ...controlNames.map(groupKey)]);
  const known = new Map<string, string>();
  return (arm) => {
    let key = known.get(arm);
    if (key === undefined) {
      key = control.has(groupKey(arm)) ? CONTROL : groupKey(arm);
      known.set(arm, key);
    }
    return key;
  };
}

/** What a reader must know about how the groups of a campaign are named. */
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

/** @param groups such as `control + discount`, with the number of subscriptions that were assigned to just these */
export function noteOnSeveral(groups: readonly { groups: string; subscriptions: number }[]): AssignmentNote[] {
  if (groups.length === 0) return [];
  const subscriptions = groups.reduce((sum, each) => sum + each.subscriptions, 0);
  const listed = listOf(groups.map((each) => `${each.groups}: ${each.subscriptions}`));
  return [{ key: 'inSeveralGroups', params: { subscriptions, groups: listed } }];
}

function listOf(names: readonly string[]): string {
  return [...names.slice(0, NAMES_MAX), ...(names.length > NAMES_MAX ? ['…'] : [])].join(', ');
}
