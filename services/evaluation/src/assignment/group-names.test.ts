import { groupKeys, noteOnSeveral, notesOnNames } from './group-names.js';

describe('groups of a past campaign', () => {
  const keyOf = groupKeys(['control', '对照组', 'No E-Mail']);

  it.each([
    ['control', 'control'],
    ['Control', 'control'],
    [' CONTROL\t', 'control'],
    ['ｃｏｎｔｒｏｌ', 'control'],
    ['对照组', 'control'],
    ['no  e-mail', 'control'],
    ['Discount ', 'discount'],
    ['holdout', 'holdout'],
  ])('%j belongs to %j', (arm, key) => expect(keyOf(arm)).toBe(key));

  it('are control by that name whatever the operator has set', () => {
    expect(groupKeys([])('CONTROL')).toBe('control');
    expect(groupKeys([])('对照组')).toBe('对照组');
  });

  it('are empty for unambiguous names', () => {
    const plain = [
      { arm: 'control', spellings: ['control'] },
      { arm: 'discount', spellings: ['discount'] },
    ];
    expect(notesOnNames(plain)).toEqual([]);
    expect(noteOnSeveral([])).toEqual([]);
  });

  it('list the names of the control group, names that resemble it, and joined spellings', () => {
    const notes = notesOnNames([
      { arm: 'control', spellings: ['Control', '对照组'] },
      { arm: 'holdout', spellings: ['holdout'] },
      { arm: 'discount', spellings: ['DISCOUNT', 'discount'] },
    ]);
    expect(notes).toEqual([
      { key: 'controlNamed', params: { names: '“Control”, “对照组”' } },
      { key: 'looksLikeControl', params: { names: '“holdout”' } },
      { key: 'spellingsJoined', params: { names: '“DISCOUNT”, “discount”', arm: 'discount' } },
    ]);
  });

  it('count subscriptions in several groups, with the groups; long lists are truncated', () => {
    const [note] = noteOnSeveral([
      { groups: 'control + discount', subscriptions: 12 },
      { groups: 'discount + video', subscriptions: 3 },
    ]);
    expect(note!.params).toEqual({ subscriptions: 15, groups: 'control + discount: 12, discount + video: 3' });
    const many = noteOnSeveral(Array.from({ length: 30 }, (_, at) => ({ groups: `a + b${at}`, subscriptions: 1 })));
    expect(many[0]!.params['subscriptions']).toBe(30);
    expect(String(many[0]!.params['groups']).split(', ')).toHaveLength(11);
  });
});
