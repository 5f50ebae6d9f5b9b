import { groupKey, looksLikeControl, looseGroupKey } from './control-group.js';

describe('names of groups', () => {
  it.each([
    ['Control', 'control'],
    ['  CONTROL\t', 'control'],
    ['\u3000ｃｏｎｔｒｏｌ ', 'control'],
    ['Control   Group', 'control group'],
    ['对照组 ', '对照组'],
  ])('%j has the key %j', (name, key) => expect(groupKey(name)).toBe(key));

  it('are the same to a reader whatever separates their words', () => {
    expect(new Set(['Plan-A', 'plan_a', 'plan a', 'PLANA'].map(looseGroupKey)).size).toBe(1);
    expect(looseGroupKey('plan-a')).not.toBe(looseGroupKey('plan-b'));
  });

  it.each([
    'control',
    'Control',
    'CONTROL GROUP',
    'control_1',
    'ctrl',
    'hold-out',
    'no action',
    '对照组',
    '空白对照',
    '空白组',
  ])('%s looks like the control group', (name) => expect(looksLikeControl(name)).toBe(true));

  it.each(['discount', 'parental-control', 'cost-control', 'video', 'care', '折扣组'])(
    '%s does not look like the control group',
    (name) => expect(looksLikeControl(name)).toBe(false),
  );
});
