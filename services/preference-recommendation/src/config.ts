import { z } from 'zod';
import { platformConfig } from '@holdfast/platform/config';

/** Settings of preference-recommendation; the only place that names them. */
export const preferenceRecommendationConfig = platformConfig.extend({
  /** HOLDFAST_FIT_PIECE_SUBSCRIPTIONS_MAX: subscriptions of one piece of a fit; a month of their calls is in memory. */
  fitPieceSubscriptionsMax: z.coerce.number().int().min(1).max(1_000_000).default(5_000),
});
export type PreferenceRecommendationConfig = z.output<typeof preferenceRecommendationConfig>;
