/** The states of a campaign. */
export const CAMPAIGN_STATES = [
  'draft',
  'submitted',
  'rejected',
  'enrolling',
  'running',
  'paused',
  'cancelled',
  'closed',
] as const;
export type CampaignState = (typeof CAMPAIGN_STATES)[number];

/** What can happen to a campaign. `started` and `enrolFailed` are said by the job that draws its groups. */
export const CAMPAIGN_STEPS = [
  'updated',
  'submit',
  'approve',
  'reject',
  'started',
  'enrolFailed',
  'pause',
  'resume',
  'cancel',
  'close',
] as const;
export type CampaignStep = (typeof CAMPAIGN_STEPS)[number];

/** Steps that a person asks for and that are no decision. */
export const MOVES: readonly CampaignStep[] = ['submit', 'pause', 'resume', 'cancel', 'close'];

type Transitions = Partial<Record<CampaignStep, CampaignState>>;

const TRANSITIONS: Readonly<Record<CampaignState, Transitions>> = {
  draft: { updated: 'draft', submit: 'submitted', cancel: 'cancelled' },
  submitted: { approve: 'enrolling', reject: 'rejected', cancel: 'cancelled' },
  rejected: { updated: 'draft', cancel: 'cancelled' },
  enrolling: { started: 'running', enrolFailed: 'draft', cancel: 'cancelled' },
  running: { pause: 'paused', close: 'closed', cancel: 'cancelled' },
  paused: { resume: 'running', close: 'closed', cancel: 'cancelled' },
  cancelled: {},
  closed: {},
};

/**
 * The state after a step; undefined where the state does not allow it. A plan can be changed only while nobody decides
 * about it: what was approved is what runs.
 */
export function stateAfter(state: CampaignState, step: CampaignStep): CampaignState | undefined {
  return TRANSITIONS[state][step];
}

/** Who acts: a client, and the person who uses it, where the client names one. */
export interface Actor {
  client: string;
  person: string | null;
}

/**
 * Whether two may be the same person: the same person through whatever client, or the same client where one of them
 * names nobody, since nothing tells them apart then.
 */
export function mayBeSame(one: Actor, other: Actor): boolean {
  if (one.person !== null && other.person !== null) return one.person === other.person;
  return one.client === other.client;
}
