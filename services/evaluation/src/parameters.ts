import { z } from 'zod';

/** What an operator may set, from a day on. */
export const evaluationParameters = {
  'eval.followMonths': {
    schema: z.number().int().min(1).max(24),
    default: 3,
    description:
      "Months after the month of assignment in which leaving counts as the outcome of the operator's past campaigns. For " +
      'campaigns of this system it is part of the approved plan.',
  },
  'eval.controlNames': {
    schema: z.array(z.string().min(1).max(100)).max(50),
    default: ['control', '对照组'],
    description: "Names of the control group in the operator's past campaigns; case and blanks do not matter.",
  },
};

/** Type of the service's parameters, for their injection. */
export type EvaluationParameters = typeof evaluationParameters;
