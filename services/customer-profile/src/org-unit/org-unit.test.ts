import { customersAtAndBelow, unitsNamedBy } from './org-unit.js';

describe('the tree of units', () => {
  it('names every unit above a path, with its level and its name for people', () => {
    expect(unitsNamedBy(['demo/沈阳/', 'demo/沈阳/He%20Ping%2F1/', 'demo/'])).toEqual([
      { orgUnitPath: 'demo/', level: 'province', name: 'demo' },
      { orgUnitPath: 'demo/沈阳/', level: 'city', name: '沈阳' },
      { orgUnitPath: 'demo/沈阳/He%20Ping%2F1/', level: 'county_company', name: 'He Ping/1' },
    ]);
  });

  it('has no level below a hall, and shows a code that cannot be decoded as it is', () => {
    const units = unitsNamedBy(['p/c/y/m/a/h/deeper/', 'p/100%/']);
    expect(units.map(({ level }) => level).slice(-3)).toEqual(['hall', 'hall', 'city']);
    expect(units.at(-1)!.name).toBe('100%');
  });

  it('counts customers at a unit and below it', () => {
    const totals = customersAtAndBelow(
      new Map([
        ['demo/', 1],
        ['demo/a/', 2],
        ['demo/a/x/', 4],
        ['demo/b/', 8],
      ]),
    );
    expect(Object.fromEntries(totals)).toEqual({ 'demo/': 15, 'demo/a/': 6, 'demo/a/x/': 4, 'demo/b/': 8 });
  });
});
