import { z } from 'zod';
import { isTimeZone } from '@holdfast/platform/calendar';
import type { ParameterDefinition } from '@holdfast/platform/parameters';

const marketingDefault: ParameterDefinition<boolean> = {
  schema: z.boolean(),
  default: false,
  description: 'Whether marketing is allowed by customers who never said yes or no.',
};

const timeZone: ParameterDefinition<string> = {
  schema: z.string().refine(isTimeZone, 'must be an IANA time zone such as Asia/Shanghai'),
  default: 'Asia/Shanghai',
  description: "IANA time zone of the operator's customers.",
};

const midHighEndArpuMin: ParameterDefinition<number> = {
  schema: z.number().positive(),
  default: 80,
  description:
    "From which mean bill of the last three closed months on, in the extract's currency, a subscriber is mid- or high-end.",
};

/** What the operator can set without a restart. */
export const customerProfileParameters = {
  'consent.marketingDefault': marketingDefault,
  'contact.timeZone': timeZone,
  'customer.midHighEndArpuMin': midHighEndArpuMin,
};
export type CustomerProfileParameters = typeof customerProfileParameters;
