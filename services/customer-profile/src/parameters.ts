import { z } from 'zod';
import { isTimeZone } from '@holdfast/platform/calendar';
import { parameter } from '@holdfast/platform/parameters';

/** What the operator can set without a restart. */
export const customerProfileParameters = {
  'consent.marketingDefault': parameter(
    z.boolean(),
    false,
    'Whether marketing is allowed by customers who never said yes or no.',
  ),
  'contact.timeZone': parameter(
    z.string().refine(isTimeZone, 'must be an IANA time zone such as Asia/Shanghai'),
    'Asia/Shanghai',
    "IANA time zone of the operator's customers.",
  ),
};
export type CustomerProfileParameters = typeof customerProfileParameters;
