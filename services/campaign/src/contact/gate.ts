import type { ContactFacts } from '@holdfast/contracts/customer_profile/v1/consent';
import { frequencyEndsAt, householdEndsAt, type Attempt, type FrequencyPolicy } from './frequency.js';
import { isQuiet, minuteOfDay, quietEndsAt, type QuietHours } from './quiet-hours.js';

/** Why somebody may not be approached. */
export type GateReason =
  | 'unknown'
  | 'consent'
  | 'consent_unknown'
  | 'suppressed'
  | 'number_refused'
  | 'number_unconfirmed'
  | 'control_group'
  | 'frequency'
  | 'household_frequency'
  | 'quiet_hours'
  | 'time_zone_unknown'
  | 'identity_unknown'
  | 'unavailable';

export interface ContactPolicy extends FrequencyPolicy {
  quietHours: QuietHours;
}

/** What this service itself knows about a customer. */
export interface ContactHistory {
  /** Approaches on the channel asked about. */
  attempts: readonly Attempt[];
  /** The customer said: never again; and customer-profile does not know it yet. */
  objected: boolean;
  /** Another person answered at the customer's number; and customer-profile does not know it yet. */
  wrongNumber: boolean;
  /** Contacts with others of the household on that channel: when somebody was reached there. */
  householdContacts: readonly Date[];
  /** The lot fell on leaving them alone: nobody approaches them before then. Undefined if it did not. */
  holdoutUntil?: Date;
}

/** Everything that the gate looks at. */
export type GateInput =
  | { known: 'yes'; facts: ContactFacts; history: ContactHistory }
  /** No such subscription, or not within the caller's region. */
  | { known: 'no' }
  /** The facts could not be had. */
  | { known: 'unavailable' };

/** The gate's answer. Allowed only without a reason against it. */
export interface Verdict {
  allowed: boolean;
  reasons: readonly GateReason[];
  /** When all reasons will have passed; undefined if one of them does not pass by itself. */
  retryAt?: Date;
}

interface Objection {
  reason: GateReason;
  endsAt?: Date;
}

type Person = Extract<GateInput, { known: 'yes' }>;
type Check = (person: Person, policy: ContactPolicy, at: Date) => Objection | undefined;

/** Every check must say yes, by finding nothing against it. What is not known counts against it. */
const CHECKS: readonly Check[] = [
  checkIdentity,
  checkConsent,
  checkSuppressions,
  checkNumberRefused,
  checkNumberConfirmed,
  checkControlGroup,
  checkFrequency,
  checkHousehold,
  checkQuietHours,
];

/**
 * The one gate that everybody passes who is approached (IN-03). Pure: the facts, the policy and the time decide.
 * All reasons are given, not only the first, so that one answer says what all would have to change.
 */
export function decideContact(input: GateInput, policy: ContactPolicy, at: Date): Verdict {
  if (input.known === 'no') return { allowed: false, reasons: ['unknown'] };
  if (input.known === 'unavailable') return { allowed: false, reasons: ['unavailable'] };
  const objections = CHECKS.map((check) => check(input, policy, at)).filter((found) => found !== undefined);
  if (objections.length === 0) return { allowed: true, reasons: [] };
  const retryAt = retryAtOf(objections, input.facts.timeZone, policy.quietHours);
  return {
    allowed: false,
    reasons: objections.map(({ reason }) => reason),
    ...(retryAt === undefined ? {} : { retryAt }),
  };
}

/** An objection of a row that no key and no contact number identifies could not follow the person. */
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

/** A refusal follows the number: whoever answers there is the person who refused. */
function checkNumberRefused({ facts }: Person): Objection | undefined {
  return facts.numberRefused ? { reason: 'number_refused' } : undefined;
}

/** Where another person answered, the customer cannot be reached until a number is confirmed or another one is known. */
function checkNumberConfirmed({ facts, history }: Person): Objection | undefined {
  return facts.numberUnconfirmed || history.wrongNumber ? { reason: 'number_unconfirmed' } : undefined;
}

/** A group that is compared with stays untouched by everybody, whatever list one of it stands on (IN-06). */
function checkControlGroup({ history }: Person, _policy: ContactPolicy, at: Date): Objection | undefined {
  const endsAt = history.holdoutUntil;
  return endsAt === undefined || endsAt <= at ? undefined : { reason: 'control_group', endsAt };
}

function checkFrequency({ history }: Person, policy: ContactPolicy, at: Date): Objection | undefined {
  const endsAt = frequencyEndsAt(history.attempts, policy, at);
  return endsAt === undefined ? undefined : { reason: 'frequency', endsAt };
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

/** When the last objection ends; moved on where that falls into the quiet hours. */
function retryAtOf(objections: readonly Objection[], timeZone: string, quietHours: QuietHours): Date | undefined {
  const ends = objections.map(({ endsAt }) => endsAt);
  if (!ends.every((end) => end !== undefined)) return undefined;
  return quietEndsAt(quietHours, new Date(Math.max(...ends.map((end) => end.getTime()))), timeZone);
}
