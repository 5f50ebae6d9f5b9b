import { parameter } from '@holdfast/platform/parameters';
import { z } from 'zod';

/** Parameters of the operator, each with a first day. */
export const evaluationParameters = {
  'eval.followMonths': parameter(
    z.number().int().min(1).max(24),
    3,
    "Months after the month of assignment whose churn is the outcome of the operator's past campaigns. Campaigns of " +
      'this system have it in their approved plan.',
  ),
  'eval.controlNames': parameter(
    z.array(z.string().min(1).max(100)).max(50),
    ['control', '对照组'],
    "Names of the control group in the operator's past campaigns; case and blanks do not matter.",
  ),
  'effect.customersMin': parameter(
    z.number().int().min(30),
    200,
    'Customers that a campaign must have in its offers, and in its control group, to count for the measured effect of ' +
      'contacts, which the retention efficiency uses.',
  ),
};

export type EvaluationParameters = typeof evaluationParameters;
