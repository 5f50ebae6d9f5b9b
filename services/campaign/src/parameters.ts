import { z } from 'zod';
import { isTimeZone } from '@holdfast/platform/calendar';

const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be HH:MM');

/** Parameters of the operator, each with a first day (CA-15: frequency control). */
export const campaignParameters = {
  'contact.frequency': {
    schema: z.object({ maxTouches: z.number().int().min(1).max(100), days: z.number().int().min(1).max(365) }),
    default: { maxTouches: 2, days: 30 },
    description: 'Maximum number of contacts with a customer on one channel within a number of days.',
  },
  'contact.minDaysBetween': {
    schema: z.number().min(0).max(365),
    default: 7,
    description: 'Minimum number of days between two contacts with a customer on one channel.',
  },
  'contact.householdMinDays': {
    schema: z.number().min(0).max(365),
    default: 7,
    description: 'Minimum number of days between contacts with two customers of one household on one channel.',
  },
  'contact.quietHours': {
    schema: z
      .object({ from: timeOfDay, to: timeOfDay })
      .refine(({ from, to }) => from !== to, 'from and to must differ'),
    default: { from: '21:00', to: '09:00' },
    description:
      "Hours without contacts, in the customer's local time; from inclusive, to exclusive; may cross midnight.",
  },
  'contact.recheckMinutes': {
    schema: z.number().int().min(1).max(1440),
    default: 15,
    description: 'Minutes for which work refused by the gate is passed over before the next check.',
  },
  'offer.catalogue': {
    schema: z
      .array(z.object({ kind: z.enum(['discount', 'product', 'handset']), id: z.string().min(1).max(100) }))
      .max(1_000),
    default: [] as { kind: 'discount' | 'product' | 'handset'; id: string }[],
    description: 'Offers of campaigns in addition to the products, plans, handsets and bundles of the extract.',
  },
  'campaign.contactDays': {
    schema: z.number().int().min(1).max(365),
    default: 30,
    description: 'Contact period in days, including the first, of a campaign whose plan has no last day.',
  },
  'campaign.timeZone': {
    schema: z.string().refine(isTimeZone, 'must be an IANA time zone such as Asia/Shanghai'),
    default: 'Asia/Shanghai',
    description: 'IANA time zone of the days and months of campaigns.',
  },
  'lease.seconds': {
    schema: z.number().int().min(10).max(3600),
    default: 120,
    description: 'Duration of a lease and of its renewal in seconds.',
  },
  'lease.minutesMax': {
    schema: z.number().int().min(1).max(1440),
    default: 60,
    description: 'Maximum duration of a lease in minutes, including renewals.',
  },
  'disposition.graceSeconds': {
    schema: z.number().int().min(0).max(86_400),
    default: 900,
    description: 'Seconds after the end of a lease within which its holder may still record a disposition.',
  },
  'retry.hours': {
    schema: z.number().min(0).max(720),
    default: 24,
    description: 'Hours until the next attempt after a customer was not reached or requested a call back.',
  },
  'retry.triesMax': {
    schema: z.number().int().min(1).max(20),
    default: 3,
    description: 'Number of tries after which work is done, even if the customer was not reached.',
  },
};

export type CampaignParameters = typeof campaignParameters;
