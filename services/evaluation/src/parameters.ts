import { z } from 'zod';

/** Parameters of the operator, each with a first day. */
export const evaluationParameters = {
  'eval.followMonths': {
    schema: z.number().int().min(1).max(24),
    default: 3,
    description:
      "Months after the month of assignment whose churn is the outcome of the operator's past campaigns. Campaigns of " +
      'this system have it in their approved plan.',
  },
  'eval.controlNames': {
    schema: z.array(z.string().min(1).max(100)).max(50),
    default: ['control', '对照组'],
    description: "Names of the control group in the operator's past campaigns; case and blanks do not matter.",
  },
};

export type EvaluationParameters = typeof evaluationParameters;
