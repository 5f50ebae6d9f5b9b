/** The name that the group without contacts has everywhere. */
export const CONTROL = 'control';

/** Words for a control group, without blanks, hyphens and underscores. */
const CONTROL_WORDS: ReadonlySet<string> = new Set([
  ...['ctrl', 'ctl', 'holdout', 'holdoutgroup', 'heldout', 'noaction', 'noactiongroup', 'nocontact', 'nocontactgroup'],
  ...[
    'notreatment',
    'untreated',
    'placebo',
    '控制组',
    '对比组',
    '空白组',
    '不干预组',
    '不干预',
    '未干预组',
    '留白组',
    '保留组',
  ],
]);
const CONTROL_WORD = /^(the)?control(s|group|groups|arm|cell)?\d*$|对照/u;

/** A group's name with what spellings differ in taken away: width, case, and blanks around and between words. */
export function groupKey(name: string): string {
  return name.normalize('NFKC').trim().toLowerCase().replaceAll(/\s+/gu, ' ');
}

/** As `groupKey`, also without what separates words: `plan-a`, `plan_a` and `Plan A` are the same to a reader. */
export function looseGroupKey(name: string): string {
  return groupKey(name).replaceAll(/[\s_-]+/gu, '');
}

/** Whether a reader would take a group of this name for the control group. */
export function looksLikeControl(name: string): boolean {
  const key = looseGroupKey(name);
  return CONTROL_WORDS.has(key) || CONTROL_WORD.test(key);
}
