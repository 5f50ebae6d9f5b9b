import { z } from 'zod';
import { parameter } from '@holdfast/platform/parameters';

/** Settings that an operator may change without a new release. */
export const featureStoreParameters = {
  'churn.suspendedDaysMin': parameter(
    z.number().int().min(1).max(31),
    7,
    'Days of suspension within one month from which on it counts as churn, whatever the kind of suspension.',
  ),
  'churn.cancelCounts': parameter(z.boolean(), true, 'Whether a cancellation counts as churn.'),
  'churn.historyMonths': parameter(
    z.number().int().min(1).max(12),
    3,
    'Months of facts that a row of the monthly view needs, its own included; earlier months are history only.',
  ),
  'churn.leadMonths': parameter(
    z.number().int().min(0).max(6),
    1,
    'Months between the month of a row and the month of its label: subscribers that churn in them are lost in the gap.',
  ),
  'features.asOfLagDays': parameter(
    z.number().int().min(0).max(31),
    5,
    "Days after a month's end up to which facts about it may become known and still count.",
  ),
};

export type FeatureStoreParameters = typeof featureStoreParameters;
