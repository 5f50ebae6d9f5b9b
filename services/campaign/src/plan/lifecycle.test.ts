import { CAMPAIGN_STATES, CAMPAIGN_STEPS } from '@holdfast/platform/terms';
import { stateAfter } from './lifecycle.js';

/** Every step from every state; what is not in it is refused. */
const ALLOWED = `
  draft      updated    draft
  draft      submit     submitted
  draft      cancel     cancelled
  submitted  approve    enrolling
  submitted  reject     rejected
  submitted  cancel     cancelled
  rejected   updated    draft
  rejected   cancel     cancelled
  enrolling  started    running
  enrolling  enrolFailed draft
  enrolling  cancel     cancelled
  running    pause      paused
  running    close      closed
  running    cancel     cancelled
  paused     resume     running
  paused     close      closed
  paused     cancel     cancelled`;

const allowed = new Map(
  ALLOWED.trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .map(([state, step, next]) => [`${state} ${step}`, next]),
);
const everything = CAMPAIGN_STATES.flatMap((state) => CAMPAIGN_STEPS.map((step) => [state, step] as const));

it.each(everything)('%s, %s', (state, step) => {
  expect(stateAfter(state, step)).toBe(allowed.get(`${state} ${step}`));
});

it('runs by way of an approval alone', () => {
  const entries = everything.filter(([state, step]) => stateAfter(state, step) === 'enrolling');
  expect(entries).toEqual([['submitted', 'approve']]);
});
