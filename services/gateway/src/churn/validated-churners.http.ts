import { Reasons as ReasonsMessage } from '@holdfast/contracts/churn_scoring/v1/scoring';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import type { Language } from '@holdfast/platform/errors';
import { readBytes, readCategoryTexts, readNumbers, readUuids } from '@holdfast/platform/columns';
import { z } from 'zod';
import { KEYS_PERSONAL, KEYS_QUERY, SubscriptionKey, keyedRows, keysFor } from '../customers/subscription-keys.js';
import { answerOf } from '../operation/answer.js';
import { begun, formatOf, ndjsonAnswer } from '../operation/export.js';
import { operationsOf } from '../operation/operation.js';
import { Id, Month, Probability, OrgUnitPath, numberText } from '../operation/wire.js';
import { Reasons, SCORE_EXAMPLE } from './score.js';

const operation = operationsOf('churn');

const reasonsJson = answerOf(Reasons, ReasonsMessage);

const Churner = z.strictObject({
  subscriptionId: Id,
  month: Month.describe('The month that was judged; the subscription left some months later'),
  orgUnit: OrgUnitPath,
  probability: Probability,
  reasons: Reasons,
  key: SubscriptionKey,
});
type ChurnerJson = z.output<typeof Churner>;

const listChurners = operation('GET /api/v1/models/{modelId}/validated-churners', {
  summary: 'Validated predictions of subscriptions that churned, in months outside the training',
  description:
    'Only models that were validated forward in time have them. As NDJSON all of them, streamed; as JSON the first ones.',
  scope: 'churn:read',
  raises: ['model.unknown', 'personal.reasonMissing'],
  personalData: KEYS_PERSONAL,
  audited: true,
  limitClass: 'bulk',
  params: z.strictObject({ modelId: Id }),
  query: z.strictObject({
    limit: numberText(z.number().int().min(1).max(1_000)).default(100).describe('Of the JSON answer'),
    format: z.enum(['json', 'ndjson']).optional().describe('Wins over the Accept header'),
    ...KEYS_QUERY,
  }),
  response: z.strictObject({ churners: z.array(Churner), isComplete: z.boolean() }),
  formats: ['application/json', 'application/x-ndjson'],
  line: Churner,
  async handle({ call, params, query: { limit, format, keys }, request, gone, services }) {
    const addKeys = keysFor(keys, { call, request, services });
    const rowsOf = (batch: ColumnBatch) => churnersOf(batch, call.caller.language);
    // An unknown model gives a problem document, not a broken stream.
    const batches = await begun(services.models.readValidatedLeavers({ ...call, signal: gone() }, params));
    const parts = keyedRows(batches, rowsOf, addKeys);
    if (formatOf(format, request) === 'ndjson') return ndjsonAnswer(parts, (churners) => churners);
    const churners: ChurnerJson[] = [];
    for await (const part of parts) {
      churners.push(...part);
      if (churners.length > limit) break;
    }
    return { churners: churners.slice(0, limit), isComplete: churners.length <= limit };
  },
  subjects: ({ churners }) => churners.map(({ subscriptionId }) => subscriptionId),
  example: {
    params: { modelId: SCORE_EXAMPLE.model.modelId },
    query: { limit: '1' },
    response: {
      churners: [
        {
          subscriptionId: SCORE_EXAMPLE.subscriptionId,
          month: '2026-08',
          orgUnit: SCORE_EXAMPLE.orgUnit,
          probability: 0.31,
          reasons: SCORE_EXAMPLE.reasons!,
          key: null,
        },
      ],
      isComplete: false,
    },
  },
});

/** Whether the reasons that a model gives are those for which subscribers churn can be looked up afterwards. */
export const validatedChurnerOperations = [listChurners];

function churnersOf(batch: ColumnBatch, language: Language): Omit<ChurnerJson, 'key'>[] {
  const months = readCategoryTexts(batch, 'month');
  const units = readCategoryTexts(batch, 'org_unit_path');
  const probabilities = readNumbers(batch, 'probability');
  const reasons = readBytes(batch, 'reasons');
  return readUuids(batch, 'subscription_id').map((subscriptionId, row) => ({
    subscriptionId,
    month: months[row]!,
    orgUnit: units[row]!,
    probability: probabilities[row]!,
    reasons: reasonsJson(ReasonsMessage.decode(reasons[row]!), language),
  }));
}
