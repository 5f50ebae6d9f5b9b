import { z } from 'zod';
import { platformConfig } from '@holdfast/platform/config';

/** Settings of customer-profile; the only place that names them. */
export const customerProfileConfig = platformConfig.extend({
  /** HOLDFAST_PROFILE_KEY: seals and finds what is personal, 64 hex digits. Without it nobody can be named any more. */
  profileKey: z.string().regex(/^[0-9a-f]{64}$/i, 'must be 64 hex digits'),
});
export type CustomerProfileConfig = z.output<typeof customerProfileConfig>;
