import { parameter } from '@holdfast/platform/parameters';
import { z } from 'zod';
import { isTimeZone } from '@holdfast/platform/calendar';

const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be HH:MM');

/** Parameters of the operator, each with a first day (CA-15: frequency control). */
export const campaignParameters = {
  'contact.frequency': parameter(
    z.object({ maxTouches: z.number().int().min(1).max(100), days: z.number().int().min(1).max(365) }),
    { maxTouches: 2, days: 30 },
    'Maximum number of contacts with a customer on one channel within a number of days.',
  ),
  'contact.minDaysBetween': parameter(
    z.number().min(0).max(365),
    7,
    'Minimum number of days between two contacts with a customer on one channel.',
  ),
  'contact.householdMinDays': parameter(
    z.number().min(0).max(365),
    7,
    'Minimum number of days between contacts with two customers of one household on one channel.',
  ),
  'contact.quietHours': parameter(
    z.object({ from: timeOfDay, to: timeOfDay }).refine(({ from, to }) => from !== to, 'from and to must differ'),
    { from: '21:00', to: '09:00' },
    "Hours without contacts, in the customer's local time; from inclusive, to exclusive; may cross midnight.",
  ),
  'contact.recheckMinutes': parameter(
    z.number().int().min(1).max(1440),
    15,
    'Minutes for which work refused by the gate is passed over before the next check.',
  ),
  'offer.catalogue': parameter(
    z.array(z.object({ kind: z.enum(['discount', 'product', 'handset']), id: z.string().min(1).max(100) })).max(1_000),
    [] as { kind: 'discount' | 'product' | 'handset'; id: string }[],
    'Offers of campaigns in addition to the products, plans, handsets and bundles of the extract.',
  ),
  'campaign.contactDays': parameter(
    z.number().int().min(1).max(365),
    30,
    'Contact period in days, including the first, of a campaign whose plan has no last day.',
  ),
  'campaign.timeZone': parameter(
    z.string().refine(isTimeZone, 'must be an IANA time zone such as Asia/Shanghai'),
    'Asia/Shanghai',
    'IANA time zone of the days and months of campaigns.',
  ),
  'lease.seconds': parameter(
    z.number().int().min(10).max(3600),
    120,
    'Duration of a lease and of its renewal in seconds.',
  ),
  'lease.minutesMax': parameter(
    z.number().int().min(1).max(1440),
    60,
    'Maximum duration of a lease in minutes, including renewals.',
  ),
  'lease.perAgentMax': parameter(
    z.number().int().min(1).max(1000),
    3,
    'Maximum number of leases in force of one agent of a client.',
  ),
  'callBack.daysMax': parameter(
    z.number().int().min(1).max(365),
    30,
    'Maximum number of days from a contact to the call back that the customer asked for.',
  ),
  'callBack.reservedMinutes': parameter(
    z.number().int().min(0).max(1440),
    15,
    'Minutes from the time of a call back for which only the agent who recorded it gets the work.',
  ),
  'disposition.graceSeconds': parameter(
    z.number().int().min(0).max(86_400),
    900,
    'Seconds after the end of a lease within which its holder may still record a disposition.',
  ),
  'retry.hours': parameter(
    z.number().min(0).max(720),
    24,
    'Hours until the next attempt after a customer was not reached, or requested a call back without a time.',
  ),
  'retry.triesMax': parameter(
    z.number().int().min(1).max(20),
    3,
    'Number of tries after which work is done, even if the customer was not reached.',
  ),
};

export type CampaignParameters = typeof campaignParameters;
