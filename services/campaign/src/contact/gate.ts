import type { ContactFacts } from '@holdfast/contracts/customer_profile/v1/consent';
import type { GateReason } from '@holdfast/platform/terms';
import { frequencyEndsAt, householdEndsAt, retryEndsAt, type Attempt, type FrequencyPolicy } from './frequency.js';
import { isQuiet, minuteOfDay, quietEndsAt, type QuietHours } from './quiet-hours.js';

export interface ContactPolicy extends FrequencyPolicy {
  quietHours: QuietHours;
}

/** This service's records of a customer. */
export interface ContactHistory {
  /** Attempts on the channel. */
  attempts: readonly Attempt[];
  /** The customer refused all contacts, which is not yet handed over to customer-profile. */
  objected: boolean;
  /** Another person answered the customer's number, which is not yet handed over to customer-profile. */
  wrongNumber: boolean;
  /** Times of contacts with other members of the household on the channel. */
  householdContacts: readonly Date[];
  /** In a control group until this time; undefined otherwise. */
  holdoutUntil?: Date;
}

export type GateInput =
  | { kind: 'facts'; facts: ContactFacts; history: ContactHistory }
  /** No such subscription, or not within the caller's region. */
  | { kind: 'unknown' }
  /** The facts could not be read. */
  | { kind: 'unavailable' };

/** The gate's decision: allowed if there is no reason against it. */
export interface Verdict {
  allowed: boolean;
  reasons: readonly GateReason[];
  /** When all reasons have ended; undefined if one of them has no end. */
  retryAt?: Date;
}

interface Objection {
  reason: GateReason;
  endsAt?: Date;
}

type Person = Extract<GateInput, { kind: 'facts' }>;
type Check = (person: Person, policy: ContactPolicy, at: Date) => Objection | undefined;

/** All checks must pass; missing facts count as a refusal. */
const CHECKS: readonly Check[] = [
  checkIdentity,
  checkConsent,
  checkSuppressions,
  checkNumberRefused,
  checkNumberConfirmed,
  checkControlGroup,
  checkFrequency,
  checkRetry,
  checkHousehold,
  checkQuietHours,
];

/**
 * The contactability gate, which every contact passes (IN-03). Pure. Returns all reasons against a contact, not only
 * the first.
 */
export function decideContact(input: GateInput, policy: ContactPolicy, at: Date): Verdict {
  if (input.kind !== 'facts') return { allowed: false, reasons: [input.kind] };
  const objections = CHECKS.map((check) => check(input, policy, at)).filter((objection) => objection !== undefined);
  if (objections.length === 0) return { allowed: true, reasons: [] };
  const retryAt = retryAtOf(objections, input.facts.timeZone, policy.quietHours);
  return {
    allowed: false,
    reasons: objections.map(({ reason }) => reason),
    ...(retryAt === undefined ? {} : { retryAt }),
  };
}

/** Without a key or contact number, a refusal could not be recorded for the person. */
function checkIdentity({ facts }: Person): Objection | undefined {
  return facts.identified ? undefined : { reason: 'identity_unknown' };
}

function checkConsent({ facts }: Person): Objection | undefined {
  if (facts.consented === undefined) return { reason: 'consent_unknown' };
  return facts.consented ? undefined : { reason: 'consent' };
}

function checkSuppressions({ facts, history }: Person): Objection | undefined {
  return facts.suppressions.length > 0 || history.objected ? { reason: 'suppressed' } : undefined;
}

/** A refusal applies to all customers with the number. */
function checkNumberRefused({ facts }: Person): Objection | undefined {
  return facts.numberRefused ? { reason: 'number_refused' } : undefined;
}

/** After another person answered, the customer is not contacted until a number is confirmed or added. */
function checkNumberConfirmed({ facts, history }: Person): Objection | undefined {
  return facts.numberUnconfirmed || history.wrongNumber ? { reason: 'number_unconfirmed' } : undefined;
}

/** Members of a control group are never contacted, whatever queue they are on (IN-06). */
function checkControlGroup({ history }: Person, _policy: ContactPolicy, at: Date): Objection | undefined {
  const endsAt = history.holdoutUntil;
  return endsAt === undefined || endsAt <= at ? undefined : { reason: 'control_group', endsAt };
}

function checkFrequency({ history }: Person, policy: ContactPolicy, at: Date): Objection | undefined {
  const endsAt = frequencyEndsAt(history.attempts, policy, at);
  return endsAt === undefined ? undefined : { reason: 'frequency', endsAt };
}

function checkRetry({ history }: Person, policy: ContactPolicy, at: Date): Objection | undefined {
  const endsAt = retryEndsAt(history.attempts, policy, at);
  return endsAt === undefined ? undefined : { reason: 'retry', endsAt };
}

function checkHousehold({ history }: Person, policy: ContactPolicy, at: Date): Objection | undefined {
  const endsAt = householdEndsAt(history.householdContacts, policy, at);
  return endsAt === undefined ? undefined : { reason: 'household_frequency', endsAt };
}

function checkQuietHours({ facts }: Person, policy: ContactPolicy, at: Date): Objection | undefined {
  const minute = minuteOfDay(at, facts.timeZone);
  if (minute === undefined) return { reason: 'time_zone_unknown' };
  if (!isQuiet(policy.quietHours, minute)) return undefined;
  return { reason: 'quiet_hours', endsAt: quietEndsAt(policy.quietHours, at, facts.timeZone) };
}

/** When the last objection ends; after the quiet hours if that is within them. */
function retryAtOf(objections: readonly Objection[], timeZone: string, quietHours: QuietHours): Date | undefined {
  const ends = objections.map(({ endsAt }) => endsAt);
  if (!ends.every((end) => end !== undefined)) return undefined;
  return quietEndsAt(quietHours, new Date(Math.max(...ends.map((end) => end.getTime()))), timeZone);
}
