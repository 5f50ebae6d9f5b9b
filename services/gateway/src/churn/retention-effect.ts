import { z } from 'zod';
import { Count } from '../operation/wire.js';

const SavedPerContact = z
  .strictObject({
    estimate: z.number().describe('Share of those contacted that stayed because of it: 0.02 is 2 points'),
    low: z.number().describe('Lower end of the 95 % interval'),
    high: z.number().describe('Upper end'),
  })
  .meta({ id: 'SavedPerContact' });

export const RetentionEffect = z
  .strictObject({
    campaigns: Count.describe('Closed, randomised ones with enough customers in offers and in the control group'),
    customers: Count.describe('Evaluated, control groups included'),
    saved: SavedPerContact.nullable().describe('Pooled; null if nothing is measured'),
    deviation: z.number().describe('Of the true effects of campaigns'),
    groups: z
      .array(
        z.strictObject({
          dimension: z.enum(['region', 'channel', 'arm']),
          name: z.string().describe('Org unit, channel, or name of the arm'),
          campaigns: Count,
          customers: Count,
          measured: SavedPerContact.nullable().describe('Of these campaigns alone'),
          shrunk: SavedPerContact.nullable().describe('Shrunk towards the pooled effect'),
        }),
      )
      .describe('Those with enough customers'),
    version: z.string().nullable().describe('Follows from the campaigns and their results'),
  })
  .meta({ id: 'RetentionEffect' });

export const EfficiencySource = z
  .strictObject({
    basis: z
      .enum(['uplift-value-cost', 'value-cost'])
      .describe('Measured effect × value ÷ cost of one contact, or without a measured effect'),
    reason: z.enum(['effect.none', 'effect.uncertain', 'effect.unavailable']).nullable(),
    text: z.string(),
    effect: RetentionEffect.nullable().describe('As measured when scoring was requested'),
  })
  .meta({ id: 'EfficiencySource' });

export const RETENTION_EFFECT_EXAMPLE: z.output<typeof RetentionEffect> = {
  ...{ campaigns: 3, customers: 9214, saved: { estimate: 0.021, low: 0.013, high: 0.029 }, deviation: 0.004 },
  groups: [
    {
      ...{ dimension: 'region', name: 'demo/', campaigns: 3, customers: 9214 },
      ...{
        measured: { estimate: 0.021, low: 0.013, high: 0.029 },
        shrunk: { estimate: 0.021, low: 0.013, high: 0.029 },
      },
    },
  ],
  version: '8c1f0b52a9d37e46',
};

export const EFFICIENCY_EXAMPLE: z.output<typeof EfficiencySource> = {
  ...{ basis: 'uplift-value-cost', reason: null, effect: RETENTION_EFFECT_EXAMPLE },
  text: 'Measured in 3 campaigns with control groups: 2.1 points fewer churn per contact (± 0.8).',
};
