import { z } from 'zod';

/** What an operator may set, from a day on. */
export const evaluationParameters = {
  'eval.followMonths': {
    schema: z.number().int().min(1).max(24),
    default: 3,
    description: 'Months after the month of assignment in which leaving counts as the outcome of a campaign.',
  },
};

/** Type of the service's parameters, for their injection. */
export type EvaluationParameters = typeof evaluationParameters;
