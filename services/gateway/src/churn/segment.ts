import { z } from 'zod';
import { Count, Money } from '../operation/wire.js';

export const SegmentName = z.enum(['early_adopter', 'mature_chooser', 'none', 'unknown']);

const Day = z.iso.date();

/** Whether a subscription adopts early or chooses by its own standard, with the evidence. */
export const AdopterSegment = z
  .strictObject({
    segment: SegmentName,
    reasons: z
      .array(z.string())
      .describe('short_tenure, growing_market, few_signs, no_new_item; needs:<table> for each missing table'),
    adoptions: z
      .array(
        z.strictObject({
          kind: z.enum(['handset', 'generation', 'service']),
          item: z.string(),
          name: z.string().nullable(),
          launchedOn: Day.nullable(),
          adoptedOn: Day,
          rank: Count.describe('Users of the region up to that day'),
          users: Count.describe('Users of the region so far'),
        }),
      )
      .describe('Of an early adopter, newest first'),
    agreement: z
      .strictObject({ planId: z.string(), contractId: z.string().nullable(), endsOn: Day, penalty: Money.nullable() })
      .nullable()
      .describe('Of an early adopter: in force; it stays as it is'),
    eligibleOn: Day.nullable().describe('Of an early adopter: first day of a further handset subsidy'),
    tenureMonths: Count.nullable(),
    growth: z.number().nullable().describe("Growth of the region's subscriptions of the service within a year"),
    signs: z
      .array(
        z.strictObject({
          kind: z.enum(['plan_change', 'rival_contact', 'price_enquiry', 'survey']),
          count: Count,
          last: z.string().describe('Day or month'),
        }),
      )
      .describe('Of a mature-stage chooser'),
    use: z
      .strictObject({
        months: Count,
        bill: Money.nullable().describe('Without value-added services and roaming'),
        minutes: z.number(),
        dataMb: z.number(),
        messages: z.number(),
      })
      .nullable()
      .describe('Of a mature-stage chooser: means of the last three months'),
    offers: z
      .array(
        z.strictObject({
          rival: z.string(),
          offer: z.string(),
          source: z.string().describe('Text of `rival.offers`, or market_months'),
          statedOn: z.string().describe('Day of the source, or month'),
          cost: Money.nullable().describe('A month for the same use; null if the terms are not known'),
          difference: Money.nullable().describe('Cost less the present bill; negative: the rival is cheaper'),
          atLeast: z.boolean().describe('The cost is a lower bound: terms lack units or rates that the use needs'),
        }),
      )
      .describe('Of a mature-stage chooser: offers of rivals in its district in the month, the cheapest first'),
    advice: z.string().nullable().describe('What follows for a front desk, in the language of the request'),
  })
  .meta({ id: 'AdopterSegment' });

export const SEGMENT_EXAMPLE: z.output<typeof AdopterSegment> = {
  segment: 'early_adopter',
  reasons: ['needs:surveys'],
  adoptions: [
    {
      ...{ kind: 'handset', item: '35000001', name: 'Aurora A5', launchedOn: '2026-02-20', adoptedOn: '2026-03-08' },
      ...{ rank: 8, users: 120 },
    },
  ],
  agreement: {
    ...{ planId: 'P59', contractId: 'K1001', endsOn: '2026-12-31' },
    penalty: { amount: '100.00', currency: 'CNY' },
  },
  ...{ eligibleOn: '2027-01-01', tenureMonths: null, growth: null, signs: [], use: null, offers: [] },
  advice:
    'New technology matters to this customer. The handset subsidy is not a one-off: a further one is possible from ' +
    '2027-01-01 on. The agreement K1001 is in force until 2026-12-31 and stays as it is.',
};
