import { mayBeSame, type Actor } from './actor.js';

describe('who may be the same', () => {
  const actor = (client: string, person: string | null = null): Actor => ({ client, person });

  it.each([
    ['the same person at the same client', actor('crm', 'anna'), actor('crm', 'anna'), true],
    ['two people at the same client', actor('crm', 'anna'), actor('crm', 'bo'), false],
    ['the same person at another client', actor('crm', 'anna'), actor('console', 'anna'), true],
    ['a client without a person, twice', actor('crm'), actor('crm'), true],
    ['a client with a person, then without', actor('crm', 'anna'), actor('crm'), true],
    ['two clients without a person', actor('planner'), actor('approver'), false],
    ['two clients, one with a person', actor('planner'), actor('console', 'anna'), false],
  ])('%s: %#', (_, one, other, expected) => {
    expect(mayBeSame(one, other)).toBe(expected);
    expect(mayBeSame(other, one)).toBe(expected);
  });
});
