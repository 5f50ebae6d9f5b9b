// Generated from the OpenAPI document of the gateway by tools/generate-client.mjs. DO NOT EDIT.

/** Types of the REST interface: the components of its OpenAPI document, and the operations by method and path. */

export interface AdopterSegment {
  segment: 'early_adopter' | 'mature_chooser' | 'none' | 'unknown';
  /** short_tenure, growing_market, few_signs, no_new_item; needs:<table> for each missing table */
  reasons: string[];
  /** Of an early adopter, newest first */
  adoptions: {
    kind: 'handset' | 'generation' | 'service';
    item: string;
    name: string | null;
    launchedOn: string | null;
    adoptedOn: string;
    /** Users of the region up to that day */
    rank: number;
    /** Users of the region so far */
    users: number;
  }[];
  /** Of an early adopter: in force; it stays as it is */
  agreement: {
    planId: string;
    contractId: string | null;
    endsOn: string;
    penalty: Money | null;
  } | null;
  /** Of an early adopter: first day of a further handset subsidy */
  eligibleOn: string | null;
  tenureMonths: number | null;
  /** Growth of the region's subscriptions of the service within a year */
  growth: number | null;
  /** Of a mature-stage chooser */
  signs: {
    kind: 'plan_change' | 'rival_contact' | 'price_enquiry' | 'survey';
    count: number;
    /** Day or month */
    last: string;
  }[];
  /** Of a mature-stage chooser: means of the last three months */
  use: {
    months: number;
    /** Without value-added services and roaming */
    bill: Money | null;
    minutes: number;
    dataMb: number;
    messages: number;
  } | null;
  /** Of a mature-stage chooser: offers of rivals in its district in the month, the cheapest first */
  offers: {
    rival: string;
    offer: string;
    /** Text of `rival.offers`, or market_months */
    source: string;
    /** Day of the source, or month */
    statedOn: string;
    /** A month for the same use; null if the terms are not known */
    cost: Money | null;
    /** Cost less the present bill; negative: the rival is cheaper */
    difference: Money | null;
    /** The cost is a lower bound: terms lack units or rates that the use needs */
    atLeast: boolean;
  }[];
  /** What follows for a front desk, in the language of the request */
  advice: string | null;
}

export const AnyCause = [
  'misfit',
  'contractEnd',
  'habit',
  'service',
  'rival',
  'network',
  'move',
  'device',
  'arrears',
  'fraud',
  'death',
  'other',
] as const;
export type AnyCause = (typeof AnyCause)[number];

export interface Assignment {
  /** Internal id (UUID) */
  subscriptionId: string;
  /** `control` for the control group; else the name of an offer */
  group: string;
  /** Id of the randomisation unit: a household, a customer or the subscription */
  randomisationUnitId: string;
  /** Null for none, and for past campaigns */
  householdId: string | null;
  /** False for other members of an assigned household, which share its group */
  inAudience: boolean;
  /** Stratum of the randomisation; null if not recorded */
  stratum: string | null;
  /** Probability of this group; null if not recorded */
  propensity: number | null;
  /** Null for past campaigns */
  assignedAt: string | null;
  /** Month of the assignment; of past campaigns */
  assignedIn: string | null;
  /** Organisation unit, such as `demo/shenyang/` */
  orgUnit: string;
  /** The operator's key of the subscription; null unless requested with `keys=true` */
  key: string | null;
}

export interface AuditEntry {
  /** Internal id (UUID) */
  auditId: string;
  /** Place in the hash chain; null for an entry from before the chain */
  sequence: number | null;
  /** RFC 3339 time with zone */
  at: string;
  client: string;
  /** The agent who used the client */
  onBehalfOf: string | null;
  /** Method and documented path */
  operation: string;
  /** What the path names, and whose data were read or changed; the first 100 */
  subjectIds: string[];
  /** All of them; null for an export, and for an entry from before the chain */
  subjectCount: number | null;
  status: number;
  accessReason: string | null;
  traceId: string;
}

export interface BehaviourChange {
  /** Internal id (UUID) */
  subscriptionId: string;
  /** Organisation unit, such as `demo/shenyang/` */
  orgUnit: string;
  measure: 'voice' | 'data' | 'on_net_share' | 'active_days' | 'rival_calls' | 'bill' | 'recharge';
  direction: 'up' | 'down';
  /** In the month: minutes, MB, share, days, calls, or money */
  value: number;
  /** Median of its six months before */
  usual: number;
  /** Beyond that of the same plan and region, 0.5 for half more */
  relativeChange: number;
  /** Of the same plan and region, 0.2 for a fifth more */
  groupChange: number;
  /** Change of the logarithm ÷ its usual deviation */
  score: number;
  /** First of at most three consecutive months beyond the threshold */
  sinceMonth: string;
}

export interface BehaviourChanges {
  changes: BehaviourChange[];
  month: string;
  measures: ComparedMeasure[];
  /** Change of the parameter `changes.rule`; 1 is the default */
  ruleVersion: number;
  /** Facts were read as known then */
  asOf: string;
  /** Internal id (UUID) */
  runId: string;
  /** RFC 3339 time with zone */
  computedAt: string;
  /** Of the newest extract that counted */
  sequence: number;
  /** Give it as `pageToken` for the next page; null on the last */
  nextPageToken: string | null;
}

export interface Campaign {
  /** Internal id (UUID) */
  campaignId: string;
  plan: CampaignPlan;
  state: CampaignState;
  /** Rises with every change; the ETag */
  revision: number;
  /** Client, and person where the client named one */
  author: string;
  approver: string | null;
  decisionComment: string | null;
  /** Organisation unit, such as `demo/shenyang/` */
  orgUnit: string;
  /** RFC 3339 time with zone */
  createdAt: string;
  startedAt: string | null;
  /** End of contacts, exclusive */
  contactUntil: string | null;
  /** End of the holdout of its control group, exclusive */
  holdoutUntil: string | null;
  /** Scores that gave the audience */
  runId: string | null;
  /** The groups, control last; empty before enrolment */
  assignedArms: {
    /** `control` is the control group */
    arm: string;
    subscriptions: number;
    /** Randomisation units: households, customers or subscriptions */
    units: number;
    /** Probability of this arm for a randomisation unit */
    propensity: number;
    /** Mean churn probability; null for an empty group */
    meanProbability: number | null;
  }[];
  /** Job that assigns the groups */
  enrolJobId: string | null;
  history: {
    /** RFC 3339 time with zone */
    at: string;
    step: 'created' | 'updated' | 'submit' | 'approve' | 'reject' | 'started' | 'enrolFailed' | 'pause' | 'resume' | 'cancel' | 'close';
    by: string;
  }[];
  notices: {
    code: string;
    message: string;
  }[];
}

export interface CampaignArm {
  /** Unique name; not `control` or another word for the control group */
  arm: string;
  offerKind: 'fitted_plan' | 'discount' | 'product' | 'handset' | 'care';
  /** A product, plan on sale (as product), handset or bundle of the extract, or an offer of the parameter `offer.catalogue` of campaign; empty for a fitted plan and for care */
  offerId: string;
  /** What the agent may promise */
  text: {
    en: string;
    'zh-CN': string;
  };
  /** Of the audience */
  share: number;
  /** Of the offer, if it is accepted; ranks the queue together with `contactCost` */
  cost: Money | null;
}

export interface CampaignPlan {
  name: string;
  goal: 'retention' | 'value' | 'care' | 'research';
  /** Its newest published scores give the audience */
  table: string;
  quadrants: Quadrant[];
  probabilityMin: number | null;
  /** Only this org unit and all below it */
  orgUnit: string;
  arms: CampaignArm[];
  /** Share of the control group in the audience */
  controlShare: number;
  /** What gets the same as a whole */
  randomisationUnit: 'household' | 'subscription';
  /** Of all contacts; work is leased for no other */
  channel: Channel;
  /** Target effect, such as 0.02: offers minus control, share that stays */
  effectGoal: number | null;
  /** 0 for no limit; subscriptions that are not reached stay assigned */
  contactsMax: number;
  /** Last day of contacts; null for 30 days */
  endsOn: string | null;
  /** Seed of the randomisation; empty for the id of the campaign */
  randomisationSeed: string;
  /** Months in which churn counts as the outcome and in which the control group is held out */
  followMonths: number;
  /** Of one contact; null for the one with which the scores were ranked */
  contactCost: Money | null;
  /** Whether subscriptions that leave involuntarily (arrears) are in the audience, last in the queue */
  includeInvoluntary: boolean;
}

export interface CampaignResults {
  campaignId: string;
  /** `extract`: one of the operator's past campaigns */
  origin: 'extract' | 'holdfast';
  name: string;
  /** `YYYY-MM-DD` */
  startedOn: string;
  /** Months after the month of assignment in which leaving counts */
  followMonths: number;
  outcomeMonths: string[];
  state: 'due' | 'partial' | 'final';
  /** In which the last outcomes are due */
  dueMonth: string;
  /** `control` last */
  arms: {
    /** `control` is the control group */
    arm: string;
    /** Assigned and judged; before outcomes are in, all who were assigned */
    subscriptions: number;
    /** Of these, in the months that are in; null before any is in */
    churned: number | null;
    /** Of those assigned, approached at least once */
    touched: number;
    accepted: number;
    /** Over all judged subscriptions and the months so far; churned ones count as 0 */
    meanArpu: Money | null;
    /** Of the contacts; null if unknown */
    cost: Money | null;
    /** Of the accepted offers as approved; null if unknown */
    offerCost: Money | null;
    notJudged: number;
  }[];
  /** Of all offers together */
  effect: Effect | null;
  /** Of each offer: intervals that hold for all of them together, p-values adjusted by Holm */
  effects: {
    arm: string;
    effect: Effect;
    pValue: number;
  }[];
  /** Sample ratio mismatch check; null without recorded shares */
  sampleRatio: {
    pValue: number;
    fits: boolean;
  } | null;
  /** Smallest effect that would be found with 80 % at 5 %, and how often the goal would be */
  power: {
    detectableEffect: number;
    powerAtGoal: number | null;
  } | null;
  randomised: boolean;
  notices: {
    code: string;
    message: string;
  }[];
  /** RFC 3339 time with zone */
  computedAt: string;
  /** Not found, not at risk any more at the end of the month of assignment, or in more than one group */
  notJudged: number;
  channels: {
    channel: string;
    touches: number;
    responses: {
      [name: string]: number;
    };
    /** Share of the recorded answers that match the rule of the list */
    hitRate: number | null;
  }[];
  /** What was randomised; intervals are clustered by it */
  randomisationUnit: 'household' | 'subscription';
  /** Organisation unit, such as `demo/shenyang/` */
  orgUnit: string;
}

export const CampaignState = [
  'draft',
  'submitted',
  'rejected',
  'enrolling',
  'running',
  'paused',
  'cancelled',
  'closed',
] as const;
export type CampaignState = (typeof CampaignState)[number];

export interface Cause {
  cause: ChurnCause;
  /** What its columns add together beyond the comparison group, log-odds */
  contribution: number;
  /** Those that raise the probability, strongest first */
  columns: string[];
  /** False where no campaign can change it */
  controllable: boolean;
  /** That this is the cause, if the subscriber churns */
  probability: number;
  branch: CauseBranch;
  /** Within the branch, such as `price` */
  group: string;
  /** Each fact once, strongest first; empty without any */
  evidence: CauseEvidence[];
  /** Whether it may be shown: it has its own evidence and is at least as probable as among all churners */
  named: boolean;
}

/** Of the taxonomy of churn; natural churn is unintentional or involuntary */
export const CauseBranch = [
  'deliberate',
  'unintentional',
  'involuntary',
  'unknown',
] as const;
export type CauseBranch = (typeof CauseBranch)[number];

export interface CauseEffect {
  kind: 'all' | 'voluntary' | 'involuntary';
  cause: string;
  fromMonth: string | null;
  toMonth: string | null;
  /** Null for all of the region */
  orgUnit: string | null;
  /** Relative change of the number of churners, 0.2 for a fifth more */
  effect: number | null;
  basis: 'estimated' | 'given' | 'unknown';
}

export interface CauseEvidence {
  column: string;
  /** Of all columns of the fact beyond the comparison group, log-odds */
  contribution: number;
  value: number | string | null;
  /** Median, or most frequent, of the comparison group */
  usual: number | string | null;
  type: 'number' | 'category' | 'flag' | 'date';
  /** Months since it has been beyond the usual, at most 3; null where not known */
  sinceMonths: number | null;
  /** Of the taxonomy of churn that it shows, such as perUnitPrice or callQuality; null where it shows none */
  element: string | null;
}

export interface Championship {
  /** Internal id (UUID) */
  modelId: string;
  /** status: the subscriber churns and is not made to leave; involuntary: it leaves for arrears, fraud or death; value: the bills of the next two months are below the line, churn included */
  kind: 'status' | 'involuntary' | 'value';
  /** Name of a table */
  table: string;
  from: string | null;
  /** Exclusive; null for the present champion */
  to: string | null;
  /** Who requested it, or caused it */
  by: string;
  reason: string;
  /** rule: by itself; approval: by hand; withdrawal: of the version of its successor; null for former releases */
  how: 'rule' | 'approval' | 'rollback' | 'withdrawal' | null;
  approvedBy: string | null;
  /** Why it scores although the rule did not accept it */
  overrideReason: string | null;
  /** The request that was approved */
  promotionId: string | null;
  /** With the champion before, on the same rows */
  comparison: ModelComparison | null;
}

export interface Change {
  levers: ('plan' | 'contract' | 'service' | 'price')[];
  columns: {
    column: string;
    type: 'number' | 'category' | 'flag' | 'date';
    value: number | string | null;
    to: number | string | null;
  }[];
  /** By the model, with these values; not a measured effect */
  probability: number;
}

export const Channel = [
  'call',
  'sms',
  'email',
  'app',
  'hall',
] as const;
export type Channel = (typeof Channel)[number];

export const ChannelOrAny = [
  'call',
  'sms',
  'email',
  'app',
  'hall',
  'any',
] as const;
export type ChannelOrAny = (typeof ChannelOrAny)[number];

export const ChurnCause = [
  'misfit',
  'contractEnd',
  'habit',
  'service',
  'rival',
  'network',
  'move',
] as const;
export type ChurnCause = (typeof ChurnCause)[number];

export interface ChurnForecast {
  counts: ForecastCount[];
  /** All months together */
  totals: ForecastCount[];
  history: CountedChurn[];
  /** Forecasts of earlier months, made without the later ones */
  backtest: ForecastBacktest[];
  causes: CauseEffect[];
  /** Change of the parameter `forecast.causes`; 1 is the default */
  causesVersion: number;
  /** Why there is no forecast */
  reason: string | null;
  /** RFC 3339 time with zone */
  asOf: string;
}

export interface ComparedMeasure {
  measure: 'voice' | 'data' | 'on_net_share' | 'active_days' | 'rival_calls' | 'bill' | 'recharge';
  compared: number;
  changed: number;
  /** Absolute score from which on a change is listed */
  threshold: number | null;
  /** Share beyond the threshold in the two months before, by which it is chosen */
  alarmShare: number;
}

export interface Consent {
  purpose: Purpose;
  channel: ChannelOrAny;
  granted: boolean;
  /** default: the operator's */
  basis: 'stated' | 'imported' | 'default';
  evidence: string | null;
  since: string | null;
}

export interface CountedChurn {
  /** Null for all of the region */
  orgUnit: string | null;
  month: string;
  /** At risk at the end of the month before */
  stock: number;
  /** Of these, churned in the month */
  voluntary: number;
  /** Of these, churned because of arrears, fraud or death */
  involuntary: number;
}

export interface Customer {
  /** Internal id (UUID) */
  customerId: string;
  kind: 'person' | 'group';
  /** Organisation unit, such as `demo/shenyang/` */
  orgUnit: string;
  accounts: {
    /** Internal id (UUID) */
    accountId: string;
    mode: 'prepaid' | 'postpaid' | null;
  }[];
  subscriptions: {
    /** Internal id (UUID) */
    subscriptionId: string;
    accountId: string;
    service: string | null;
    status: string | null;
    tables: string[];
  }[];
  /** Keys and personal fields; empty without the scope pii:read and the header X-Access-Reason */
  personal: {
    [name: string]: string;
  };
  version: number;
  firstSeenAt: string | null;
  /** The subscription whose id, key or number was given; null if the customer was found otherwise */
  matchedSubscriptionId: string | null;
  /** The 360 view; only where asOf or include is given */
  view: View360 | null;
  /** How the behaviour of its subscriptions changed in the newest month that is computed; only with `include=all` or `changes` and the scope features:read, and null where no month is computed or feature-store does not answer */
  changes: BehaviourChange[] | null;
}

export interface CustomerValue {
  /** Internal id (UUID) */
  customerId: string;
  month: string;
  /** Internal id (UUID) */
  runId: string;
  /** Best of the subscriptions */
  grade: 'A' | 'B' | 'C' | 'D' | null;
  margin: Money | null;
  futureValue: Money | null;
  subscriptions: SubscriptionValue[];
  /** Parameters that it was computed with: value and version by key */
  settings: unknown;
  /** Versions of the definitions of value groups */
  definitions: string;
  /** Components whose facts the extracts lack; they are not estimated */
  missing: string[];
  /** RFC 3339 time with zone */
  computedAt: string;
  /** Chances to leave that future values are computed with */
  hazards: ValueHazards | null;
}

export interface DeadLetter {
  /** Internal id (UUID) */
  deadLetterId: string;
  consumer: string;
  /** Internal id (UUID) */
  eventId: string;
  subject: string;
  /** What the event is about */
  subjectId: string;
  /** RFC 3339 time with zone */
  occurredAt: string;
  /** Of the last try */
  failedAt: string;
  failureCode: string;
  /** Class and code of the error; the log has its text */
  error: string;
}

export interface Definition {
  name: string;
  /** Parameter of feature-store that holds it; `PUT /api/v1/parameters` sets it */
  parameter: string;
  /** 1 for the default; each change has the next number */
  version: number;
  value: unknown;
  /** Null for the default */
  validFrom: string | null;
  /** Client; null for the default */
  setBy: string | null;
  /** The rule, in the requested language */
  meaning: string;
}

export interface Disconnects {
  month: string;
  /** Organisation unit, such as `demo/shenyang/` */
  orgUnit: string;
  total: number;
  /** Ended by the operator */
  arrears: number;
  /** Ended by the operator */
  fraud: number;
  /** At the request of the customer: relocation, leaving the network, other */
  request: number;
  relocation: number;
  /** competitive, dissatisfied, internalTransfer and demandReduction */
  leaveNetwork: number;
  /** To a competitor, or with the number to another operator */
  competitive: number;
  /** Price, device, coverage or service */
  dissatisfied: number;
  internalTransfer: number;
  demandReduction: number;
  other: number;
  /** Without a stated reason */
  unknown: number;
}

/** On the churn share, with its 95 % interval: -0.02 is 2 points fewer */
export interface Effect {
  /** Churn share of the offers minus that of the control group */
  estimate: number;
  /** Lower end of the interval */
  low: number;
  /** Upper end of the interval */
  high: number;
  /** How many more of a thousand stayed */
  perThousand: number;
  method: string;
}

export interface EfficiencySource {
  /** Measured effect × value ÷ cost of one contact, or without a measured effect */
  basis: 'uplift-value-cost' | 'value-cost';
  reason: 'effect.none' | 'effect.uncertain' | 'effect.unavailable' | null;
  text: string;
  /** As measured when scoring was requested */
  effect: RetentionEffect | null;
}

/** With its 95 % interval */
export interface Estimate {
  mean: number;
  low: number | null;
  high: number | null;
}

export interface Extract {
  extractId: string;
  /** A later one supersedes the rows that it holds, from `extractedAt` on */
  sequence: number;
  /** RFC 3339 time with zone */
  extractedAt: string;
  /** First month, `YYYY-MM` */
  from: string;
  /** Last month, `YYYY-MM` */
  to: string;
  /** Internal id (UUID) */
  importId: string;
  currency: string;
  timeZone: string;
  /** Months that are complete by now, ascending */
  closedMonths: string[];
  tables: string[];
}

export interface FieldProblem {
  /** Where: /path, /query or /body, then a JSON pointer */
  pointer: string;
  code: string;
  message: string;
}

export interface ForecastBacktest {
  kind: 'all' | 'voluntary' | 'involuntary';
  /** Whether the counts are those of the units; else that of the region */
  isByUnit: boolean;
  monthsAhead: number;
  judged: number;
  /** Share of counts within the interval of 80 % */
  coverage80: number | null;
  coverage95: number | null;
  /** Mean absolute error ÷ that of the last known count */
  scaledErrorOfLast: number | null;
  /** Mean absolute error ÷ that of the same month a year before */
  scaledErrorOfYear: number | null;
  /** Why nothing is judged */
  reason: string | null;
}

export interface ForecastCount {
  kind: 'all' | 'voluntary' | 'involuntary';
  /** Null for all of the region */
  orgUnit: string | null;
  month: string;
  monthsAhead: number;
  /** At risk, expected at the end of the month before; null in totals */
  stock: number | null;
  expected: number;
  median: number;
  low80: number;
  /** In the interval with a probability of 80 % */
  high80: number;
  low95: number;
  /** In the interval with a probability of 95 % */
  high95: number;
}

/** number_refused: another customer with the same contact number refused or is suppressed; number_unconfirmed: another person answered at the number; retry: not reached, or a call back at another time */
export const GateReason = [
  'unknown',
  'consent',
  'consent_unknown',
  'suppressed',
  'number_refused',
  'number_unconfirmed',
  'control_group',
  'frequency',
  'retry',
  'household_frequency',
  'quiet_hours',
  'time_zone_unknown',
  'identity_unknown',
  'unavailable',
] as const;
export type GateReason = (typeof GateReason)[number];

export interface HorizonProbability {
  /** After the gap */
  months: number;
  /** Never falling with the months */
  probability: number | null;
  /** Why it is null: what the months that the model learned from lack */
  reason: string | null;
}

export interface Household {
  /** Internal id (UUID) */
  householdId: string;
  state: 'identified' | 'known' | 'confirmed' | 'rejected';
  /** Members in all; those outside your region are counted, not named */
  size: number;
  /** The least link that it needs */
  confidence: number;
  members: {
    /** Internal id (UUID) */
    subscriptionId: string;
    customerId: string | null;
    role: 'head' | 'spouse' | 'elder' | 'child' | 'member';
    confidence: number;
    /** Organisation unit, such as `demo/shenyang/` */
    orgUnit: string;
  }[];
  /** What holds it together, strongest first */
  evidence: HouseholdEvidence[];
  /** Internal id (UUID) */
  runId: string;
  month: string;
}

export interface HouseholdEvidence {
  /** Internal id (UUID) */
  leftSubscriptionId: string;
  /** Internal id (UUID) */
  rightSubscriptionId: string;
  /** Days with a call or message of both in one cell */
  sharedDays: number;
  /** Holidays on which both were active in one cell */
  holidayDays: number;
  /** Evenings in a week (20:00 to 22:00) with a call or message of both in one cell */
  eveningDays: number;
  /** Shared among the ten most frequent call cells */
  cellOverlap: number;
  /** Calls between them in the month */
  calls: number;
  /** `account`, `payer`, `address`, `building`, `link`, `known` */
  also: string[];
  probability: number;
}

export interface HouseholdMemberRow {
  /** Internal id (UUID) */
  householdId: string;
  /** Internal id (UUID) */
  subscriptionId: string;
  /** Organisation unit, such as `demo/shenyang/` */
  orgUnitPath: string;
  role: 'head' | 'spouse' | 'elder' | 'child' | 'member';
  confidence: number;
  /** The operator's key of the subscription; null unless requested with `keys=true` */
  key: string | null;
}

export interface HouseholdPair {
  /** Internal id (UUID) */
  leftId: string;
  /** Internal id (UUID) */
  rightId: string;
  sharedDays: number;
  holidayDays: number;
  eveningDays: number;
  nightDays: number;
  cellOverlap: number;
  calls: number;
  /** Bits 1, 2, 4, 8 for rules 1 to 4 */
  rules: number;
  sameAccount: number;
  samePayer: number;
  sameAddress: number;
  sameBuilding: number;
  linked: number;
  known: number;
  samePerson: number;
  probability: number;
  isHousehold: number;
  /** The operator's key of the subscription; null unless requested with `keys=true` */
  leftKey: string | null;
  /** The operator's key of the subscription; null unless requested with `keys=true` */
  rightKey: string | null;
}

export interface HouseholdRun {
  /** Internal id (UUID) */
  runId: string;
  month: string;
  households: number;
  members: number;
  /** Looked at */
  subscriptions: number;
  /** 2, 3, 4, 5+ */
  bySize: {
    [name: string]: number;
  };
  /** By rule: sameCellDays, holidayDays, eveningDays, topCells, all; account, payer, address, evidence */
  pairs: {
    [name: string]: number;
  };
  holidays: number;
  method: string;
  /** What was missing */
  unavailable: string[];
  /** What was excluded to bound the work */
  capped: string[];
  publishedAt: string | null;
}

export interface Import {
  /** Internal id (UUID) */
  importId: string;
  jobId: string;
  contentHash: string;
  /** RFC 3339 time with zone */
  createdAt: string;
  loadedAt: string | null;
  /** For each: read = accepted + rejected + duplicates */
  tables: {
    /** Name of a table */
    table: string;
    version: string | null;
    read: number;
    accepted: number;
    rejected: number;
    duplicates: number;
  }[];
  notices: {
    code: string;
    column: string | null;
    message: string;
  }[];
  /** `held`: read and checked, nothing of it is visible until it is confirmed; `checked`: a dry run that has ended; `withdrawn`: it was visible */
  state: 'receiving' | 'received' | 'loaded' | 'failed' | 'held' | 'discarded' | 'checked' | 'withdrawn';
  /** What differs from the version before, or exceeds a limit */
  findings: {
    code: string;
    table: string;
    column: string | null;
    /** Whether it holds the import back */
    holds: boolean;
    message: string;
  }[];
  /** Subscribers of the newest month against those of the version before; null for a first one and for extracts */
  comparison: {
    comparedWith: string;
    kept: number;
    added: number;
    gone: number;
  } | null;
  /** Keys that may be the same in another spelling; only with pii:read and X-Access-Reason */
  keyExamples: {
    before: string;
    now: string;
  }[];
  /** Of a dry run, by table; without tables whose key is personal, and events, which have none */
  changes: {
    /** Name of a table */
    table: string;
    /** Rows whose key is new */
    added: number;
    /** Rows with another value than the visible ones; personal columns are not compared */
    changed: number;
    unchanged: number;
    /** Visible rows that are missing: they end with a version of a plain table, and stay after an extract */
    gone: number;
  }[];
  /** Null unless it was withdrawn, as the next two */
  withdrawnAt: string | null;
  /** The client */
  withdrawnBy: string | null;
  withdrawalReason: string | null;
}

export interface Job {
  /** Service and UUID: `feature-store.01936a3e-…` */
  jobId: string;
  kind: JobKind;
  state: JobState;
  progress: number;
  /** What it is doing now */
  phase: string;
  rowsDone: number;
  rowsTotal: number | null;
  /** Ids of what it made: importId, table, version, modelId, runId */
  result: {
    [name: string]: string;
  };
  error: {
    kind: 'invalid' | 'unauthenticated' | 'forbidden' | 'notFound' | 'conflict' | 'precondition' | 'gone' | 'tooLarge' | 'unprocessable' | 'limited' | 'unavailable' | 'internal';
    code: string;
    message: string;
  } | null;
  /** RFC 3339 time with zone */
  createdAt: string;
  /** RFC 3339 time with zone */
  updatedAt: string;
  endedAt: string | null;
}

export const JobKind = [
  'build-list',
  'compute-worth',
  'confirm-import',
  'copy-households',
  'detect-changes',
  'enrol-campaign',
  'evaluate-campaigns',
  'fit-plans',
  'follow-table',
  'hand-over-objection',
  'hand-over-wrong-number',
  'identify-households',
  'import-extract',
  'import-extract-profiles',
  'import-refusals',
  'import-subjects',
  'import-table',
  'judge-shadow',
  'materialise-view',
  'purge-changes',
  'purge-households',
  'purge-plan-fits',
  'purge-scores',
  'restore-online-values',
  'score-table',
  'take-assignments',
  'train-model',
  'withdraw-extract-profiles',
] as const;
export type JobKind = (typeof JobKind)[number];

export const JobState = [
  'queued',
  'running',
  'done',
  'failed',
  'cancelled',
] as const;
export type JobState = (typeof JobState)[number];

export interface KeyUnit {
  /** Kind of connection; `business`, `key` or `public`; or an org unit */
  unit: string;
  /** In service with a bill in the month of the stock */
  subscriptions: number;
  /** Of these, not in service any more */
  lost: number;
  /** Of these, without a known bill; they do not count for the retention */
  unbilled: number;
  revenueShare: number;
  /** Their bills of the month ÷ those of the month of the stock */
  retention: number | null;
  /** Share at least the mean one, retention below that of all */
  isFocus: boolean;
}

export interface Lease {
  /** Internal id (UUID) */
  leaseId: string;
  item: WorkItem;
  channel: Channel;
  /** RFC 3339 time with zone */
  expiresAt: string;
  /** The subscriber's external key; only with the scope pii:read and the header X-Access-Reason */
  key: string | null;
  /** The number to dial, on the same condition: of the line, else a contact phone; null where the channel uses none, on renewal, and if no number is known, confirmed and not suppressed */
  number: string | null;
  /** Of the call back, on the same condition; null on renewal */
  note: string | null;
}

/** What can be done about arrears before a subscription is cut off */
export const Lever = [
  'tacitTolerance',
  'instalments',
  'cutOffDate',
] as const;
export type Lever = (typeof Lever)[number];

export interface LeverAdvice {
  lever: Lever;
  text: string;
}

export interface ListedScore {
  /** Internal id (UUID) */
  subscriptionId: string;
  /** status: the subscriber churns and is not made to leave; involuntary: it leaves for arrears, fraud or death; value: the bills of the next two months are below the line, churn included */
  kind: 'status' | 'involuntary' | 'value';
  /** Calibrated */
  probability: number;
  /** A month */
  value: Money | null;
  /** By efficiencySource: value ÷ cost of one contact, times the measured effect */
  efficiency: number | null;
  priority: number;
  quadrant: Quadrant;
  /** Null where they were not computed, see the parameter score.explainedShare */
  reasons: Reasons | null;
  model: {
    /** Internal id (UUID) */
    modelId: string;
    name: string;
  };
  /** Internal id (UUID) */
  runId: string;
  /** Name of a table */
  table: string;
  tableVersion: string;
  scoredAt: string | null;
  /** Organisation unit, such as `demo/shenyang/` */
  orgUnit: string;
  /** Null where the table has a single snapshot */
  month: string | null;
  /** Of the kind status: that the subscription leaves involuntarily in the same month; null without a model of it */
  involuntaryProbability: number | null;
  /** Of the kind status: whether leaving involuntarily is at risk and likelier than leaving otherwise */
  isInvoluntary: boolean;
  /** Of the last three months, those without any use; null where use is not known */
  silentMonths: number | null;
  /** What can be done about arrears, the mildest first; of those at risk to leave involuntarily */
  levers: LeverAdvice[];
  /** That the subscription leaves by the kind within 1, 2, 3 and 6 months; empty for the kind value */
  horizons: HorizonProbability[];
  /** Early adopter or mature-stage chooser, the latter with offers of rivals; null in lists, and where no worth is computed */
  segment: AdopterSegment | null;
  /** Of the kind status: when to contact; null without months, horizons or a value, and for involuntary churn */
  timing: Timing | null;
  /** What efficiency and quadrant are computed from; null in lists, which have it once, and in runs of former releases */
  efficiencySource: EfficiencySource | null;
  /** The operator's key of the subscription; null unless requested with `keys=true` */
  key: string | null;
}

export interface ListedValue {
  /** Internal id (UUID) */
  subscriptionId: string;
  /** Internal id (UUID) */
  customerId: string;
  /** Organisation unit, such as `demo/shenyang/` */
  orgUnit: string;
  valueGroup: 'mid_high_end' | 'quasi_mid_high_end' | 'other' | null;
  potential: 'near_line' | 'rising' | 'heavy_use' | null;
  quadrant: Quadrant;
  /** Strongest of the seven reasons */
  cause: ChurnCause | null;
  futureValue: Money | null;
  expectedLoss: Money | null;
  valueIndex: number | null;
  grade: 'A' | 'B' | 'C' | 'D' | null;
  probability: number;
  lifecycle: 'new' | 'growing' | 'mature' | 'declining' | 'leaving';
  churnIndex: number | null;
  churnIndexBasis: 'survey' | 'proxy' | null;
  inPareto: boolean;
  /** Account manager */
  managerId: string | null;
  /** Early adopter or mature-stage chooser */
  segment: 'early_adopter' | 'mature_chooser' | 'none' | 'unknown';
  /** Current value: revenue less the known costs, per month */
  margin: Money | null;
  /** Within 1, 2, 3 and 6 months and within all */
  horizons: ValueHorizon[];
  /** The operator's key of the subscription; null unless requested with `keys=true` */
  key: string | null;
}

export interface ListedWorkItem {
  /** Internal id (UUID) */
  itemId: string;
  /** Name of a queue: that of its table, or the id of its campaign */
  queue: string;
  /** Internal id (UUID) */
  subscriptionId: string;
  rank: number;
  probability: number;
  /** A month */
  value: Money | null;
  /** probability × value ÷ cost; of a campaign, the cost of contact and offer */
  priority: number;
  quadrant: Quadrant;
  /** Column of the strongest reason */
  firstReason: string | null;
  state: WorkState;
  /** Organisation unit, such as `demo/shenyang/` */
  orgUnit: string;
  /** Null on the queue of a plain table */
  campaignId: string | null;
  /** Group of the campaign; null on the queue of a plain table */
  arm: string | null;
  householdId: string | null;
  /** When an open item may be tried again after a contact or a check of the gate; null if that time has come */
  retryAt: string | null;
  /** The call back that the customer asked for */
  callBack: {
    /** RFC 3339 time with zone */
    at: string;
    /** Who recorded it; gets the item first */
    agent: string;
  } | null;
  /** The operator's key of the subscription; null unless requested with `keys=true` */
  key: string | null;
}

export interface Model {
  /** Internal id (UUID) */
  modelId: string;
  /** status: the subscriber churns and is not made to leave; involuntary: it leaves for arrears, fraud or death; value: the bills of the next two months are below the line, churn included */
  kind: 'status' | 'involuntary' | 'value';
  name: string;
  /** Name of a table */
  table: string;
  tableVersion: string;
  trainingHash: string;
  method: string;
  /** Measured on rows that the model had not seen; null is a figure that could not be worked out */
  validation: {
    scheme: string;
    rows: number;
    positives: number;
    /** Churn share that the figures refer to; a given natural prevalence, to which rows are weighted */
    rate: number | null;
    meanPrediction: number | null;
    /** Forward in time: that of each judged month, weighted by its churners */
    auc: Estimate | null;
    averagePrecision: Estimate | null;
    lift10: Estimate | null;
    brier: Estimate | null;
    calibrationError: Estimate | null;
    calibrationErrorIdeal: {
      mean: number | null;
      p95: number | null;
    };
    calibrationSlope: number | null;
    logLoss: number | null;
    bins: {
      predicted: number;
      observed: number;
      rows: number;
    }[];
    /** Forward in time: months learnt from; else empty */
    trainingMonths: string[];
    /** Forward in time: months judged; else empty */
    judgedMonths: string[];
    /** Forward in time: churned inside the gap, too early for any contact */
    lostInGap: number;
    /** Forward in time: share of all churners, those inside the gap included, in the tenth with the highest probability */
    recall10: number | null;
    /** Of a table with months: the last one whose labels are known */
    lastMonth: {
      month: string;
      rows: number;
      /** Churned rows */
      positives: number;
      /** Share that left */
      realised: number | null;
      /** What had been predicted of them, on average */
      meanPrediction: number | null;
      auc: Estimate | null;
      precisionAtCapacity: Estimate | null;
      /** Whether the model was trained on earlier months only */
      isForward: boolean;
    } | null;
    /** What the probabilities within 1, 2, 3 and 6 months are worth, forward in time */
    horizons: {
      /** After the gap */
      months: number;
      judgedMonths: string[];
      rows: number;
      positives: number;
      auc: number | null;
      precisionAtCapacity: number | null;
      calibrationError: number | null;
      calibrationSlope: number | null;
      meanPrediction: number | null;
      rate: number | null;
      /** Why there are no figures */
      reason: string | null;
    }[];
    /** Of the kind value: what a simple ranking reaches on the same rows */
    baseline: {
      /** billDrop: the bill of the last month relative to the mean of three */
      name: string;
      auc: number;
      averagePrecision: number;
      lift10: number;
      precisionAtCapacity: number | null;
    } | null;
    /** Of the kind status: other methods on the same rows of the same months */
    challengers: {
      /** As in the parameter training.challengers */
      method: string;
      auc: number | null;
      /** Of the boosted trees */
      treesAuc: number | null;
      /** AUC of the method minus that of the trees, on the same rows, paired */
      difference: Estimate | null;
      /** Whether the model is of this method, better than the trees beyond the interval */
      chosen: boolean;
      /** Why it was not judged */
      reason: string | null;
    }[];
    /** Precision of a list of as many as the team can contact; null for former releases */
    capacity: {
      /** A month: `contact.capacityPerMonth`, else a share of the rows of a month */
      contacts: number;
      /** The same as a share of the rows of a month */
      share: number;
      /** Share of the contacted that churned, all judged months together */
      precision: Estimate | null;
      months: {
        month: string;
        contacts: number;
        precision: number;
      }[];
    } | null;
    /** Causes against reason codes; null without such codes */
    causes: {
      /** Of the judged months */
      churners: number;
      /** With a code that names a cause */
      coded: number;
      /** With a code of one of the seven reasons */
      codedSeven: number;
      /** Of those with such a code: it is among the three most probable */
      amongFirstThree: number | null;
      /** The same for the best three for all churners, chosen with hindsight */
      constantThree: number | null;
      /** The most probable is the coded one */
      first: number | null;
      /** Of the coded */
      logLoss: number | null;
      /** The same of the operator's shares for all churners */
      logLossShares: number | null;
      /** Churners without a named reason */
      withoutClearReason: number | null;
      /** Mean probability that first named reasons were shown with */
      namedPredicted: number | null;
      /** Share of them that had it */
      namedObserved: number | null;
      /** Standard error of that share */
      namedStandardError: number | null;
      calibration: {
        /** Several where one code stands for them */
        causes: AnyCause[];
        predicted: number;
        observed: number;
        /** Expected calibration error, 5 bins of equal count */
        error: number;
        /** The same of an ideal prediction, 95th percentile */
        errorIdealP95: number;
        /** Without the part that an ideal prediction has by chance */
        errorDebiased: number;
        /** Standard error of errorDebiased */
        errorStandardError: number;
      }[];
      /** Weight of the regression against the operator's shares */
      blend: number;
      /** Coded churners that the kept model learned from; 0: none, it has the usual shares */
      learnedFrom: number;
      /** Least probability of a named reason */
      threshold: number;
    } | null;
    /** Of the kind status: rows that a campaign had contacted before their label; null where none is known */
    contacted: {
      /** Contacted between the row and its label, among the rows with a label */
      rows: number;
      share: number;
      /** Churned among them */
      positives: number;
      /** keep, exclude or weight, as `training.contactedRows` was */
      treatment: string;
      /** The treatment of the models that it is compared with */
      comparedWith: string;
      /** Judged rows that were not contacted: all figures are of them */
      judgedRows: number;
      judgedContacted: number;
      auc: number | null;
      comparedAuc: number | null;
      /** The first AUC minus the second, paired */
      difference: Estimate | null;
      calibrationError: number | null;
      comparedCalibrationError: number | null;
      meanPrediction: number | null;
      comparedMeanPrediction: number | null;
      /** Share that churned */
      rate: number | null;
    } | null;
  } | null;
  importance: {
    column: string;
    meanAbsoluteContribution: number;
  }[];
  excluded: {
    column: string;
    reason: string;
  }[];
  seed: number;
  trainedAt: string | null;
  champion: boolean;
  /** Churn share to which the probabilities are calibrated */
  prevalence: number;
  notices: {
    code: string;
    message: string;
  }[];
  /** Last month of the table that it was trained on */
  month: string | null;
  /** Of the promotion policy when it was trained; null for former releases */
  verdict: {
    /** Whether it became champion by itself */
    promoted: boolean;
    /** Why: `promotion.worse` … */
    code: string;
    message: string;
    /** With the champion of then, on rows that neither had learned from; null where there are none */
    comparison: ModelComparison | null;
  } | null;
}

export interface ModelCard {
  model: Model | null;
  /** Business goal when it was trained (`model.businessGoals`) */
  goal: string;
  /** Null for former releases */
  data: {
    /** Rows with a label that it learned from */
    rows: number;
    /** Churned rows */
    positives: number;
    /** Null where the table has one row for each */
    subscriptions: number | null;
    /** Of the rows; empty where the table has a single snapshot */
    months: string[];
    /** Rows with a label in the table */
    labelledRows: number;
    /** Share of the table's subscriptions that was read */
    sampleShare: number;
    /** That the table offers to models */
    columns: number;
  } | null;
  method: {
    /** Version of the training program; null for former releases */
    programVersion: number | null;
    /** Seed, folds and other settings; null for former releases */
    settings: unknown | null;
    /** That it uses */
    columns: number;
    trees: number;
    /** Leaves of its largest tree */
    leavesMax: number;
    /** Splits on the longest way to a leaf */
    depthMax: number;
    /** Weight of the trees in the log-odds; the rest is that of the regression */
    treeWeight: number;
    calibration: string;
    /** Churn share of its training rows */
    trainingRate: number;
  } | null;
  /** Spans in which it was champion, newest first */
  deployments: Championship[];
  /** Spans in which it was in shadow, newest first, each with its newest run */
  shadows: Shadow[];
  /** Requests to promote it, newest first */
  promotions: Promotion[];
  /** Limits and known weaknesses */
  limits: {
    code: string;
    message: string;
  }[];
  /** How much the columns of each reason matter, most first */
  reasons: {
    /** Null for columns that no reason is assigned to */
    reason: ChurnCause | null;
    /** Of the mean absolute contributions of all columns */
    share: number;
    columns: string[];
  }[];
  /** SHA-256 of the model file */
  checksum: string;
}

export interface ModelComparison {
  /** Internal id (UUID) */
  championId: string;
  /** Months of the rows; empty where the table has a single one */
  months: string[];
  rows: number;
  positives: number;
  championAuc: number;
  auc: number;
  championPrecisionAtCapacity: number | null;
  precisionAtCapacity: number | null;
  /** AUC of the model minus that of the champion, on the same rows, paired */
  difference: Estimate | null;
}

export interface Money {
  /** Decimal */
  amount: string;
  /** ISO 4217; empty if the table names none */
  currency: string;
}

export interface Month {
  month: string;
  /** `waiting`: for a person; `done`: every step is done or not available */
  state: MonthState;
  steps: MonthStep[];
}

export const MonthState = [
  'waiting',
  'running',
  'done',
  'failed',
] as const;
export type MonthState = (typeof MonthState)[number];

export interface MonthStep {
  step: MonthStepName;
  /** Name of the plain table; null for the extract */
  table: string | null;
  state: MonthStepState;
  jobId: string | null;
  progress: number;
  /** What it is doing now */
  phase: string;
  rowsDone: number;
  rowsTotal: number | null;
  requestedAt: string | null;
  endedAt: string | null;
  /** Ids of what it made, as in its job */
  result: {
    [name: string]: string;
  };
  /** Steps that have to end first, or whose result is missing */
  waitsFor: MonthStepName[];
  /** Why it waits, failed or is not available */
  code: string | null;
  message: string | null;
}

export const MonthStepName = [
  'import',
  'profiles',
  'view',
  'training',
  'scoring',
  'fits',
  'households',
  'changes',
  'lists',
  'effect',
] as const;
export type MonthStepName = (typeof MonthStepName)[number];

export const MonthStepState = [
  'waiting',
  'running',
  'done',
  'failed',
  'not_available',
] as const;
export type MonthStepState = (typeof MonthStepState)[number];

export interface MonthWithServices {
  month: string;
  /** `waiting`: for a person; `done`: every step is done or not available */
  state: MonthState;
  steps: MonthStep[];
  /** Services that did not answer; their steps are missing */
  unavailable: ServiceName[];
}

export interface NextWork {
  lease: Lease | null;
  /** By reason */
  passedOver: {
    [name: string]: number;
  };
  /** Null with a lease, and if it is never or unknown */
  retryAt: string | null;
}

export const OtherCause = [
  'device',
  'arrears',
  'fraud',
  'death',
  'other',
] as const;
export type OtherCause = (typeof OtherCause)[number];

export interface OtherCauseOfScore {
  cause: OtherCause;
  /** That this is the cause, if the subscriber churns */
  probability: number;
  branch: CauseBranch;
  group: string;
  controllable: boolean;
}

export const Outcome = [
  'accepted',
  'declined',
  'no_answer',
  'not_reached',
  'call_back',
  'wrong_person',
  'do_not_contact',
] as const;
export type Outcome = (typeof Outcome)[number];

export interface Parameter {
  key: string;
  /** In force */
  value: unknown;
  default: unknown;
  description: string;
  /** JSON schema of the value */
  schema: unknown;
  /** Everything that was ever set, oldest first */
  history: {
    value: unknown;
    /** RFC 3339 time with zone */
    validFrom: string;
    /** RFC 3339 time with zone */
    setAt: string;
    setBy: string;
  }[];
}

export const PassedOverReason = [
  'unknown',
  'consent',
  'consent_unknown',
  'suppressed',
  'number_refused',
  'number_unconfirmed',
  'control_group',
  'frequency',
  'retry',
  'household_frequency',
  'quiet_hours',
  'time_zone_unknown',
  'identity_unknown',
  'unavailable',
  'leased',
  'done',
  'offer_gone',
] as const;
export type PassedOverReason = (typeof PassedOverReason)[number];

export interface PlanFit {
  /** Internal id (UUID) */
  subscriptionId: string;
  /** Null for a rehearsal */
  runId: string | null;
  /** Months that were billed */
  months: string[];
  presentPlanId: string | null;
  /** By the written formula, each month on the plan held at its end */
  presentBill: Money | null;
  /** On the plan held now; savings are against it */
  presentPlanBill: Money | null;
  /** Null for "no better plan" */
  advised: PlanOffer | null;
  /** From when on the advice pays, after a commitment; null for now */
  advisedFrom: string | null;
  /** The next best, cheapest first */
  others: PlanOffer[];
  principle: 'no_plan' | 'tier_down' | 'tier_up' | 'migrate' | null;
  /** Why no plan is better */
  reason: 'cheapest_already' | 'saving_too_small' | 'saving_uncertain' | 'committed' | 'double_zero' | 'not_billable' | null;
  /** What the bills were worked out from */
  method: 'events' | 'usage';
  /** Organisation unit, such as `demo/shenyang/` */
  orgUnit: string;
}

export interface PlanOffer {
  /** As the operator writes it */
  planId: string;
  name: string;
  /** Of all the months */
  bill: Money | null;
  /** A month; negative if it would cost more */
  saving: Money | null;
  /** Lower end of its 95 % interval; null from a single month */
  savingLow: Money | null;
  savingHigh: Money | null;
  /** In the order of the months */
  monthlyBills: Money[];
}

export interface Problem {
  type: 'urn:holdfast:problem:invalid' | 'urn:holdfast:problem:unauthenticated' | 'urn:holdfast:problem:forbidden' | 'urn:holdfast:problem:notFound' | 'urn:holdfast:problem:conflict' | 'urn:holdfast:problem:precondition' | 'urn:holdfast:problem:gone' | 'urn:holdfast:problem:tooLarge' | 'urn:holdfast:problem:unprocessable' | 'urn:holdfast:problem:limited' | 'urn:holdfast:problem:unavailable' | 'urn:holdfast:problem:internal';
  title: string;
  status: number;
  detail: string;
  /** Path of the request, without its query */
  instance: string;
  code: ProblemCode;
  errors: FieldProblem[];
  traceId: string;
  /** Whether the same request may succeed later */
  retryable: boolean;
}

/** Message key, the same in every language */
export const ProblemCode = [
  'access.issuerUnavailable',
  'audit.unavailable',
  'body.contentTypeUnsupported',
  'body.malformed',
  'body.tooLarge',
  'call.otherServices',
  'caller.issuedToAnother',
  'caller.provinceOnly',
  'caller.scopeMissing',
  'caller.serviceRefused',
  'caller.systemOnly',
  'caller.unauthenticated',
  'campaign.approverIsAuthor',
  'campaign.audienceEmpty',
  'campaign.commentTooLong',
  'campaign.contactsOver',
  'campaign.currencyDiffers',
  'campaign.groupUnknown',
  'campaign.invalidTransition',
  'campaign.moveUnknown',
  'campaign.noScores',
  'campaign.notRunning',
  'campaign.orgUnitUnknown',
  'campaign.planInvalid',
  'campaign.revision',
  'campaign.stateUnknown',
  'campaign.unitNeeded',
  'campaign.unknown',
  'changes.gone',
  'changes.invalid',
  'changes.monthOpen',
  'changes.notComputed',
  'column.contractScientific',
  'column.digitsLost',
  'column.parquetType',
  'column.scientific',
  'column.unknown',
  'consent.evidenceMissing',
  'consent.evidenceTooLong',
  'consent.termUnknown',
  'contact.channelUnknown',
  'contact.factsUnavailable',
  'contact.purposeUnknown',
  'contact.tooMany',
  'customer.unknown',
  'deadLetter.unknown',
  'disposition.tooMany',
  'docs.assetUnknown',
  'extract.fileFirst',
  'extract.fileMissing',
  'extract.fromFuture',
  'extract.hashDiffers',
  'extract.noFiles',
  'extract.noTableImported',
  'extract.none',
  'extract.onlyFiles',
  'extract.othersChanged',
  'extract.pathLeaves',
  'extract.pathTwice',
  'extract.requiredTable',
  'extract.rowsDiffer',
  'extract.sequenceImplausible',
  'extract.sequenceTaken',
  'extract.sequenceWithdrawn',
  'extract.timeImplausible',
  'extract.tooManyFiles',
  'extract.withdrawnMeanwhile',
  'facts.columnUnknown',
  'facts.kindsInvalid',
  'facts.needsTable',
  'facts.snapshotOnly',
  'facts.subscriptionsInvalid',
  'facts.tableUnknown',
  'feature.unknown',
  'file.empty',
  'file.encodingLatin',
  'file.encodingUnknown',
  'file.growsTooMuch',
  'file.gzipBroken',
  'file.lineTooLong',
  'file.noRows',
  'file.notCsv',
  'file.parquetBroken',
  'file.tooManyRows',
  'fit.tooMany',
  'fitRun.gone',
  'fitRun.unknown',
  'forecast.rangeInvalid',
  'forecast.unitsTooMany',
  'form.broken',
  'gateway.stopping',
  'header.broken',
  'header.columnsMissing',
  'header.columnsSpelled',
  'header.contractColumnTwice',
  'header.contractColumnsMissing',
  'header.contractDiffers',
  'header.contractMissing',
  'header.contractSpelling',
  'header.contractUnreadable',
  'header.isData',
  'header.missing',
  'header.nameMissing',
  'header.nameTooLong',
  'header.nameTwice',
  'header.notText',
  'header.tooWide',
  'household.beyondRegion',
  'household.decidedMeanwhile',
  'household.evidenceInvalid',
  'household.monthNotClosed',
  'household.noEvidence',
  'household.noMonth',
  'household.unknown',
  'householdRun.gone',
  'householdRun.unknown',
  'households.changing',
  'id.malformed',
  'idempotencyKey.inFlight',
  'idempotencyKey.malformed',
  'idempotencyKey.missing',
  'idempotencyKey.reused',
  'identifier.ambiguous',
  'identifier.kindUnknown',
  'ifMatch.missing',
  'ifMatch.unknown',
  'import.beingPublished',
  'import.discarded',
  'import.erased',
  'import.notHeld',
  'import.notNewest',
  'import.notVisible',
  'import.nothingAccepted',
  'import.otherVersion',
  'import.unknown',
  'import.withdrawalReason',
  'inbox.folderUnknown',
  'inbox.leaves',
  'internal',
  'job.paramsInvalid',
  'job.unknown',
  'label.neverPositive',
  'label.severalPositive',
  'lake.full',
  'lake.notStored',
  'lease.agentMalformed',
  'lease.channelNotApproved',
  'lease.gone',
  'lease.tooMany',
  'lease.unknown',
  'lists.needCampaign',
  'manifest.malformed',
  'manifest.missing',
  'manifest.otherOperator',
  'manifest.tooLarge',
  'mapping.invalid',
  'mapping.unreadable',
  'metrics.off',
  'metrics.unavailable',
  'model.damaged',
  'model.featuresMissing',
  'model.fileRefused',
  'model.formatUnknown',
  'model.kindUnknown',
  'model.noChampion',
  'model.otherKind',
  'model.otherVersion',
  'model.reasonMissing',
  'model.reasonTooLong',
  'model.unknown',
  'model.versionWithdrawn',
  'month.malformed',
  'month.notClosed',
  'month.open',
  'month.ownersUnavailable',
  'month.policyNever',
  'month.unknown',
  'online.idMalformed',
  'online.tooMany',
  'page.tokenMalformed',
  'pageToken.invalid',
  'parameter.invalid',
  'parameter.past',
  'parameter.unknown',
  'personal.reasonMissing',
  'plan.tooMany',
  'plan.unknown',
  'planFit.unknown',
  'predict.rowsInvalid',
  'predict.tooManyRows',
  'predict.valuesUnknown',
  'profiles.earlierUnderWay',
  'profiles.laterUnderWay',
  'profiles.notYetIn',
  'profiles.tooManyUnits',
  'promotionRequest.approverIsRequester',
  'promotionRequest.championChanged',
  'promotionRequest.closed',
  'promotionRequest.decisionUnknown',
  'promotionRequest.isChampion',
  'promotionRequest.notBetter',
  'promotionRequest.open',
  'promotionRequest.unknown',
  'queue.unknown',
  'rate.exceeded',
  'reads.cancelled',
  'reads.tooMany',
  'refusals.unknown',
  'report.noClosedMonth',
  'request.brokenOff',
  'request.invalid',
  'request.malformed',
  'request.tooSlow',
  'request.unparsable',
  'results.unknown',
  'rollback.notChampion',
  'rollback.nothingBefore',
  'route.unknown',
  'run.driftUnknown',
  'run.gone',
  'run.unknown',
  'score.columnsMissing',
  'score.columnsRetyped',
  'score.involuntaryUnknown',
  'score.monthUnknown',
  'score.quadrantUnknown',
  'score.sortUnknown',
  'score.timingUnknown',
  'score.unknown',
  'script.languageUnknown',
  'script.unknown',
  'script.whose',
  'selection.notComputed',
  'service.failed',
  'service.hangs',
  'service.unavailable',
  'shadow.isChampion',
  'shadow.none',
  'shadow.open',
  'shards.invalid',
  'stock.rangeInvalid',
  'stock.unitInvalid',
  'subscription.malformed',
  'subscription.tooMany',
  'subscription.unknown',
  'suppression.endsInPast',
  'suppression.unknown',
  'system.unavailable',
  'table.unknown',
  'table.versionUnknown',
  'training.cannotLearn',
  'training.labelMissing',
  'training.monthLearned',
  'training.prevalenceInvalid',
  'training.repeatsInvalid',
  'training.tooFewOfAClass',
  'training.tooManyRows',
  'unit.tooMany',
  'upload.brokenOff',
  'upload.fileMissing',
  'upload.headerFirst',
  'upload.mappingNotFirst',
  'upload.mappingTooLarge',
  'upload.partUnknown',
  'upload.sizeDiffers',
  'upload.tooLarge',
  'value.levelsInvalid',
  'value.listInvalid',
  'value.monthUnknown',
  'value.monthsInvalid',
  'value.partsInvalid',
  'value.unknown',
  'view.columnUnknown',
  'view.definitionMalformed',
  'view.expressionMalformed',
  'view.groupUnknown',
  'view.historyMistaken',
  'view.monthUnknown',
  'view.nothingAtRisk',
  'view.snapshotRefused',
  'view.unknown',
  'work.listRebuilt',
  'work.stateUnknown',
  'work.unknown',
] as const;
export type ProblemCode = (typeof ProblemCode)[number];

export interface Promotion {
  /** Internal id (UUID) */
  promotionId: string;
  /** Internal id (UUID) */
  modelId: string;
  /** status: the subscriber churns and is not made to leave; involuntary: it leaves for arrears, fraud or death; value: the bills of the next two months are below the line, churn included */
  kind: 'status' | 'involuntary' | 'value';
  /** Name of a table */
  table: string;
  state: 'requested' | 'approved' | 'rejected' | 'cancelled';
  /** Champion at the request */
  championId: string | null;
  /** Whether the promotion rule accepts the model against that champion, and why */
  verdict: {
    /** Whether it became champion by itself */
    promoted: boolean;
    /** Why: `promotion.worse` … */
    code: string;
    message: string;
    /** With the champion of then, on rows that neither had learned from; null where there are none */
    comparison: ModelComparison | null;
  } | null;
  reason: string | null;
  /** Why it is to score although the rule does not accept it */
  overrideReason: string | null;
  /** Client, with the person if it names one */
  requestedBy: string;
  requestedAt: string | null;
  decidedBy: string | null;
  decidedAt: string | null;
  /** Of the decision */
  comment: string | null;
}

export const Purpose = [
  'marketing',
  'profiling',
  'research',
] as const;
export type Purpose = (typeof Purpose)[number];

/** A (low, low), B (low probability, high efficiency), C (high, high), D (high, low) */
export const Quadrant = [
  'A',
  'B',
  'C',
  'D',
] as const;
export type Quadrant = (typeof Quadrant)[number];

export interface Queue {
  /** Name of a queue: that of its table, or the id of its campaign */
  queue: string;
  runId: string;
  /** Model that scored the list */
  modelId: string;
  modelName: string;
  /** Month of the scores; null where the table has a single snapshot */
  month: string | null;
  builtAt: string | null;
  /** By state, within the region of the caller */
  items: {
    [name: string]: number;
  };
  /** How the rank was computed */
  efficiencyBasis: string;
  /** As approved with the campaign, else as the scores were ranked */
  contactCost: Money | null;
}

export interface Reason {
  column: string;
  /** TreeSHAP, log-odds */
  contribution: number;
  value: number | string | null;
  /** date: days since 1970-01-01 */
  type: 'number' | 'category' | 'flag' | 'date';
  comparison: {
    /** churnShare: of those with this value; churnShareOfBand: of those whose number or date is in the band */
    kind: 'churnShare' | 'churnShareOfBand';
    /** Churn share of the group */
    figure: number;
    /** Churn share of all rows */
    against: number;
    /** Least value of the band; null: open */
    from: number | null;
    /** Value that the band ends before; null: open */
    to: number | null;
  } | null;
}

export interface Reasons {
  /** Strongest first */
  raising: Reason[];
  /** Strongest first */
  lowering: Reason[];
  baseLogOdds: number;
  /** The seven reasons, most probable first; empty if no column maps to a reason */
  causes: Cause[];
  /** Causes outside the seven, most probable first; all probabilities of causes add up to 1 */
  otherCauses: OtherCauseOfScore[];
  /** Subscriptions of the same tenure and plan; null in scores of former releases, whose causes all count */
  comparisonGroup: {
    /** Months; null: open */
    tenureFrom: number | null;
    /** Months that it ends before; null: open */
    tenureTo: number | null;
    /** Null for all other plans */
    plan: string | null;
    rows: number;
  } | null;
  /** Whether any of the seven is named */
  hasClearReason: boolean;
  /** Past churners with a reason code that the probabilities of causes come from; 0: from the product's own shares */
  codedLeavers: number;
  /** Of a subscriber at risk: the smallest change by the operator with which the probability would be below that of risk; null if none suffices */
  change: Change | null;
}

export interface Reject {
  file: string;
  /** First line of the record; the header is 1 */
  line: number;
  column: string | null;
  rule: string;
  /** Truncated to 200 characters; keys and whole rows only with pii:read and X-Access-Reason */
  value: string;
}

export interface RetentionEffect {
  /** Closed, randomised ones with enough customers in offers and in the control group */
  campaigns: number;
  /** Evaluated, control groups included */
  customers: number;
  /** Pooled; null if nothing is measured */
  saved: SavedPerContact | null;
  /** Of the true effects of campaigns */
  deviation: number;
  /** Those with enough customers */
  groups: {
    dimension: 'region' | 'channel' | 'arm';
    /** Org unit, channel, or name of the arm */
    name: string;
    campaigns: number;
    customers: number;
    /** Of these campaigns alone */
    measured: SavedPerContact | null;
    /** Shrunk towards the pooled effect */
    shrunk: SavedPerContact | null;
  }[];
  /** Follows from the campaigns and their results */
  version: string | null;
}

export interface SavedPerContact {
  /** Share of those contacted that stayed because of it: 0.02 is 2 points */
  estimate: number;
  /** Lower end of the 95 % interval */
  low: number;
  /** Upper end */
  high: number;
}

export interface Score {
  /** Internal id (UUID) */
  subscriptionId: string;
  /** status: the subscriber churns and is not made to leave; involuntary: it leaves for arrears, fraud or death; value: the bills of the next two months are below the line, churn included */
  kind: 'status' | 'involuntary' | 'value';
  /** Calibrated */
  probability: number;
  /** A month */
  value: Money | null;
  /** By efficiencySource: value ÷ cost of one contact, times the measured effect */
  efficiency: number | null;
  priority: number;
  quadrant: Quadrant;
  /** Null where they were not computed, see the parameter score.explainedShare */
  reasons: Reasons | null;
  model: {
    /** Internal id (UUID) */
    modelId: string;
    name: string;
  };
  /** Internal id (UUID) */
  runId: string;
  /** Name of a table */
  table: string;
  tableVersion: string;
  scoredAt: string | null;
  /** Organisation unit, such as `demo/shenyang/` */
  orgUnit: string;
  /** Null where the table has a single snapshot */
  month: string | null;
  /** Of the kind status: that the subscription leaves involuntarily in the same month; null without a model of it */
  involuntaryProbability: number | null;
  /** Of the kind status: whether leaving involuntarily is at risk and likelier than leaving otherwise */
  isInvoluntary: boolean;
  /** Of the last three months, those without any use; null where use is not known */
  silentMonths: number | null;
  /** What can be done about arrears, the mildest first; of those at risk to leave involuntarily */
  levers: LeverAdvice[];
  /** That the subscription leaves by the kind within 1, 2, 3 and 6 months; empty for the kind value */
  horizons: HorizonProbability[];
  /** Early adopter or mature-stage chooser, the latter with offers of rivals; null in lists, and where no worth is computed */
  segment: AdopterSegment | null;
  /** Of the kind status: when to contact; null without months, horizons or a value, and for involuntary churn */
  timing: Timing | null;
  /** What efficiency and quadrant are computed from; null in lists, which have it once, and in runs of former releases */
  efficiencySource: EfficiencySource | null;
}

export interface Script {
  /** Internal id (UUID) */
  subscriptionId: string;
  language: 'zh-CN' | 'en';
  revision: string;
  composedAt: string | null;
  sections: {
    key: string;
    title: string;
    lines: {
      text: string;
      /** The figure in the text */
      value: number | string | boolean | null;
      /** Where the figure comes from */
      source: {
        service: string;
        origin: 'model' | 'table' | 'parameter' | 'profile' | 'plan' | 'run' | 'campaign';
        name: string;
        version: string;
        column: string | null;
        asOf: string | null;
      } | null;
    }[];
  }[];
}

export interface SelectedContacts {
  contacts: number;
  /** gain − cost */
  net: Money | null;
  /** Of contacts and offers */
  cost: Money | null;
  /** Margin kept */
  gain: Money | null;
}

export interface Selection {
  /** Internal id (UUID) */
  runId: string;
  /** Null where the table has a single snapshot */
  month: string | null;
  /** The contacts with the highest net */
  best: SelectedContacts | null;
  /** All at or above the probability of risk */
  atRisk: SelectedContacts | null;
  all: SelectedContacts | null;
  /** All with a net above 0; with one more contact the net falls */
  breakEven: SelectedContacts | null;
  /** Of the last one of the best */
  lastNet: Money | null;
  /** Rows without a value; they are in none */
  withoutValue: number;
  contactCost: Money | null;
  /** Of one offer that is taken */
  offerCost: Money | null;
  /** Share of those contacted that take it */
  takeUp: number;
  /** Share of those about to leave that a contact keeps */
  saveRate: number;
  saveRateBasis: 'assumed' | 'measured';
  /** Of the parameter `timing.rule` */
  ruleVersion: number;
  text: string;
}

export const ServiceName = [
  'customer-profile',
  'feature-store',
  'churn-scoring',
  'preference-recommendation',
  'household-identification',
  'campaign',
  'evaluation',
] as const;
export type ServiceName = (typeof ServiceName)[number];

export interface Shadow {
  /** Internal id (UUID) */
  shadowId: string;
  /** Internal id (UUID) */
  modelId: string;
  /** status: the subscriber churns and is not made to leave; involuntary: it leaves for arrears, fraud or death; value: the bills of the next two months are below the line, churn included */
  kind: 'status' | 'involuntary' | 'value';
  /** Name of a table */
  table: string;
  reason: string | null;
  /** Client, with the person if it names one */
  startedBy: string;
  startedAt: string | null;
  /** Null while the model is in shadow */
  endedAt: string | null;
  /** promotion: the model became champion; withdrawal: of the version that it was trained on */
  endedHow: 'stopped' | 'promotion' | 'withdrawal' | null;
  endedBy: string | null;
  /** Newest first */
  runs: {
    /** Internal id (UUID) */
    runId: string;
    month: string | null;
    tableVersion: string;
    /** Internal id (UUID) */
    championId: string;
    publishedAt: string | null;
    /** Null until they are computed */
    figures: ShadowFigures | null;
    /** Null until the labels of the month are known */
    outcome: ShadowOutcome | null;
  }[];
}

export interface ShadowFigures {
  /** That both scored */
  rows: number;
  meanProbability: number;
  championMeanProbability: number;
  /** Spearman's; null where one of the models has no order */
  rankCorrelation: number | null;
  /** Length of a list: what the team can contact in a month */
  contacts: number;
  /** Share of the two lists of that length that is in both */
  overlap: number;
  /** Population stability index of the shadow's scores in tenths of the champion's */
  stabilityIndex: number;
  /** By the shadow, without those that leave involuntarily by the run */
  atRisk: number;
  championAtRisk: number;
  /** At risk by the shadow only */
  entering: number;
  /** At risk by the champion only */
  leaving: number;
}

export interface ShadowOutcome {
  /** On the same rows; serves as the paired figure of a promotion */
  comparison: ModelComparison | null;
  /** Of the shadow at the capacity of the team */
  precision: Estimate | null;
  championPrecision: Estimate | null;
  /** That has the labels */
  tableVersion: string;
  /** Share of the run's subscriptions that was read */
  sampleShare: number;
}

export interface SubscriptionValue {
  /** Internal id (UUID) */
  subscriptionId: string;
  /** Organisation unit, such as `demo/shenyang/` */
  orgUnit: string;
  /** Σ weight × rank ÷ Σ weight over the known components */
  valueIndex: number | null;
  /** Share of the region's subscriptions with a higher value index */
  percentile: number | null;
  grade: 'A' | 'B' | 'C' | 'D' | null;
  components: {
    name: string;
    weight: number;
    /** Percent rank among the region's subscriptions, 1 − it of costs; null if unknown */
    rank: number | null;
    /** Per month; of `future`, the future value */
    amount: Money | null;
  }[];
  /** Revenue less the known costs, per month */
  margin: Money | null;
  /** Discounted margin of the coming months by the chance that it still exists */
  futureValue: Money | null;
  /** Of churn, as published */
  probability: number;
  /** Probability × future value */
  expectedLoss: Money | null;
  quadrant: Quadrant;
  cause: ChurnCause | null;
  valueGroup: 'mid_high_end' | 'quasi_mid_high_end' | 'other' | null;
  /** Mid/high-end at the start of the cohort */
  inCohort: boolean | null;
  valueLost: boolean | null;
  potential: 'near_line' | 'rising' | 'heavy_use' | null;
  /** In the 80/20 selection of its region by expected loss */
  inPareto: boolean;
  spendingPower: 'high' | 'medium' | 'low' | null;
  customerKind: 'person' | 'group' | null;
  vipLevel: string | null;
  managerId: string | null;
  /** By arrears of six months: A none; D many, or more than two bills */
  creditGrade: 'A' | 'B' | 'C' | 'D' | null;
  /** As the operator states it */
  creditClass: string | null;
  arrearsMonths: number | null;
  /** Shares of the bill, and of seconds to other networks */
  fingerprint: {
    [name: string]: number;
  };
  /** Bill of the month against the mean of the three before, − 1 */
  billChange: number | null;
  usageChange: number | null;
  /** Whether one of them is beyond `worth.change` */
  changed: boolean | null;
  lifecycle: 'new' | 'growing' | 'mature' | 'declining' | 'leaving';
  tenureMonths: number | null;
  /** Σ importance × dissatisfaction × alternatives ÷ Σ importance */
  churnIndex: number | null;
  churnIndexBasis: 'survey' | 'proxy' | null;
  /** The answers to surveys that it is from; null for a proxy */
  churnIndexFactors: unknown;
  /** The grade with each weight a step lower and higher; requested with `sensitivity=true` */
  sensitivity: {
    component: string;
    lower: WeightedGrade | null;
    higher: WeightedGrade | null;
  }[];
  segment: AdopterSegment | null;
  /** Within 1, 2, 3 and 6 months and within all; empty if the margin is unknown */
  horizons: ValueHorizon[];
}

export interface Suppression {
  /** Internal id (UUID) */
  suppressionId: string;
  /** Internal id (UUID) */
  customerId: string;
  channel: ChannelOrAny;
  reason: SuppressionReason;
  /** RFC 3339 time with zone */
  from: string;
  /** Exclusive; null for ever */
  to: string | null;
}

export const SuppressionReason = [
  'complaint_open',
  'legal',
  'deceased',
  'staff',
  'request',
  'other',
] as const;
export type SuppressionReason = (typeof SuppressionReason)[number];

export interface Table {
  /** Name of a table */
  table: string;
  version: string;
  rows: number;
  /** `YYYY-MM` */
  months: string[];
  columns: {
    name: string;
    role: 'key' | 'label' | 'value' | 'month' | 'orgUnit' | 'split' | 'feature' | 'excluded' | 'personal';
    /** Of features */
    type: 'number' | 'category' | 'flag' | 'date' | null;
    missing: number;
    /** Distinct values among those present */
    distinct: number;
    /** How churn may follow it: as it rises, no model lowers (or raises) the probability; empty if free */
    monotone: '' | 'increasing' | 'decreasing';
    /** Whether `distinct` is an estimate: of numbers and dates beyond 200,000 rows */
    isEstimate: boolean;
    /** Label from the mapping; null if it has none */
    label: {
      en: string | null;
      'zh-CN': string | null;
    };
  }[];
  currency: string | null;
  /** RFC 3339 time with zone */
  loadedAt: string;
  hasSplit: boolean;
  /** 0: the table has no label, and no model can learn from it */
  labelledRows: number;
  positiveRows: number;
}

export interface TimelineEntry {
  at: string | null;
  kind: 'contact' | 'status' | 'plan' | 'handset' | 'number' | 'account' | 'consent';
  /** Null if it is about the customer */
  subscriptionId: string | null;
  /** Codes by name; nothing personal. `source` is `holdfast` for a contact by an agent of this system */
  details: {
    [name: string]: string;
  };
}

export interface Timing {
  /** Null if no contact pays */
  bestMonth: string | null;
  /** Months from the first month after the scored one */
  bestAfterMonths: number | null;
  /** At the best moment: margin kept less the cost of contact and offer */
  net: Money | null;
  /** What a contact now loses against the best moment */
  tooEarly: Money | null;
  /** What a contact a month later loses; null where the horizon ends */
  tooLate: Money | null;
  /** The most that the offer may cost, so that a contact pays */
  offerCostMax: Money | null;
  /** Last month under contract */
  contractEndsMonth: string | null;
  /** Share of those about to leave that a contact keeps */
  saveRate: number;
  saveRateBasis: 'assumed' | 'measured';
  /** Of the parameter `timing.rule` */
  ruleVersion: number;
  /** Each month of the horizon; empty in lists */
  moments: {
    afterMonths: number;
    month: string;
    net: Money | null;
    /** Margin kept */
    gain: Money | null;
    /** Of contact and offer */
    cost: Money | null;
    /** Margin of those that have churned, or decided to, before */
    lost: Money | null;
  }[];
}

export interface UnbillablePlan {
  /** Null for subscriptions without a plan */
  planId: string | null;
  name: string | null;
  /** `plan_unreadable`: not in the catalogue, or a rate cannot be read; `no_rate`: for something that was used; `no_bill`: no plan and no billed amount; `totals_…`: the rates depend on what monthly totals lack, so that call records are needed */
  reason: 'plan_unreadable' | 'no_rate' | 'no_bill' | 'totals_incoming' | 'totals_network' | 'totals_time_band' | 'totals_steps' | 'totals_call_cap' | 'totals_rounding' | 'totals_rates_differ';
  subscriptions: number;
}

export interface ValueGroupCount {
  month: string;
  /** Organisation unit, such as `demo/shenyang/` */
  orgUnit: string;
  valueGroup: 'mid_high_end' | 'quasi_mid_high_end' | 'value_lost';
  /** Members in service at the end of the month */
  stock: number;
  /** Null where the month before is not closed */
  entered: number | null;
  /** Members of the month before that are none any more */
  left: number | null;
  /** Of those that left, cancelled in the month */
  cancelled: number | null;
  /** Mean bill of the month of the members, decimal, in the currency */
  meanArpu: string | null;
  /** Members with a bill of the month */
  billed: number;
  /** Members of the month before with a contact in the month */
  contacted: number | null;
  /** Of those contacted, saved by the definition `saved`; null until it is known */
  saved: number | null;
}

export interface ValueGroupReport {
  counts: ValueGroupCount[];
  definitions: Definition[];
  /** ISO 4217 */
  currency: string;
  /** RFC 3339 time with zone */
  asOf: string;
}

export interface ValueHazards {
  /** Months from the first on that each have a chance to leave */
  months: number;
  basis: 'hazards' | 'constant';
  text: string;
}

export interface ValueHorizon {
  /** beyond: all months of the future value */
  term: 'near' | 'mid' | 'long' | 'beyond';
  months: number;
  /** Of leaving within them */
  probability: number;
  /** Discounted margin of these months by the chance that it still exists */
  value: Money | null;
  /** What departures within these months take from it */
  loss: Money | null;
  /** hazards: each month has its own chance to leave; last-hazard: later ones have the last known one; constant: one for all */
  basis: 'hazards' | 'last-hazard' | 'constant';
}

export interface View360 {
  /** Internal id (UUID) */
  customerId: string;
  asOf: string | null;
  /** Last closed month by then, `YYYY-MM` */
  month: string | null;
  /** The extract that answers */
  extractId: string | null;
  kind: 'person' | 'group';
  /** Organisation unit, such as `demo/shenyang/` */
  orgUnit: string;
  groups: ViewGroup[];
  subscriptions: {
    /** Internal id (UUID) */
    subscriptionId: string;
    accountId: string;
    /** Account of the payer, if another customer pays */
    payerAccountId: string | null;
    /** Who uses it, where that is not the owner */
    userCustomerId: string | null;
    service: string | null;
    status: string | null;
    groups: ViewGroup[];
  }[];
  relations: {
    /** Internal id (UUID) */
    customerId: string;
    kind: string;
    /** Of the other */
    role: string | null;
    /** `to`: stated of this customer; `from`: of the other */
    direction: 'to' | 'from';
    validFrom: string | null;
  }[];
}

export interface ViewGroup {
  key: string;
  label: string;
  fields: {
    key: string;
    /** In the caller's language */
    label: string;
    /** Null if it is not known */
    value: number | string | boolean | Money | null;
    /** Table of the operator's extract */
    source: string;
    /** Whether it is personal, and the caller sees only a part */
    masked: boolean;
    /** Why there is no value */
    unavailable: string | null;
    /** What is doubtful about the value, such as a number that another subscription has, too */
    notice: string | null;
  }[];
  /** Why the group is empty */
  unavailable: string | null;
}

export interface WeightedGrade {
  weight: number;
  valueIndex: number;
  percentile: number;
  /** By the value index among the region's subscriptions; A is best */
  grade: 'A' | 'B' | 'C' | 'D';
}

export interface WorkItem {
  /** Internal id (UUID) */
  itemId: string;
  /** Name of a queue: that of its table, or the id of its campaign */
  queue: string;
  /** Internal id (UUID) */
  subscriptionId: string;
  rank: number;
  probability: number;
  /** A month */
  value: Money | null;
  /** probability × value ÷ cost; of a campaign, the cost of contact and offer */
  priority: number;
  quadrant: Quadrant;
  /** Column of the strongest reason */
  firstReason: string | null;
  state: WorkState;
  /** Organisation unit, such as `demo/shenyang/` */
  orgUnit: string;
  /** Null on the queue of a plain table */
  campaignId: string | null;
  /** Group of the campaign; null on the queue of a plain table */
  arm: string | null;
  householdId: string | null;
  /** When an open item may be tried again after a contact or a check of the gate; null if that time has come */
  retryAt: string | null;
  /** The call back that the customer asked for */
  callBack: {
    /** RFC 3339 time with zone */
    at: string;
    /** Who recorded it; gets the item first */
    agent: string;
  } | null;
}

export const WorkState = [
  'open',
  'leased',
  'done',
] as const;
export type WorkState = (typeof WorkState)[number];

export interface Operations {
  /** Get an access token (development issuer). */
  'POST /oauth/token': {
    request: {
      body: {
        grant_type: string;
        client_id?: string | undefined;
        client_secret?: string | undefined;
        scope?: string | undefined;
      };
    };
    response: {
      access_token: string;
      token_type: 'Bearer';
      /** Seconds */
      expires_in: number;
      scope: string;
    };
  };
  /** Public keys of the development issuer. */
  'GET /.well-known/jwks.json': {
    request: {};
    response: {
      keys: {
        kty: string;
        [name: string]: unknown;
      }[];
    };
  };
  /** Import a plain table. Scope: ingest:write. */
  'POST /api/v1/tables': {
    request: {
      /** `true`: check and compare with what is visible only; nothing becomes visible, and the files are removed */
      dryRun?: 'true' | 'false' | undefined;
      /** Month of all rows, `YYYY-MM`, in place of `asOf` in the mapping */
      asOf?: string | undefined;
      body: FormData;
    };
    response: Job;
  };
  /** The tables, newest version of each. Scope: ingest:read. */
  'GET /api/v1/tables': {
    request: {};
    response: {
      tables: Table[];
    };
  };
  /** Import a full extract. Scope: ingest:write. */
  'POST /api/v1/imports': {
    request: {
      /** `true`: check and compare with what is visible only; nothing becomes visible, and the files are removed */
      dryRun?: 'true' | 'false' | undefined;
      body: FormData | {
        /** `inbox:` and a folder of the inbox */
        source: string;
      };
    };
    response: Job;
  };
  /** Imports, newest first. Scope: ingest:read. */
  'GET /api/v1/imports': {
    request: {
      /** Entries of a page */
      pageSize?: number | undefined;
      /** `nextPageToken` of the page before */
      pageToken?: string | undefined;
    };
    response: {
      imports: Import[];
      /** Give it as `pageToken` for the next page; null on the last */
      nextPageToken: string | null;
    };
  };
  /** The extracts that went in, newest first. Scope: ingest:read. */
  'GET /api/v1/extracts': {
    request: {};
    response: {
      extracts: Extract[];
    };
  };
  /** The report of one import. Scope: ingest:read. */
  'GET /api/v1/imports/{importId}': {
    request: {
      /** Internal id (UUID) */
      importId: string;
    };
    response: Import;
  };
  /** Publish an import that is held back. Scope: ingest:write. */
  'POST /api/v1/imports/{importId}:confirm': {
    request: {
      /** Internal id (UUID) */
      importId: string;
    };
    response: Job;
  };
  /** Drop an import that is held back, its file and the key to it. Scope: ingest:write. */
  'POST /api/v1/imports/{importId}:discard': {
    request: {
      /** Internal id (UUID) */
      importId: string;
    };
    response: Import;
  };
  /** Withdraw an import that is visible. Scope: ingest:write. */
  'POST /api/v1/imports/{importId}:withdraw': {
    request: {
      /** Internal id (UUID) */
      importId: string;
      body: {
        /** Why; kept with the import. Never a text about a person */
        reason: string;
      };
    };
    response: Import;
  };
  /** Rows that broke their contract, in file order. Scope: ingest:read. */
  'GET /api/v1/imports/{importId}/rejects': {
    request: {
      /** Internal id (UUID) */
      importId: string;
      /** Only of this table */
      table?: string | undefined;
      /** Wins over the Accept header */
      format?: 'json' | 'csv' | undefined;
      /** Entries of a page */
      pageSize?: number | undefined;
      /** `nextPageToken` of the page before */
      pageToken?: string | undefined;
    };
    response: {
      rejects: Reject[];
      /** Give it as `pageToken` for the next page; null on the last */
      nextPageToken: string | null;
    };
  };
  /** One table with its columns. Scope: ingest:read. */
  'GET /api/v1/tables/{table}': {
    request: {
      /** Name of a table */
      table: string;
      /** Empty for the newest */
      version?: string | undefined;
    };
    response: Table;
  };
  /** Jobs, newest first within each page. Scope: jobs:read. */
  'GET /api/v1/jobs': {
    request: {
      /** Entries of a page */
      pageSize?: number | undefined;
      /** `nextPageToken` of the page before */
      pageToken?: string | undefined;
    };
    response: {
      jobs: Job[];
      /** Give it as `pageToken` for the next page; null on the last */
      nextPageToken: string | null;
      unavailable: ServiceName[];
    };
  };
  /** One job with its progress. Scope: jobs:read. */
  'GET /api/v1/jobs/{jobId}': {
    request: {
      /** Service and UUID: `feature-store.01936a3e-…` */
      jobId: string;
    };
    response: Job;
  };
  /** Stop a job at its next safe point. Scope: jobs:write. */
  'DELETE /api/v1/jobs/{jobId}': {
    request: {
      /** Service and UUID: `feature-store.01936a3e-…` */
      jobId: string;
    };
    response: Job;
  };
  /** The job now and after every change, as server-sent events, until it has ended. Scope: jobs:read. */
  'GET /api/v1/jobs/{jobId}/events': {
    request: {
      /** Service and UUID: `feature-store.01936a3e-…` */
      jobId: string;
    };
    response: undefined;
  };
  /** The newest months with their steps, newest first. Scope: jobs:read. */
  'GET /api/v1/months': {
    request: {};
    response: {
      months: Month[];
      /** Services that did not answer; their steps are missing */
      unavailable: ServiceName[];
    };
  };
  /** The steps of a month: what is done, what waits for what, and why. Scope: jobs:read. */
  'GET /api/v1/months/{month}': {
    request: {
      month: string;
    };
    response: MonthWithServices;
  };
  /** Events that a service could not handle, newest first. Scope: jobs:read. */
  'GET /api/v1/dead-letters/{service}': {
    request: {
      /** Service that could not handle the event */
      service: ServiceName;
      /** Entries of a page */
      pageSize?: number | undefined;
      /** `nextPageToken` of the page before */
      pageToken?: string | undefined;
    };
    response: {
      deadLetters: DeadLetter[];
      /** Give it as `pageToken` for the next page; null on the last */
      nextPageToken: string | null;
    };
  };
  /** Hand the event to its consumer once more, and remove the dead letter. Scope: jobs:write. */
  'POST /api/v1/dead-letters/{service}/{deadLetterId}:replay': {
    request: {
      /** Service that could not handle the event */
      service: ServiceName;
      /** Internal id (UUID) */
      deadLetterId: string;
    };
    response: DeadLetter;
  };
  /** Remove a dead letter: its event is never handled. Scope: jobs:write. */
  'DELETE /api/v1/dead-letters/{service}/{deadLetterId}': {
    request: {
      /** Service that could not handle the event */
      service: ServiceName;
      /** Internal id (UUID) */
      deadLetterId: string;
    };
    response: DeadLetter;
  };
  /** A customer with accounts and subscriptions, and on request the 360 view as of a date. Scope: profile:read. */
  'GET /api/v1/customers/{customerId}': {
    request: {
      /** Internal id (UUID) */
      customerId: string;
      /** As-of time; default: now */
      asOf?: string | undefined;
      /** `all`, or some of basic, activity, fees, calls, sms, vas, contacts, handset, relations, tags, changes, separated by commas */
      include?: string | undefined;
    };
    response: Customer;
  };
  /** The customer behind an external identifier. Scope: profile:read. */
  'POST /api/v1/customers:resolve': {
    request: {
      body: {
        /** `key`: of a subscription, in an extract or in a table; `document`: of identity, with x or X */
        kind: 'key' | 'number' | 'account' | 'document';
        value: string;
        /** As-of time, because numbers change hands; default: now */
        asOf?: string | undefined;
        /** Of a key: its plain table. Without it, a key that different customers have in different tables is a conflict */
        table?: string | undefined;
      };
    };
    response: Customer;
  };
  /** The organisation units within the region of the caller, parents first. Scope: profile:read. */
  'GET /api/v1/org-units': {
    request: {};
    response: {
      orgUnits: {
        /** Organisation unit, such as `demo/shenyang/` */
        orgUnit: string;
        level: string;
        name: string;
        customers: number;
      }[];
    };
  };
  /** What happened to a customer, newest first. Scope: profile:read. */
  'GET /api/v1/customers/{customerId}/timeline': {
    request: {
      /** Internal id (UUID) */
      customerId: string;
      /** Entries of a page */
      pageSize?: number | undefined;
      /** `nextPageToken` of the page before */
      pageToken?: string | undefined;
    };
    response: {
      entries: TimelineEntry[];
      /** Give it as `pageToken` for the next page; null on the last */
      nextPageToken: string | null;
    };
  };
  /** What a customer allows. Scope: consent:read. */
  'GET /api/v1/customers/{customerId}/consents': {
    request: {
      /** Internal id (UUID) */
      customerId: string;
    };
    response: {
      consents: Consent[];
    };
  };
  /** Record a customer's decision. Scope: consent:write. */
  'PUT /api/v1/customers/{customerId}/consents': {
    request: {
      /** Internal id (UUID) */
      customerId: string;
      body: {
        purpose: Purpose;
        channel: ChannelOrAny;
        granted: boolean;
        /** A reference to the proof, never a text about the person */
        evidence?: string | undefined;
      };
    };
    response: Consent;
  };
  /** Who must not be approached, newest first. Scope: consent:read. */
  'GET /api/v1/suppressions': {
    request: {
      /** Only of this customer */
      customerId?: string | undefined;
      /** Entries of a page */
      pageSize?: number | undefined;
      /** `nextPageToken` of the page before */
      pageToken?: string | undefined;
    };
    response: {
      suppressions: Suppression[];
      /** Give it as `pageToken` for the next page; null on the last */
      nextPageToken: string | null;
    };
  };
  /** Keep a customer from being approached. Scope: consent:write. */
  'POST /api/v1/suppressions': {
    request: {
      body: {
        /** Internal id (UUID) */
        customerId: string;
        channel?: ChannelOrAny | undefined;
        reason: SuppressionReason;
        /** Exclusive; default: open end */
        to?: string | undefined;
      };
    };
    response: Suppression;
  };
  /** End a suppression now. Scope: consent:write. */
  'DELETE /api/v1/suppressions/{suppressionId}': {
    request: {
      /** Internal id (UUID) */
      suppressionId: string;
    };
    response: Suppression;
  };
  /** Confirm that a customer is reached at the numbers that are known. Scope: consent:write. */
  'POST /api/v1/customers/{customerId}/contact-numbers:confirm': {
    request: {
      /** Internal id (UUID) */
      customerId: string;
    };
    response: {
      /** Numbers that were in doubt until now */
      confirmed: number;
    };
  };
  /** Whether up to 500 subscriptions may be approached. Scope: contact:check. */
  'POST /api/v1/contactability:check': {
    request: {
      body: {
        subscriptionIds: string[];
        purpose?: Purpose | undefined;
        channel?: Channel | undefined;
        /** Default: now */
        at?: string | undefined;
      };
    };
    response: {
      /** In the order of the request */
      answers: {
        /** Internal id (UUID) */
        subscriptionId: string;
        allowed: boolean;
        /** Why not */
        reasons: GateReason[];
        retryAt: string | null;
      }[];
    };
  };
  /** Feature values of one subscription, each with its times. Scope: features:read. */
  'GET /api/v1/subscriptions/{subscriptionId}/features': {
    request: {
      /** Internal id (UUID) */
      subscriptionId: string;
      table?: string | undefined;
      /** Empty for `subscriber-months` */
      view?: string | undefined;
      /** Month of the view; empty for the last closed one */
      asOf?: string | undefined;
      /** Later facts do not count; default: that of the month */
      knowledgeTime?: string | undefined;
    };
    response: {
      /** Internal id (UUID) */
      subscriptionId: string;
      /** Name of the table or view */
      table: string;
      /** Null where the values were worked out as of a month */
      version: string | null;
      asOf: string | null;
      values: {
        feature: string;
        state: 'present' | 'missing' | 'stale';
        value: number | string | null;
        eventAt: string | null;
        knowledgeTime: string | null;
      }[];
    };
  };
  /** The feature views, and what each feature is made of. Scope: features:read. */
  'GET /api/v1/feature-views': {
    request: {};
    response: {
      views: {
        /** Name of a feature view */
        name: string;
        /** Hash over its definitions */
        version: string;
        features: {
          name: string;
          family: string;
          /** Tables of the extract, or `table.column` */
          needs: string[];
          /** Cause of a missing value; null if it has one */
          unavailable: string | null;
          /** Churn reason that it maps to */
          reason: ChurnCause | null;
          label: {
            en: string;
            'zh-CN': string;
          };
        }[];
      }[];
    };
  };
  /** How the features of a view are spread in a month. Scope: features:read. */
  'GET /api/v1/feature-views/{name}/statistics': {
    request: {
      /** Name of a feature view */
      name: string;
      /** Empty for the last */
      month?: string | undefined;
    };
    response: {
      /** Name of a feature view */
      view: string;
      version: string;
      month: string;
      rows: number;
      features: {
        feature: string;
        missing: number;
        distinct: number;
        /** Null for categories */
        mean: number | null;
        deviation: number | null;
        /** At 0, 0.05, 0.25, 0.5, 0.75, 0.95 and 1; empty for categories */
        quantiles: number[];
      }[];
    };
  };
  /** Materialise a feature view over all closed months, with the churn label where it is known. Scope: model:train. */
  'POST /api/v1/training-sets': {
    request: {
      body: {
        /** Empty for `subscriber-months` */
        view?: string | undefined;
      };
    };
    response: Job;
  };
  /** Definitions of value groups with their versions. Scope: features:read. */
  'GET /api/v1/definitions': {
    request: {
      /** Default: now */
      at?: string | undefined;
    };
    response: {
      definitions: Definition[];
    };
  };
  /** Score every subscription of a table with its champion. Scope: score:run. */
  'POST /api/v1/scores': {
    request: {
      body: {
        /** status: the subscriber churns and is not made to leave; involuntary: it leaves for arrears, fraud or death; value: the bills of the next two months are below the line, churn included */
        kind?: 'status' | 'involuntary' | 'value' | undefined;
        /** Name of a table */
        table: string;
        /** Empty for the newest */
        version?: string | undefined;
        /** Empty for the last month, where the table has several */
        month?: string | undefined;
      };
    };
    response: Job;
  };
  /** How likely a subscriber is to leave, and why. Scope: churn:read. */
  'GET /api/v1/subscriptions/{subscriptionId}/churn': {
    request: {
      /** Internal id (UUID) */
      subscriptionId: string;
      /** status: the subscriber churns and is not made to leave; involuntary: it leaves for arrears, fraud or death; value: the bills of the next two months are below the line, churn included */
      kind?: 'status' | 'involuntary' | 'value' | undefined;
    };
    response: Score;
  };
  /** How many are at risk in a run of scores, by quadrant, first reason and first of the seven reasons. Scope: churn:read. */
  'GET /api/v1/churn-runs/{runId}': {
    request: {
      /** UUID, or `latest` for the newest of the table */
      runId: string;
      /** With `latest`: of this table */
      table?: string | undefined;
      /** With `latest`: of this kind */
      kind?: 'status' | 'involuntary' | 'value' | undefined;
    };
    response: {
      /** Internal id (UUID) */
      runId: string;
      /** status: the subscriber churns and is not made to leave; involuntary: it leaves for arrears, fraud or death; value: the bills of the next two months are below the line, churn included */
      kind: 'status' | 'involuntary' | 'value';
      /** Name of a table */
      table: string;
      tableVersion: string;
      /** Null where the table has a single snapshot */
      month: string | null;
      /** Internal id (UUID) */
      modelId: string;
      rows: number;
      atRisk: {
        count: number;
        probabilityMin: number;
        /** Most first */
        byReason: {
          column: string;
          count: number;
        }[];
        /** By the first named of the seven reasons, most frequent first; empty if no column maps to a reason */
        byCause: {
          cause: ChurnCause;
          count: number;
        }[];
        /** Without a named reason; null if no column maps to a reason */
        withoutClearReason: number | null;
      };
      byQuadrant: {
        [name: string]: number;
      };
      /** Rows that leave involuntarily: neither at risk nor in a quadrant */
      involuntary: number;
      /** Rows with a silent month */
      silent: number;
      publishedAt: string | null;
      /** As in efficiencySource */
      efficiencyBasis: string;
      /** What efficiencies and quadrants are computed from; null in runs of former releases */
      efficiencySource: EfficiencySource | null;
      /** Of one contact */
      contactCost: Money | null;
      /** Where high begins */
      quadrantLimits: {
        probabilityMin: number;
        /** Null with a limit of value */
        efficiencyMin: number | null;
        /** Of a month (`quadrant.valueMin`); null with a limit of efficiency */
        valueMin: Money | null;
      } | null;
      /** Of all rows; null before the run is published */
      meanProbability: number | null;
      /** What happened in the last month whose labels are known, to compare the mean with */
      realised: {
        month: string;
        share: number;
      } | null;
      notices: {
        code: string;
        message: string;
      }[];
    };
  };
  /** Selective against package prevention: what contacting the best, all at risk, or all customers brings. Scope: churn:read. */
  'GET /api/v1/churn-runs/{runId}/selection': {
    request: {
      /** UUID, or `latest` for the newest of the table */
      runId: string;
      /** With `latest`: of this table */
      table?: string | undefined;
      /** Of the selective list; by default as many as the team can make in a month */
      contacts?: number | undefined;
    };
    response: Selection;
  };
  /** Probabilities and reasons for rows that are handed over. Scope: churn:read. */
  'POST /api/v1/scores:predict': {
    request: {
      body: {
        /** status: the subscriber churns and is not made to leave; involuntary: it leaves for arrears, fraud or death; value: the bills of the next two months are below the line, churn included */
        kind?: 'status' | 'involuntary' | 'value' | undefined;
        /** Name of a table */
        table: string;
        rows: {
          clientRowId?: string | undefined;
          /** By column; numbers (also flags and dates) and categories; null for unknown */
          values: {
            [name: string]: number | string | boolean | null;
          };
        }[];
      };
    };
    response: {
      /** Internal id (UUID) */
      modelId: string;
      rows: {
        clientRowId: string;
        probability: number;
        reasons: Reasons | null;
        /** Columns that the model does not know */
        unknownColumns: string[];
      }[];
    };
  };
  /** How likely a subscriber is to leave now, by the newest feature values. Scope: churn:read. */
  'POST /api/v1/subscriptions/{subscriptionId}/churn:predict': {
    request: {
      /** Internal id (UUID) */
      subscriptionId: string;
      body: {
        /** status: the subscriber churns and is not made to leave; involuntary: it leaves for arrears, fraud or death; value: the bills of the next two months are below the line, churn included */
        kind?: 'status' | 'involuntary' | 'value' | undefined;
        /** Name of a table */
        table: string;
        /** By column; numbers (also flags and dates) and categories; null for unknown */
        changes?: {
          [name: string]: number | string | boolean | null;
        } | undefined;
      };
    };
    response: {
      /** Internal id (UUID) */
      subscriptionId: string;
      /** status: the subscriber churns and is not made to leave; involuntary: it leaves for arrears, fraud or death; value: the bills of the next two months are below the line, churn included */
      kind: 'status' | 'involuntary' | 'value';
      /** Calibrated */
      probability: number;
      /** Without the changes; null where there are none */
      probabilityBefore: number | null;
      /** As in a score */
      horizons: HorizonProbability[];
      reasons: Reasons | null;
      model: {
        /** Internal id (UUID) */
        modelId: string;
        name: string;
      };
      /** Name of a table */
      table: string;
      /** That the values came from */
      tableVersion: string;
      /** Columns of the model without a value */
      missingColumns: string[];
      /** Columns among the changes that the model does not know */
      unknownColumns: string[];
      /** What moment the values are about */
      eventAt: string | null;
      /** When they became known */
      knowledgeTime: string | null;
      /** Whether they are older than the table's newest month */
      isStale: boolean;
    };
  };
  /** Subscriptions at risk, in the requested order. Scope: churn:read. */
  'GET /api/v1/churn-lists': {
    request: {
      /** Empty for the table scored last */
      table?: string | undefined;
      /** Empty for the newest of the table */
      runId?: string | undefined;
      /** Of the newest run; a run that is named has its kind */
      kind?: 'status' | 'involuntary' | 'value' | undefined;
      quadrant?: Quadrant | undefined;
      /** Subscriptions that leave involuntarily (isInvoluntary) */
      involuntary?: 'exclude' | 'include' | 'only' | undefined;
      /** Only those with a silent month (true) or without one (false) */
      silent?: 'true' | 'false' | undefined;
      /** Only those whose best moment to contact is this month, a later one, or none because no contact pays */
      timing?: 'now' | 'later' | 'none' | undefined;
      /** Unit below the operator, such as `shenyang`, or a whole path `demo/shenyang/` */
      city?: string | undefined;
      minProbability?: number | undefined;
      sort?: '-priority' | '-probability' | '-value' | undefined;
      /** Wins over the Accept header */
      format?: 'json' | 'csv' | 'ndjson' | undefined;
      /** The operator's keys in addition to the ids; 403 without the scope pii:read and the header X-Access-Reason */
      keys?: 'true' | 'false' | undefined;
      /** Entries of a page */
      pageSize?: number | undefined;
      /** `nextPageToken` of the page before */
      pageToken?: string | undefined;
    };
    response: {
      runId: string;
      scores: ListedScore[];
      /** Give it as `pageToken` for the next page; null on the last */
      nextPageToken: string | null;
      /** What efficiencies and quadrants are computed from */
      efficiencySource: EfficiencySource | null;
    };
    line: ListedScore;
  };
  /** Potential mid/high-end subscriptions and other value groups, for account managers. Scope: value:read. */
  'GET /api/v1/value-lists': {
    request: {
      /** Empty for the newest */
      month?: string | undefined;
      /** potential: not mid/high-end, and close to it, rising or with much use */
      group?: 'potential' | 'mid_high_end' | 'quasi_mid_high_end' | 'value_lost' | 'all' | undefined;
      /** Unit below the operator, or a whole path `demo/shenyang/` */
      city?: string | undefined;
      quadrant?: Quadrant | undefined;
      /** Strongest of the seven reasons */
      cause?: ChurnCause | undefined;
      /** By the value index among the region's subscriptions; A is best */
      grade?: 'A' | 'B' | 'C' | 'D' | undefined;
      /** Staff id of the account manager */
      manager?: string | undefined;
      /** Early adopters or mature-stage choosers */
      segment?: 'early_adopter' | 'mature_chooser' | 'none' | 'unknown' | undefined;
      /** Least future value, in the currency */
      minValue?: number | undefined;
      /** Only the 80/20 selection by expected loss */
      pareto?: 'true' | 'false' | undefined;
      sort?: '-value' | '-loss' | '-probability' | '-index' | undefined;
      /** Wins over the Accept header */
      format?: 'json' | 'csv' | 'ndjson' | undefined;
      /** The operator's keys in addition to the ids; 403 without the scope pii:read and the header X-Access-Reason */
      keys?: 'true' | 'false' | undefined;
      /** Entries of a page */
      pageSize?: number | undefined;
      /** `nextPageToken` of the page before */
      pageToken?: string | undefined;
    };
    response: {
      values: ListedValue[];
      /** Internal id (UUID) */
      runId: string;
      month: string;
      /** Versions of the definitions of value groups */
      definitions: string;
      /** Meaning of each quadrant, as the operator configured it */
      quadrants: {
        [name: string]: string;
      };
      /** Give it as `pageToken` for the next page; null on the last */
      nextPageToken: string | null;
      /** Chances to leave that future values are computed with */
      hazards: ValueHazards | null;
    };
    line: ListedValue;
  };
  /** What a customer is worth: value, churn index, credit, profitability, changes and lifecycle. Scope: value:read. */
  'GET /api/v1/customers/{customerId}/value': {
    request: {
      /** Internal id (UUID) */
      customerId: string;
      /** How the grade changes with each weight */
      sensitivity?: 'true' | 'false' | undefined;
    };
    response: CustomerValue;
  };
  /** Train and validate a model on a table with a label. Scope: model:train. */
  'POST /api/v1/models': {
    request: {
      body: {
        /** status: the subscriber churns and is not made to leave; involuntary: it leaves for arrears, fraud or death; value: the bills of the next two months are below the line, churn included */
        kind?: 'status' | 'involuntary' | 'value' | undefined;
        /** Name of a table */
        table: string;
        /** Empty for the newest */
        version?: string | undefined;
        /** 0 for the default */
        seed?: number | undefined;
        /** Natural churn share, if the table is enriched */
        naturalPrevalence?: number | undefined;
        /** How often the folds are redrawn; 0 for the default */
        repeats?: number | undefined;
      };
    };
    response: Job;
  };
  /** Models, newest first. Scope: model:read. */
  'GET /api/v1/models': {
    request: {
      /** Only of this table */
      table?: string | undefined;
      /** Entries of a page */
      pageSize?: number | undefined;
      /** `nextPageToken` of the page before */
      pageToken?: string | undefined;
    };
    response: {
      models: Model[];
      /** Give it as `pageToken` for the next page; null on the last */
      nextPageToken: string | null;
    };
  };
  /** Import a model of XGBoost or LightGBM and validate it on a table with a label. Scope: model:train. */
  'POST /api/v1/models:import': {
    request: {
      body: {
        /** status: the subscriber churns and is not made to leave; involuntary: it leaves for arrears, fraud or death; value: the bills of the next two months are below the line, churn included */
        kind?: 'status' | 'involuntary' | 'value' | undefined;
        /** Name of a table */
        table: string;
        /** Empty for the newest */
        version?: string | undefined;
        /** JSON, or text, as `save_model` writes it */
        format: 'xgboost' | 'lightgbm';
        /** The file */
        content: string;
        /** Column of the table by feature of the model, where the names differ */
        columns?: {
          [name: string]: string;
        } | undefined;
        /** Natural churn share, if the table is enriched */
        naturalPrevalence?: number | undefined;
      };
    };
    response: Job;
  };
  /** One model with everything that was measured. Scope: model:read. */
  'GET /api/v1/models/{modelId}': {
    request: {
      /** Internal id (UUID) */
      modelId: string;
    };
    response: Model;
  };
  /** Request that a model becomes the one that scores its table. Scope: model:promote. */
  'PUT /api/v1/models/{kind}/champion': {
    request: {
      /** status: the subscriber churns and is not made to leave; involuntary: it leaves for arrears, fraud or death; value: the bills of the next two months are below the line, churn included */
      kind: 'status' | 'involuntary' | 'value';
      body: {
        /** Internal id (UUID) */
        modelId: string;
        /** Why; kept */
        reason?: string | undefined;
        /** Why it is to score although the rule does not accept it; kept */
        overrideReason?: string | undefined;
      };
    };
    response: Promotion;
  };
  /** Requests to promote a model, newest first. Scope: model:read. */
  'GET /api/v1/promotions': {
    request: {
      /** Only of this table */
      table?: string | undefined;
      /** Default: all */
      state?: 'requested' | 'approved' | 'rejected' | 'cancelled' | undefined;
      /** Entries of a page */
      pageSize?: number | undefined;
      /** `nextPageToken` of the page before */
      pageToken?: string | undefined;
    };
    response: {
      promotions: Promotion[];
      /** Give it as `pageToken` for the next page; null on the last */
      nextPageToken: string | null;
    };
  };
  /** One request to promote a model. Scope: model:read. */
  'GET /api/v1/promotions/{promotionId}': {
    request: {
      /** Internal id (UUID) */
      promotionId: string;
    };
    response: Promotion;
  };
  /** Approve it: the model scores from now on. Scope: model:approve. */
  'POST /api/v1/promotions/{promotionId}:approve': {
    request: {
      /** Internal id (UUID) */
      promotionId: string;
      body: {
        /** Why; kept */
        comment?: string | undefined;
      };
    };
    response: Promotion;
  };
  /** Reject it. Scope: model:approve. */
  'POST /api/v1/promotions/{promotionId}:reject': {
    request: {
      /** Internal id (UUID) */
      promotionId: string;
      body: {
        /** Why; kept */
        comment?: string | undefined;
      };
    };
    response: Promotion;
  };
  /** Take the request back. Scope: model:promote. */
  'POST /api/v1/promotions/{promotionId}:cancel': {
    request: {
      /** Internal id (UUID) */
      promotionId: string;
      body: {
        /** Why; kept */
        comment?: string | undefined;
      };
    };
    response: Promotion;
  };
  /** Replace a champion by the one before it, at once. Scope: model:promote. */
  'POST /api/v1/models/{modelId}:rollback': {
    request: {
      /** Internal id (UUID) */
      modelId: string;
      body: {
        /** Why; kept */
        reason: string;
      };
    };
    response: {
      /** The one that scores now */
      model: Model | null;
      championship: Championship | null;
    };
  };
  /** Which model was live when, who decided it, why, and on what figure; newest first. Scope: model:read. */
  'GET /api/v1/models/{kind}/champion/history': {
    request: {
      /** status: the subscriber churns and is not made to leave; involuntary: it leaves for arrears, fraud or death; value: the bills of the next two months are below the line, churn included */
      kind: 'status' | 'involuntary' | 'value';
      /** Only of this table */
      table?: string | undefined;
      /** Only those live at this time */
      at?: string | undefined;
    };
    response: {
      championships: Championship[];
    };
  };
  /** Put a model in shadow of the champion: it scores the same rows, without being used. Scope: model:promote. */
  'POST /api/v1/models/{modelId}/shadow': {
    request: {
      /** Internal id (UUID) */
      modelId: string;
      body: {
        /** Why; kept */
        reason?: string | undefined;
      };
    };
    response: Shadow;
  };
  /** End the shadow of a model; its figures stay. Scope: model:promote. */
  'DELETE /api/v1/models/{modelId}/shadow': {
    request: {
      /** Internal id (UUID) */
      modelId: string;
    };
    response: Shadow;
  };
  /** When a model was in shadow, how its scores differed from those of the champion, and what both were worth. Scope: model:read. */
  'GET /api/v1/models/{modelId}/shadow': {
    request: {
      /** Internal id (UUID) */
      modelId: string;
    };
    response: {
      /** Newest first */
      shadows: Shadow[];
    };
  };
  /** The card of a model: goal, data, method, figures, deployment and limits; as JSON or as a page. Scope: model:read. */
  'GET /api/v1/models/{modelId}/card': {
    request: {
      /** Internal id (UUID) */
      modelId: string;
      /** Wins over Accept */
      format?: 'json' | 'html' | undefined;
      /** Wins over Accept-Language */
      lang?: 'zh-CN' | 'en' | undefined;
    };
    response: ModelCard;
  };
  /** How far the inputs and the scores of a run have moved from the training of its model. Scope: model:read. */
  'GET /api/v1/churn-runs/{runId}/drift': {
    request: {
      /** UUID, or `latest` for the newest of the table */
      runId: string;
      /** With `latest`: of this table */
      table?: string | undefined;
      /** With `latest`: of this kind */
      kind?: 'status' | 'involuntary' | 'value' | undefined;
    };
    response: {
      /** Internal id (UUID) */
      runId: string;
      /** Internal id (UUID) */
      modelId: string;
      /** status: the subscriber churns and is not made to leave; involuntary: it leaves for arrears, fraud or death; value: the bills of the next two months are below the line, churn included */
      kind: 'status' | 'involuntary' | 'value';
      /** Name of a table */
      table: string;
      month: string | null;
      /** That were counted: all, or a uniform sample of a large run */
      rows: number;
      /** `drift.limits` when it was scored */
      moderateMin: number;
      strongMin: number;
      /** Against the predictions of the training rows by the same model */
      scores: {
        /** Null for the scores */
        column: string | null;
        /** Population stability index, smoothed, without what chance gives */
        index: number;
        /** Of an index as large by chance */
        pValue: number;
        /** Counts only where it is no chance, over all columns together */
        level: 'none' | 'moderate' | 'strong';
        missingShare: number;
        /** The same at training */
        referenceMissingShare: number;
        /** Highest index of a single month of the training rows against all of them; a change counts above 3 times it */
        usualIndex: number;
      } | null;
      /** Highest index first */
      columns: {
        /** Null for the scores */
        column: string | null;
        /** Population stability index, smoothed, without what chance gives */
        index: number;
        /** Of an index as large by chance */
        pValue: number;
        /** Counts only where it is no chance, over all columns together */
        level: 'none' | 'moderate' | 'strong';
        missingShare: number;
        /** The same at training */
        referenceMissingShare: number;
        /** Highest index of a single month of the training rows against all of them; a change counts above 3 times it */
        usualIndex: number;
      }[];
    };
  };
  /** The plans of the catalogue. Scope: preference:read. */
  'GET /api/v1/plans': {
    request: {
      /** Only those on sale now */
      onSale?: 'true' | 'false' | undefined;
    };
    response: {
      plans: {
        /** As the operator writes it */
        planId: string;
        name: string;
        kind: string;
        tier: number | null;
        monthlyFee: Money | null;
        voiceMinutes: number | null;
        dataMb: number | null;
        smsCount: number | null;
        onSale: boolean;
      }[];
    };
  };
  /** What fits a subscriber better than what there is. Scope: preference:read. */
  'GET /api/v1/subscriptions/{subscriptionId}/recommendations': {
    request: {
      /** Internal id (UUID) */
      subscriptionId: string;
      type?: 'plan' | undefined;
    };
    response: {
      plan: PlanFit;
    };
  };
  /** What a subscriber's last months would have cost on plans, to the cent. Scope: preference:read. */
  'POST /api/v1/plan-simulations': {
    request: {
      body: {
        /** Internal id (UUID) */
        subscriptionId: string;
        /** Empty for all that anybody can be advised */
        planIds?: string[] | undefined;
        /** Last month of use; empty for the last closed one */
        month?: string | undefined;
      };
    };
    response: {
      fit: PlanFit;
      /** Cheapest first, without the present plan and those that cannot be billed */
      plans: PlanOffer[];
      /** What the bills are made of, also those of the present plan */
      bills: {
        /** As the operator writes it */
        planId: string;
        month: string;
        parts: {
          item: 'fee' | 'local' | 'long_distance' | 'roaming' | 'data' | 'sms' | 'min_spend';
          /** Minutes, MB, messages */
          units: number;
          /** Of these, in the plan */
          included: number;
          charge: Money | null;
        }[];
      }[];
    };
  };
  /** Work out for every subscriber which plan fits. Scope: preference:run. */
  'POST /api/v1/plan-fits': {
    request: {
      body: {
        /** Empty for the last closed one */
        month?: string | undefined;
      };
    };
    response: Job;
  };
  /** How many a run advises another plan, by principle, and what they would save. Scope: preference:read. */
  'GET /api/v1/plan-fit-runs/{runId}': {
    request: {
      /** UUID, or `latest` for the newest */
      runId: string;
    };
    response: {
      /** Internal id (UUID) */
      runId: string;
      month: string;
      subscriptions: number;
      advised: number;
      /** Neither usage nor a bill: excluded */
      doubleZero: number;
      byPrinciple: {
        [name: string]: number;
      };
      /** A month, over those advised */
      saving: Money | null;
      publishedAt: string | null;
      /** Without advice because their months cannot be billed on their present plan */
      notBillable: number;
      /** Their plans, those of most subscriptions first */
      unbillablePlans: UnbillablePlan[];
    };
  };
  /** Every fit of a run. Scope: preference:read. */
  'GET /api/v1/plan-fit-runs/{runId}/fits': {
    request: {
      /** UUID, or `latest` for the newest */
      runId: string;
      /** The operator's keys in addition to the ids; 403 without the scope pii:read and the header X-Access-Reason */
      keys?: 'true' | 'false' | undefined;
    };
    response: undefined;
    line: {
      /** Internal id (UUID) */
      subscriptionId: string;
      presentPlanId: string | null;
      /** Null for "no better plan" */
      planId: string | null;
      presentBill: Money | null;
      bill: Money | null;
      saving: Money | null;
      savingLow: Money | null;
      savingHigh: Money | null;
      principle: 'no_plan' | 'tier_down' | 'tier_up' | 'migrate' | null;
      method: 'events' | 'usage';
      /** Organisation unit, such as `demo/shenyang/` */
      orgUnit: string;
      /** The operator's key of the subscription; null unless requested with `keys=true` */
      key: string | null;
    };
  };
  /** Validated predictions of subscriptions that churned, in months outside the training. Scope: churn:read. */
  'GET /api/v1/models/{modelId}/validated-churners': {
    request: {
      /** Internal id (UUID) */
      modelId: string;
      /** Of the JSON answer */
      limit?: number | undefined;
      /** Wins over the Accept header */
      format?: 'json' | 'ndjson' | undefined;
      /** The operator's keys in addition to the ids; 403 without the scope pii:read and the header X-Access-Reason */
      keys?: 'true' | 'false' | undefined;
    };
    response: {
      churners: {
        /** Internal id (UUID) */
        subscriptionId: string;
        /** The month that was judged; the subscription left some months later */
        month: string;
        /** Organisation unit, such as `demo/shenyang/` */
        orgUnit: string;
        probability: number;
        reasons: Reasons;
        /** The operator's key of the subscription; null unless requested with `keys=true` */
        key: string | null;
      }[];
      isComplete: boolean;
    };
    line: {
      /** Internal id (UUID) */
      subscriptionId: string;
      /** The month that was judged; the subscription left some months later */
      month: string;
      /** Organisation unit, such as `demo/shenyang/` */
      orgUnit: string;
      probability: number;
      reasons: Reasons;
      /** The operator's key of the subscription; null unless requested with `keys=true` */
      key: string | null;
    };
  };
  /** Recognise the households of a month. Scope: household:run. */
  'POST /api/v1/households:identify': {
    request: {
      body: {
        /** YYYY-MM; empty for the last closed month with events */
        month?: string | undefined;
      };
    };
    response: Job;
  };
  /** Households of the newest recognition with a member in your region. Scope: household:read. */
  'GET /api/v1/households': {
    request: {
      minConfidence?: number | undefined;
      /** Entries of a page */
      pageSize?: number | undefined;
      /** `nextPageToken` of the page before */
      pageToken?: string | undefined;
    };
    response: {
      households: Household[];
      /** Give it as `pageToken` for the next page; null on the last */
      nextPageToken: string | null;
    };
  };
  /** A household with members, roles, confidence and evidence. Scope: household:read. */
  'GET /api/v1/households/{householdId}': {
    request: {
      /** Internal id (UUID) */
      householdId: string;
    };
    response: Household;
  };
  /** The household of a customer, or of one of its subscriptions. Scope: household:read. */
  'GET /api/v1/customers/{customerId}/household': {
    request: {
      /** UUID of a customer or of a subscription */
      customerId: string;
    };
    response: Household;
  };
  /** Confirm the household after asking its members. Scope: household:decide. */
  'POST /api/v1/households/{householdId}:confirm': {
    request: {
      /** Internal id (UUID) */
      householdId: string;
      body: {
        /** How it is known: a reference such as a call's id, never a text about persons */
        evidence: string;
      };
    };
    response: Household;
  };
  /** Reject the household after asking its members. Scope: household:decide. */
  'POST /api/v1/households/{householdId}:reject': {
    request: {
      /** Internal id (UUID) */
      householdId: string;
      body: {
        /** How it is known: a reference such as a call's id, never a text about persons */
        evidence: string;
      };
    };
    response: Household;
  };
  /** A recognition of households with its counts. Scope: household:read. */
  'GET /api/v1/household-runs/{runId}': {
    request: {
      /** UUID, or `latest` for the newest */
      runId: string;
    };
    response: HouseholdRun;
  };
  /** All pairs that some rule or link found, as NDJSON. Scope: household:read. */
  'GET /api/v1/household-runs/{runId}/pairs': {
    request: {
      /** UUID, or `latest` for the newest */
      runId: string;
      /** The operator's keys in addition to the ids; 403 without the scope pii:read and the header X-Access-Reason */
      keys?: 'true' | 'false' | undefined;
    };
    response: undefined;
    line: HouseholdPair;
  };
  /** All members of the newest recognition by household, as NDJSON. Scope: household:read. */
  'GET /api/v1/household-runs/latest/members': {
    request: {
      /** The operator's keys in addition to the ids; 403 without the scope pii:read and the header X-Access-Reason */
      keys?: 'true' | 'false' | undefined;
    };
    response: undefined;
    line: HouseholdMemberRow;
  };
  /** Plan a campaign; it is a draft. Scope: campaign:write. */
  'POST /api/v1/campaigns': {
    request: {
      body: {
        name: string;
        goal?: 'retention' | 'value' | 'care' | 'research' | undefined;
        /** Its newest published scores give the audience */
        table: string;
        quadrants?: Quadrant[] | undefined;
        probabilityMin?: number | null | undefined;
        /** Only this org unit and all below it; default: your whole region */
        orgUnit?: string | undefined;
        arms: {
          /** Unique name; not `control` or another word for the control group */
          arm: string;
          offerKind: 'fitted_plan' | 'discount' | 'product' | 'handset' | 'care';
          /** A product, plan on sale (as product), handset or bundle of the extract, or an offer of the parameter `offer.catalogue` of campaign; empty for a fitted plan and for care */
          offerId?: string | undefined;
          /** What the agent may promise */
          text: {
            en: string;
            'zh-CN': string;
          };
          /** Of the audience */
          share: number;
          cost?: Money | null | undefined;
        }[];
        /** Share of the control group in the audience */
        controlShare: number;
        /** What gets the same as a whole */
        randomisationUnit?: 'household' | 'subscription' | undefined;
        /** Of all contacts; work is leased for no other */
        channel?: Channel | undefined;
        /** Target effect, such as 0.02: offers minus control, share that stays */
        effectGoal?: number | null | undefined;
        /** 0 for no limit; subscriptions that are not reached stay assigned */
        contactsMax?: number | undefined;
        /** Last day of contacts; null for 30 days */
        endsOn?: string | null | undefined;
        /** Seed of the randomisation; empty for the id of the campaign */
        randomisationSeed?: string | undefined;
        /** Months in which churn counts as the outcome and in which the control group is held out */
        followMonths?: number | undefined;
        /** Of one contact; null for the one with which the scores were ranked */
        contactCost?: Money | null | undefined;
        /** Whether subscriptions that leave involuntarily (arrears) are in the audience, last in the queue */
        includeInvoluntary?: boolean | undefined;
      };
    };
    response: Campaign;
  };
  /** Campaigns, newest first. Scope: campaign:read. */
  'GET /api/v1/campaigns': {
    request: {
      /** Default: all */
      state?: CampaignState | undefined;
      /** Entries of a page */
      pageSize?: number | undefined;
      /** `nextPageToken` of the page before */
      pageToken?: string | undefined;
    };
    response: {
      campaigns: Campaign[];
      /** Give it as `pageToken` for the next page; null on the last */
      nextPageToken: string | null;
    };
  };
  /** A campaign with its groups and its history. Scope: campaign:read. */
  'GET /api/v1/campaigns/{campaignId}': {
    request: {
      /** Internal id (UUID) */
      campaignId: string;
    };
    response: Campaign;
  };
  /** Change the plan of a draft. Scope: campaign:write. */
  'PATCH /api/v1/campaigns/{campaignId}': {
    request: {
      /** Internal id (UUID) */
      campaignId: string;
      body: {
        name?: string | undefined;
        goal?: 'retention' | 'value' | 'care' | 'research' | undefined;
        /** Its newest published scores give the audience */
        table?: string | undefined;
        quadrants?: Quadrant[] | undefined;
        probabilityMin?: number | null | undefined;
        /** Only this org unit and all below it */
        orgUnit?: string | undefined;
        arms?: {
          /** Unique name; not `control` or another word for the control group */
          arm: string;
          offerKind: 'fitted_plan' | 'discount' | 'product' | 'handset' | 'care';
          /** A product, plan on sale (as product), handset or bundle of the extract, or an offer of the parameter `offer.catalogue` of campaign; empty for a fitted plan and for care */
          offerId?: string | undefined;
          /** What the agent may promise */
          text: {
            en: string;
            'zh-CN': string;
          };
          /** Of the audience */
          share: number;
          cost?: Money | null | undefined;
        }[] | undefined;
        /** Share of the control group in the audience */
        controlShare?: number | undefined;
        /** What gets the same as a whole */
        randomisationUnit?: 'household' | 'subscription' | undefined;
        /** Of all contacts; work is leased for no other */
        channel?: Channel | undefined;
        /** Target effect, such as 0.02: offers minus control, share that stays */
        effectGoal?: number | null | undefined;
        /** 0 for no limit; subscriptions that are not reached stay assigned */
        contactsMax?: number | undefined;
        /** Last day of contacts; null for 30 days */
        endsOn?: string | null | undefined;
        /** Seed of the randomisation; empty for the id of the campaign */
        randomisationSeed?: string | undefined;
        /** Months in which churn counts as the outcome and in which the control group is held out */
        followMonths?: number | undefined;
        /** Of one contact; null for the one with which the scores were ranked */
        contactCost?: Money | null | undefined;
        /** Whether subscriptions that leave involuntarily (arrears) are in the audience, last in the queue */
        includeInvoluntary?: boolean | undefined;
      };
    };
    response: Campaign;
  };
  /** The groups of a campaign as they were assigned. Scope: campaign:read. */
  'GET /api/v1/campaigns/{campaignId}/arms': {
    request: {
      /** Internal id (UUID) */
      campaignId: string;
    };
    response: {
      /** Internal id (UUID) */
      campaignId: string;
      arms: {
        /** `control` is the control group */
        arm: string;
        subscriptions: number;
        /** Randomisation units: households, customers or subscriptions */
        units: number;
        /** Probability of this arm for a randomisation unit */
        propensity: number;
        /** Mean churn probability; null for an empty group */
        meanProbability: number | null;
      }[];
    };
  };
  /** Submit for approval. Scope: campaign:write. */
  'POST /api/v1/campaigns/{campaignId}:submit': {
    request: {
      /** Internal id (UUID) */
      campaignId: string;
    };
    response: Campaign;
  };
  /** Give out no work for a while. Scope: campaign:write. */
  'POST /api/v1/campaigns/{campaignId}:pause': {
    request: {
      /** Internal id (UUID) */
      campaignId: string;
    };
    response: Campaign;
  };
  /** Go on. Scope: campaign:write. */
  'POST /api/v1/campaigns/{campaignId}:resume': {
    request: {
      /** Internal id (UUID) */
      campaignId: string;
    };
    response: Campaign;
  };
  /** Call it off. Scope: campaign:write. */
  'POST /api/v1/campaigns/{campaignId}:cancel': {
    request: {
      /** Internal id (UUID) */
      campaignId: string;
    };
    response: Campaign;
  };
  /** End it. Scope: campaign:write. */
  'POST /api/v1/campaigns/{campaignId}:close': {
    request: {
      /** Internal id (UUID) */
      campaignId: string;
    };
    response: Campaign;
  };
  /** Approve it: the groups are assigned, the queue opens. Scope: campaign:approve. */
  'POST /api/v1/campaigns/{campaignId}:approve': {
    request: {
      /** Internal id (UUID) */
      campaignId: string;
      body: {
        /** Why; kept */
        comment?: string | undefined;
      };
    };
    response: Campaign;
  };
  /** Reject it. Scope: campaign:approve. */
  'POST /api/v1/campaigns/{campaignId}:reject': {
    request: {
      /** Internal id (UUID) */
      campaignId: string;
      body: {
        /** Why; kept */
        comment?: string | undefined;
      };
    };
    response: Campaign;
  };
  /** Assignments of a campaign, by subscription id. Scope: campaign:read. */
  'GET /api/v1/campaigns/{campaignId}/assignments': {
    request: {
      /** UUID of a campaign, or the id under which the operator ran a past one */
      campaignId: string;
      /** `control` or the name of an offer; default: all */
      group?: string | undefined;
      /** Wins over the Accept header */
      format?: 'json' | 'csv' | 'ndjson' | undefined;
      /** The operator's keys in addition to the ids; 403 without the scope pii:read and the header X-Access-Reason */
      keys?: 'true' | 'false' | undefined;
      /** Entries of a page */
      pageSize?: number | undefined;
      /** `nextPageToken` of the page before */
      pageToken?: string | undefined;
    };
    response: {
      campaignId: string;
      /** `extract`: a past campaign of the operator */
      origin: 'holdfast' | 'extract';
      /** End of the holdout of the control group; null if not recorded */
      holdoutUntil: string | null;
      assignments: Assignment[];
      /** Give it as `pageToken` for the next page; null on the last */
      nextPageToken: string | null;
    };
    line: Assignment;
  };
  /** The work queues and what is left in them. Scope: work:read. */
  'GET /api/v1/agent-queues': {
    request: {};
    response: {
      queues: Queue[];
    };
  };
  /** Work of a queue by rank. Scope: work:read. */
  'GET /api/v1/agent-queues/{queue}/items': {
    request: {
      /** Name of a queue: that of its table, or the id of its campaign */
      queue: string;
      /** Default: all */
      state?: WorkState | undefined;
      /** The operator's keys in addition to the ids; 403 without the scope pii:read and the header X-Access-Reason */
      keys?: 'true' | 'false' | undefined;
      /** Entries of a page */
      pageSize?: number | undefined;
      /** `nextPageToken` of the page before */
      pageToken?: string | undefined;
    };
    response: {
      items: ListedWorkItem[];
      /** Give it as `pageToken` for the next page; null on the last */
      nextPageToken: string | null;
    };
  };
  /** Lease the next work item that the contact gate allows. Scope: lease:write. */
  'POST /api/v1/agent-queues/{queue}/leases': {
    request: {
      /** Name of a queue: that of its table, or the id of its campaign */
      queue: string;
      body: {
        /** Who will do it; an opaque agent id. The agent of the token wins. */
        agent: string;
        /** Default: the approved channel of the campaign; `call` on the list of a table */
        channel?: Channel | undefined;
        /** Only this subscription */
        subscriptionId?: string | undefined;
      };
    };
    response: NextWork;
  };
  /** Hold a lease for 120 s more. Scope: lease:write. */
  'PUT /api/v1/leases/{leaseId}:renew': {
    request: {
      /** Internal id (UUID) */
      leaseId: string;
    };
    response: Lease;
  };
  /** Give the work back. Scope: lease:write. */
  'DELETE /api/v1/leases/{leaseId}': {
    request: {
      /** Internal id (UUID) */
      leaseId: string;
    };
    response: undefined;
  };
  /** The words for the agent. Scope: script:read. */
  'GET /api/v1/scripts/current': {
    request: {
      /** Internal id (UUID) */
      lease?: string | undefined;
      /** Its item in the newest queue */
      subscription?: string | undefined;
      /** Default: the channel of the lease, or the approved one of the campaign */
      channel?: Channel | undefined;
      format?: 'json' | 'text' | undefined;
      /** Wins over Accept-Language */
      lang?: 'zh-CN' | 'en' | undefined;
    };
    response: Script;
  };
  /** What came of one contact, or of up to 500. Scope: disposition:write. */
  'POST /api/v1/dispositions': {
    request: {
      body: {
        /** The caller's own id of the row, given back */
        clientRowId?: string | undefined;
        /** Internal id (UUID) */
        leaseId: string;
        outcome: Outcome;
        /** Whether the customer matches the rule of the list; omitted if not recorded */
        hit?: boolean | undefined;
        /** Default: now */
        at?: string | undefined;
        /** Of call_back: when the customer wants to be called; after the contact, within the contact period of the campaign and `callBack.daysMax` days, and outside the quiet hours of the customer. Default: the next try after `retry.hours` */
        callBackAt?: string | undefined;
        /** Of call_back with a time: for the agent who calls back. Stored encrypted; given with the lease */
        note?: string | undefined;
      } | {
        rows: {
          /** The caller's own id of the row, given back */
          clientRowId?: string | undefined;
          /** Internal id (UUID) */
          leaseId: string;
          outcome: Outcome;
          /** Whether the customer matches the rule of the list; omitted if not recorded */
          hit?: boolean | undefined;
          /** Default: now */
          at?: string | undefined;
          /** Of call_back: when the customer wants to be called; after the contact, within the contact period of the campaign and `callBack.daysMax` days, and outside the quiet hours of the customer. Default: the next try after `retry.hours` */
          callBackAt?: string | undefined;
          /** Of call_back with a time: for the agent who calls back. Stored encrypted; given with the lease */
          note?: string | undefined;
        }[];
      };
    };
    response: {
      /** In the order of the rows */
      recorded: {
        clientRowId: string;
        /** Null if it was refused */
        touchId: string | null;
        /** Why it was refused, such as `lease.gone` */
        code: string | null;
        /** Why it was refused, in the language of the request */
        detail: string | null;
      }[];
    };
  };
  /** Effect of a campaign, measured against its control group. Scope: evaluation:read. */
  'GET /api/v1/campaigns/{campaignId}/results': {
    request: {
      /** UUID of a campaign, or the id under which the operator ran a past one */
      campaignId: string;
    };
    response: CampaignResults;
  };
  /** What the campaigns achieved, the newest 500 first. Scope: evaluation:read. */
  'GET /api/v1/campaign-results': {
    request: {};
    response: {
      results: CampaignResults[];
    };
  };
  /** Evaluate all campaigns by what is known now. Scope: evaluation:run. */
  'POST /api/v1/campaign-results:evaluate': {
    request: {};
    response: Job;
  };
  /** What a contact has achieved in closed campaigns, measured against their control groups. Scope: evaluation:read. */
  'GET /api/v1/retention-effect': {
    request: {};
    response: RetentionEffect;
  };
  /** Mid/high-end, quasi-mid/high-end and value-lost subscriptions by month and city. Scope: evaluation:read. */
  'GET /api/v1/reports/value-groups': {
    request: {
      /** Default: `toMonth` */
      fromMonth?: string | undefined;
      /** Default: the last closed month; at most 11 after the first */
      toMonth?: string | undefined;
      /** Unit below the operator, or a whole path `demo/shenyang/` */
      city?: string | undefined;
      /** Levels below the operator; 1 is by city */
      levels?: number | undefined;
      /** Wins over the Accept header */
      format?: 'json' | 'csv' | undefined;
    };
    response: ValueGroupReport;
  };
  /** Cancelled subscriptions by month, city and stated reason. Scope: evaluation:read. */
  'GET /api/v1/reports/disconnects': {
    request: {
      /** Default: `toMonth` */
      fromMonth?: string | undefined;
      /** Default: the last closed month */
      toMonth?: string | undefined;
      /** Unit below the operator, or a whole path `demo/shenyang/` */
      city?: string | undefined;
      /** Levels below the operator; 1 is by city */
      levels?: number | undefined;
    };
    response: {
      disconnects: Disconnects[];
    };
  };
  /** Products, customer groups or areas by share of revenue and retention. Scope: evaluation:read. */
  'GET /api/v1/reports/key-units': {
    request: {
      by?: 'product' | 'group' | 'area' | undefined;
      /** Default: the last closed month */
      month?: string | undefined;
      /** Months before it of the stock */
      lagMonths?: number | undefined;
      /** Unit below the operator, or a whole path `demo/shenyang/` */
      city?: string | undefined;
    };
    response: {
      units: KeyUnit[];
      stockMonth: string;
      month: string;
      retention: number | null;
      /** RFC 3339 time with zone */
      asOf: string;
    };
  };
  /** How many subscriptions will churn in the next months, with intervals, by city. Scope: evaluation:read. */
  'GET /api/v1/reports/churn-forecast': {
    request: {
      /** After the last closed month */
      monthsAhead?: number | undefined;
      /** Default: each of them */
      kind?: 'all' | 'voluntary' | 'involuntary' | undefined;
      /** Unit below the operator, or a whole path `demo/shenyang/` */
      city?: string | undefined;
      /** Levels below the operator; 1 is by city */
      levels?: number | undefined;
      /** Wins over the Accept header */
      format?: 'json' | 'csv' | undefined;
    };
    response: ChurnForecast;
  };
  /** Compute the changes of behaviour of a month. Scope: model:train. */
  'POST /api/v1/changes': {
    request: {
      body: {
        /** Empty for the last closed one */
        month?: string | undefined;
      };
    };
    response: Job;
  };
  /** Subscriptions whose behaviour changed, by how much and since when. Scope: features:read. */
  'GET /api/v1/changes': {
    request: {
      /** Default: the newest that is computed */
      month?: string | undefined;
      /** Unit below the operator, or a whole path `demo/shenyang/` */
      city?: string | undefined;
      /** Internal id (UUID) */
      subscription?: string | undefined;
      measure?: 'voice' | 'data' | 'on_net_share' | 'active_days' | 'rival_calls' | 'bill' | 'recharge' | undefined;
      direction?: 'up' | 'down' | undefined;
      /** Least absolute score */
      minScore?: number | undefined;
      /** Wins over the Accept header */
      format?: 'json' | 'csv' | 'ndjson' | undefined;
      /** Entries of a page */
      pageSize?: number | undefined;
      /** `nextPageToken` of the page before */
      pageToken?: string | undefined;
    };
    response: BehaviourChanges;
    line: BehaviourChange;
  };
  /** The parameters of a service with the values in force. Scope: parameters:read. */
  'GET /api/v1/parameters/{service}': {
    request: {
      /** Service that uses it */
      service: ServiceName;
      /** Default: now */
      at?: string | undefined;
    };
    response: {
      parameters: Parameter[];
    };
  };
  /** One parameter with its history. Scope: parameters:read. */
  'GET /api/v1/parameters/{service}/{key}': {
    request: {
      /** Service that uses it */
      service: ServiceName;
      key: string;
      /** Default: now */
      at?: string | undefined;
    };
    response: Parameter;
  };
  /** Set a parameter from a moment on. Scope: parameters:write. */
  'PUT /api/v1/parameters/{service}/{key}': {
    request: {
      /** Service that uses it */
      service: ServiceName;
      key: string;
      body: {
        value: unknown;
        /** Default: now; never in the past */
        validFrom?: string | undefined;
      };
    };
    response: Parameter;
  };
  /** The audit ledger, newest first. Scope: audit:read. */
  'GET /api/v1/audit': {
    request: {
      /** RFC 3339 time with zone */
      from?: string | undefined;
      /** Exclusive */
      to?: string | undefined;
      client?: string | undefined;
      /** One of the `subjectIds` */
      subject?: string | undefined;
      /** Method and documented path */
      operation?: string | undefined;
      status?: number | undefined;
      /** Entries of a page */
      pageSize?: number | undefined;
      /** `nextPageToken` of the page before */
      pageToken?: string | undefined;
    };
    response: {
      entries: AuditEntry[];
      /** Give it as `pageToken` for the next page; null on the last */
      nextPageToken: string | null;
    };
  };
  /** Whether entries of the audit ledger were changed, removed or inserted. Scope: audit:read. */
  'GET /api/v1/audit/verification': {
    request: {
      afterSequence?: number | undefined;
      /** Hash of the entry `afterSequence` */
      afterHash?: string | undefined;
    };
    response: {
      /** Verified entries */
      entries: number;
      /** Entries from before the chain, which nothing protects */
      unchained: number;
      /** The newest entry */
      head: {
        sequence: number;
        hash: string;
      };
      /** The first one; null if the ledger is intact */
      fault: {
        kind: 'changed' | 'removed' | 'inserted';
        sequence: number;
        /** Null for an entry that is missing */
        auditId: string | null;
      } | null;
    };
  };
  /** Whether this process runs. */
  'GET /healthz': {
    request: {};
    response: {
      status: 'ok';
    };
  };
  /** Whether the system can work. */
  'GET /readyz': {
    request: {};
    response: {
      status: 'ready' | 'not ready';
      parts: {
        [name: string]: boolean;
      };
    };
  };
  /** This process's measurements in Prometheus' text format. */
  'GET /metrics': {
    request: {};
    response: undefined;
  };
  /** This interface as an OpenAPI 3.1 document. */
  'GET /openapi.json': {
    request: {};
    response: {
      openapi: '3.1.0';
      [name: string]: unknown;
    };
  };
  /** This interface, to browse. */
  'GET /docs': {
    request: {};
    response: undefined;
  };
  /** A part of the page at /docs. */
  'GET /docs/{file}': {
    request: {
      file: string;
    };
    response: undefined;
  };
  /** Where everything is: a page for browsers, else JSON. */
  'GET /': {
    request: {
      /** Of the page; wins over Accept-Language */
      lang?: 'zh-CN' | 'en' | undefined;
    };
    response: {
      name: string;
      /** Where the paths of all operations begin */
      api: string;
      documentation: string;
      openapi: string;
      /** Of the development issuer; in production, tokens come from the issuer of the installation */
      token: string;
      health: string;
      readiness: string;
    };
  };
}
