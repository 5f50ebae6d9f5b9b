import { sameHouseholds } from './same-households.js';

describe('households that stay the same', () => {
  const before = [
    { id: 'A', members: ['a', 'b'] },
    { id: 'B', members: ['c', 'd', 'e'] },
  ];

  it.each<[string, string[][], (string | undefined)[]]>([
    [
      'nothing has changed',
      [
        ['a', 'b'],
        ['c', 'd', 'e'],
      ],
      ['A', 'B'],
    ],
    ['a child has come', [['a', 'b', 'x']], ['A']],
    ['one of three has gone', [['c', 'd']], ['B']],
    [
      'half of it is there',
      [
        ['a', 'x'],
        ['b', 'y'],
      ],
      [undefined, undefined],
    ],
    ['two merged: the larger one stays', [['a', 'b', 'c', 'd', 'e']], ['B']],
    [
      'it fell into parts: the larger part stays',
      [
        ['e', 'x'],
        ['c', 'd'],
      ],
      [undefined, 'B'],
    ],
    ['strangers', [['x', 'y']], [undefined]],
  ])('%s', (_, found, ids) => {
    expect(sameHouseholds(found, before)).toEqual(ids);
  });

  it('does not depend on the order', () => {
    const found = [
      ['a', 'b', 'c'],
      ['d', 'e'],
    ];
    expect(sameHouseholds([...found].reverse(), [...before].reverse())).toEqual(
      sameHouseholds(found, before).reverse(),
    );
  });
});
