import type { CampaignState, CampaignStep } from '@holdfast/platform/terms';

/** Steps that a person requests, except decisions. */
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
 * The state after a step; undefined if the state does not allow it. A submitted or approved plan cannot be changed: the
 * approved plan is the one that runs.
 */
export function stateAfter(state: CampaignState, step: CampaignStep): CampaignState | undefined {
  return TRANSITIONS[state][step];
}
