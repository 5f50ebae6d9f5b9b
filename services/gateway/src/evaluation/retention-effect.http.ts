import { RetentionEffect as EffectMessage } from '@holdfast/contracts/evaluation/v1/results';
import { RETENTION_EFFECT_EXAMPLE, RetentionEffect } from '../churn/retention-effect.js';
import { answers, operationsOf } from '../operation/operation.js';

const operation = operationsOf('evaluation');

const readEffect = operation('GET /api/v1/retention-effect', {
  summary: 'What a contact has achieved in closed campaigns, measured against their control groups',
  description:
    'Pooled over the campaigns of the region, and by region, channel and arm, each shrunk towards the pooled effect. The next ' +
    'scoring uses it for the retention efficiency if its interval is above 0.',
  scope: 'evaluation:read',
  ...answers(RetentionEffect, EffectMessage),
  handle: ({ call, services }) => services.results.getRetentionEffect(call, {}),
  example: { response: RETENTION_EFFECT_EXAMPLE },
});

/** The measured effect of contacts. */
export const retentionEffectOperations = [readEffect];
