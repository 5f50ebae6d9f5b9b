import { z } from 'zod';
import { type Parameters, parameter } from '@holdfast/platform/parameters';

/** What an operator may set without a new release; each run keeps the values that it was computed with. */
export const preferenceRecommendationParameters = {
  'fit.months': parameter(z.number().int().min(2).max(12), 3, 'Months of use that are billed on every plan.'),
  'fit.savingMin': parameter(
    z.number().min(0).max(1_000_000),
    1,
    'Another plan is advised from this saving a month on, in the currency of the plans.',
  ),
  'fit.waitMonthsMax': parameter(
    z.number().min(0).max(60),
    6,
    'How long the end of a commitment may be away for advising the change from then on, in months.',
  ),
  'fit.runsKept': parameter(z.number().int().min(1).max(100), 3, 'Published fits of all subscriptions that are kept.'),
};

export type PreferenceRecommendationParameters = Parameters<typeof preferenceRecommendationParameters>;
