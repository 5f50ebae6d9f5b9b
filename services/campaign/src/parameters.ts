import { z } from 'zod';
import { isTimeZone } from '@holdfast/platform/calendar';

const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be HH:MM');

/** What an operator may set, from a day on (CA-15: frequency control). */
export const campaignParameters = {
  'contact.frequency': {
    schema: z.object({ maxTouches: z.number().int().min(1).max(100), days: z.number().int().min(1).max(365) }),
    default: { maxTouches: 2, days: 30 },
    description: 'Most contacts with a customer on one channel within so many days.',
  },
  'contact.minDaysBetween': {
    schema: z.number().min(0).max(365),
    default: 7,
    description: 'Days between two contacts with a customer on one channel, at least.',
  },
  'contact.householdMinDays': {
    schema: z.number().min(0).max(365),
    default: 7,
    description: 'Days between contacts with two customers of one household on one channel, at least.',
  },
  'contact.quietHours': {
    schema: z
      .object({ from: timeOfDay, to: timeOfDay })
      .refine(({ from, to }) => from !== to, 'from and to must differ'),
    default: { from: '21:00', to: '09:00' },
    description: "When nobody is approached, customer's local time; from inclusive, to exclusive; may cross midnight.",
  },
  'contact.recheckMinutes': {
    schema: z.number().int().min(1).max(1440),
    default: 15,
    description: 'Minutes for which work that the gate refused is passed over without asking again.',
  },
  'offer.catalogue': {
    schema: z
      .array(z.object({ kind: z.enum(['discount', 'product', 'handset']), id: z.string().min(1).max(100) }))
      .max(1_000),
    default: [] as { kind: 'discount' | 'product' | 'handset'; id: string }[],
    description: 'Offers that campaigns may make besides the products, plans, handsets and bundles of the extract.',
  },
  'campaign.contactDays': {
    schema: z.number().int().min(1).max(365),
    default: 30,
    description: 'Days of contacts of a campaign whose plan names no last day, its first included.',
  },
  'campaign.timeZone': {
    schema: z.string().refine(isTimeZone, 'must be an IANA time zone such as Asia/Shanghai'),
    default: 'Asia/Shanghai',
    description: 'IANA time zone in which the days and months of campaigns begin.',
  },
  'lease.seconds': {
    schema: z.number().int().min(10).max(3600),
    default: 120,
    description: 'Seconds for which work is held, and for which a renewal holds it.',
  },
  'lease.minutesMax': {
    schema: z.number().int().min(1).max(1440),
    default: 60,
    description: 'Minutes for which work can be held in all, however often it is renewed.',
  },
  'disposition.graceSeconds': {
    schema: z.number().int().min(0).max(86_400),
    default: 900,
    description: 'Seconds after the end of a lease within which its holder may still say what came of it.',
  },
  'retry.hours': {
    schema: z.number().min(0).max(720),
    default: 24,
    description: 'Hours until a customer who was not reached, or asked to be called back, is tried again.',
  },
  'retry.triesMax': {
    schema: z.number().int().min(1).max(20),
    default: 3,
    description: 'Tries after which work is done, even if nobody was reached.',
  },
};

/** Type of the service's parameters, for their injection. */
export type CampaignParameters = typeof campaignParameters;
