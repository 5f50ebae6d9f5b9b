import { z } from 'zod';
import { platformConfig } from '@holdfast/platform/config';

/** Settings of customer-profile; the only place that names them. */
export const customerProfileConfig = platformConfig.extend({
  /** HOLDFAST_PROFILE_KEY: encrypts and looks up personal data, 64 hex digits. Without it personal data are lost. */
  profileKey: z.string().regex(/^[0-9a-f]{64}$/i, 'must be 64 hex digits'),
});
export type CustomerProfileConfig = z.output<typeof customerProfileConfig>;
