import { OUTCOMES, type Outcome } from '@holdfast/platform/terms';

/** The customer was not reached: the work is retried, and the frequency cap does not count the attempt. */
export const UNREACHED: readonly Outcome[] = ['no_answer', 'not_reached', 'call_back'];

export function isOutcome(text: string): text is Outcome {
  return (OUTCOMES as readonly string[]).includes(text);
}
