import type { ContactFacts } from '@holdfast/contracts/customer_profile/v1/consent';
import fc from 'fast-check';
import { decideContact, type ContactHistory, type ContactPolicy, type GateInput } from './gate.js';

const policy: ContactPolicy = {
  maxTouches: 2,
  windowDays: 30,
  minDaysBetween: 7,
  hoursBetweenAttempts: 24,
  householdMinDays: 7,
  quietHours: { fromMinute: 21 * 60, toMinute: 9 * 60 },
};
const morning = new Date('2026-09-03T02:00:00Z'); // 10:00 in Shanghai
const HOUR_MS = 3_600_000;

const facts: ContactFacts = {
  subscriptionId: 's',
  customerId: 'c',
  consented: true,
  identified: true,
  consentBasis: 'stated',
  suppressions: [],
  timeZone: 'Asia/Shanghai',
  orgUnitPath: 'demo/',
  ...{ numberRefused: false, numberUnconfirmed: false, numbers: [] },
};
const noHistory: ContactHistory = { attempts: [], objected: false, wrongNumber: false, householdContacts: [] };

function person(changed: Partial<ContactFacts>, history: Partial<ContactHistory> = {}): GateInput {
  return { kind: 'facts', facts: { ...facts, ...changed }, history: { ...noHistory, ...history } };
}

function touched(daysBefore: number): Partial<ContactHistory> {
  return { attempts: [{ at: new Date(morning.getTime() - daysBefore * 24 * HOUR_MS), counts: true }] };
}

/** Another member of the household was reached a number of days before. */
function householdTouched(daysBefore: number): Partial<ContactHistory> {
  return { householdContacts: [new Date(morning.getTime() - daysBefore * 24 * HOUR_MS)] };
}

const heldOut = (until: string): Partial<ContactHistory> => ({ holdoutUntil: new Date(until) });

describe('contactability gate', () => {
  it.each<[string, GateInput, string, string[], string | undefined]>([
    ['all is well', person({}), '10:00', [], undefined],
    ['unknown subscription', { kind: 'unknown' }, '10:00', ['unknown'], undefined],
    ['facts unavailable', { kind: 'unavailable' }, '10:00', ['unavailable'], undefined],
    ['no consent', person({ consented: false }), '10:00', ['consent'], undefined],
    ['consent unknown', person({ consented: undefined }), '10:00', ['consent_unknown'], undefined],
    ['suppressed', person({ suppressions: ['complaint_open'] }), '10:00', ['suppressed'], undefined],
    ['objected, not handed over yet', person({}, { objected: true }), '10:00', ['suppressed'], undefined],
    ['no key and no number', person({ identified: false }), '10:00', ['identity_unknown'], undefined],
    ['the number of another who refused', person({ numberRefused: true }), '10:00', ['number_refused'], undefined],
    ['a number in doubt', person({ numberUnconfirmed: true }), '10:00', ['number_unconfirmed'], undefined],
    [
      'another person answered, not handed over yet',
      person({}, { wrongNumber: true }),
      '10:00',
      ['number_unconfirmed'],
      undefined,
    ],
    ['time zone unknown', person({ timeZone: '' }), '10:00', ['time_zone_unknown'], undefined],
    ['time zone that is none', person({ timeZone: 'CST-8' }), '10:00', ['time_zone_unknown'], undefined],
    ['a minute before quiet', person({}), '20:59', [], undefined],
    ['quiet from its first minute', person({}), '21:00', ['quiet_hours'], '2026-09-04T01:00:00Z'],
    ['quiet to its last minute', person({}), '08:59', ['quiet_hours'], '2026-09-03T01:00:00Z'],
    ['a minute after quiet', person({}), '09:00', [], undefined],
    ['contacted lately', person({}, touched(6)), '10:00', ['frequency'], '2026-09-04T02:00:00Z'],
    [
      'not reached lately',
      person({}, { attempts: [{ at: new Date(morning.getTime() - 2 * HOUR_MS), counts: false }] }),
      '10:00',
      ['retry'],
      '2026-09-04T01:00:00Z',
    ],
    ['the cap ends in the night', person({}, touched(6.5)), '10:00', ['frequency'], '2026-09-04T01:00:00Z'],
    [
      'of the household, a minute short of seven days',
      person({}, householdTouched(7 - 1 / 1440)),
      '10:00',
      ['household_frequency'],
      '2026-09-03T02:01:00Z',
    ],
    ['of the household, seven days later', person({}, householdTouched(7)), '10:00', [], undefined],
    [
      'held out',
      person({}, heldOut('2027-01-01T00:00:00+08:00')),
      '10:00',
      ['control_group'],
      '2027-01-01T09:00:00+08:00',
    ],
    [
      'held out for a millisecond more',
      person({}, heldOut('2026-09-03T02:00:00.001Z')),
      '10:00',
      ['control_group'],
      '2026-09-03T02:00:00.001Z',
    ],
    ['held out until now', person({}, heldOut('2026-09-03T02:00:00Z')), '10:00', [], undefined],
    [
      'held out, consent unknown',
      person({ consented: false }, heldOut('2027-01-01T00:00:00Z')),
      '10:00',
      ['consent', 'control_group'],
      undefined,
    ],
    ['two reasons that pass', person({}, touched(6.5)), '21:00', ['frequency', 'quiet_hours'], '2026-09-04T01:00:00Z'],
    ['one reason does not pass', person({ consented: false }), '21:00', ['consent', 'quiet_hours'], undefined],
  ])('%s', (_, input, timeInShanghai, reasons, retryAt) => {
    const at = new Date(`2026-09-03T${timeInShanghai}:00+08:00`);
    const verdict = decideContact(input, policy, at);
    expect(verdict).toEqual({
      allowed: reasons.length === 0,
      reasons,
      ...(retryAt === undefined ? {} : { retryAt: new Date(retryAt) }),
    });
  });

  it('allows a contact only if all checks pass', () => {
    const input = fc.record({
      consented: fc.option(fc.boolean(), { nil: undefined }),
      suppressions: fc.array(fc.constantFrom('legal', 'staff'), { maxLength: 1 }),
      timeZone: fc.constantFrom('Asia/Shanghai', 'UTC', '', 'nowhere'),
      objected: fc.boolean(),
      ...{ numberRefused: fc.boolean(), numberUnconfirmed: fc.boolean(), wrongNumber: fc.boolean() },
      hoursSince: fc.option(fc.integer({ min: 0, max: 400 }), { nil: undefined }),
      counts: fc.boolean(),
      minute: fc.integer({ min: 0, max: 1439 }),
      householdHoursSince: fc.option(fc.integer({ min: 0, max: 400 }), { nil: undefined }),
      holdoutHours: fc.option(fc.integer({ min: -100, max: 100 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(input, ({ consented, suppressions, timeZone, objected, hoursSince, counts, minute, ...more }) => {
        const at = new Date(Date.UTC(2026, 8, 3, 0, minute));
        const hoursAgo = hoursSince === undefined ? [] : [hoursSince];
        const attempts = hoursAgo.map((hours) => ({ at: new Date(at.getTime() - hours * HOUR_MS), counts }));
        const { householdHoursSince, holdoutHours, numberRefused, numberUnconfirmed, wrongNumber } = more;
        const hoursOn = (hours: number): Date => new Date(at.getTime() + hours * HOUR_MS);
        const candidate = person(
          { consented, suppressions, timeZone, numberRefused, numberUnconfirmed },
          {
            ...{ objected, wrongNumber },
            attempts,
            householdContacts: householdHoursSince === undefined ? [] : [hoursOn(-householdHoursSince)],
            ...(holdoutHours === undefined ? {} : { holdoutUntil: hoursOn(holdoutHours) }),
          },
        );
        const verdict = decideContact(candidate, policy, at);

        const hourThere = Math.floor(minute / 60 + (timeZone === 'Asia/Shanghai' ? 8 : 0)) % 24;
        const isDay = ['Asia/Shanghai', 'UTC'].includes(timeZone) && hourThere >= 9 && hourThere < 21;
        const isOthersTurn = householdHoursSince !== undefined && householdHoursSince < 7 * 24;
        const isHeldOut = (holdoutHours ?? 0) > 0;
        const isRested = hoursSince === undefined || hoursSince >= (counts ? 7 * 24 : 24);
        const isWilling = consented === true && suppressions.length === 0 && !objected;
        const isReachable = !numberRefused && !numberUnconfirmed && !wrongNumber;
        expect(verdict.allowed).toBe(isDay && isRested && isWilling && isReachable && !isOthersTurn && !isHeldOut);
        expect(verdict.allowed).toBe(verdict.reasons.length === 0);
        const { retryAt } = verdict;
        expect(retryAt === undefined || decideContact(candidate, policy, retryAt).allowed).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
