import { z } from 'zod';
import { isTimeZone } from '@holdfast/platform/clock';
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

/** What the operator can set without a restart. */
export const customerProfileParameters = {
  'consent.marketingDefault': marketingDefault,
  'contact.timeZone': timeZone,
};
export type CustomerProfileParameters = typeof customerProfileParameters;
