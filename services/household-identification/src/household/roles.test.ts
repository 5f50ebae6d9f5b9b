import { rolesOf, type Person } from './roles.js';

let people = 0;

function person(age: number, gender: 'm' | 'f' | '' = '', more: Partial<Person> = {}): Person {
  people += 1;
  return { person: people, age, gender: ['m', 'f'].indexOf(gender), paidTogether: 1, told: undefined, ...more };
}

describe('roles', () => {
  it.each<[string, Person[], string[]]>([
    ['a couple', [person(40, 'm'), person(38, 'f')], ['head', 'spouse']],
    [
      'three generations',
      [person(70, 'f'), person(42, 'f'), person(44, 'm'), person(15, 'm')],
      ['elder', 'spouse', 'head', 'child'],
    ],
    ['an old couple', [person(70, 'm'), person(68, 'f')], ['head', 'spouse']],
    [
      'the one who pays for all, though younger',
      [person(44, 'm'), person(40, 'f', { paidTogether: 2 })],
      ['spouse', 'head'],
    ],
    [
      'stated roles',
      [person(44, 'm'), person(40, 'f', { told: 'head' }), person(20, '', { told: 'child' })],
      ['spouse', 'head', 'child'],
    ],
    ['brothers', [person(30, 'm'), person(28, 'm')], ['head', 'member']],
    ['two who could be the spouse', [person(40, 'm'), person(39, 'f'), person(35, 'f')], ['head', 'member', 'member']],
    ['ages that are not known', [person(Number.NaN, 'm'), person(Number.NaN, 'f')], ['member', 'member']],
    ['15 and 16 years between them', [person(50, 'm'), person(35, 'm'), person(34, 'm')], ['head', 'member', 'child']],
  ])('%s', (_, people, roles) => {
    expect(rolesOf(people)).toEqual(roles);
  });

  it('gives both numbers of one person one role', () => {
    const second = { ...person(40, 'm') };
    expect(rolesOf([second, person(39, 'f'), { ...second }])).toEqual(['head', 'spouse', 'head']);
  });
});
