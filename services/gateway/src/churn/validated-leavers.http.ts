import { Reasons as ReasonsMessage } from '@holdfast/contracts/churn_scoring/v1/scoring';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import type { Language } from '@holdfast/platform/errors';
import { readBytes, readCategoryTexts, readNumbers, readUuids } from '@holdfast/platform/columns';
import { z } from 'zod';
import { answerOf } from '../operation/answer.js';
import { begun, formatOf, ndjsonAnswer } from '../operation/export.js';
import { operationsOf } from '../operation/operation.js';
import { Id, Month, Probability, OrgUnitPath, numberText } from '../operation/wire.js';
import { Reasons, SCORE_EXAMPLE } from './score.js';

const operation = operationsOf('churn');

const reasonsJson = answerOf(Reasons, ReasonsMessage);

const Leaver = z.strictObject({
  subscriptionId: Id,
  month: Month.describe('The month that was judged; the subscription left some months later'),
  orgUnit: OrgUnitPath,
  probability: Probability,
  reasons: Reasons,
});
type LeaverJson = z.output<typeof Leaver>;

const listLeavers = operation('GET /api/v1/models/{modelId}/validated-leavers', {
  summary: 'Validated predictions of subscriptions that churned, in months outside the training',
  description:
    'Only models that were validated forward in time have them. As NDJSON all of them, streamed; as JSON the first ones.',
  scope: 'churn:read',
  limitClass: 'bulk',
  params: z.strictObject({ modelId: Id }),
  query: z.strictObject({
    limit: numberText(z.number().int().min(1).max(1_000)).default(100).describe('Of the JSON answer'),
    format: z.enum(['json', 'ndjson']).optional().describe('Wins over the Accept header'),
  }),
  response: z.strictObject({ leavers: z.array(Leaver), isComplete: z.boolean() }),
  alsoAs: ['application/x-ndjson'],
  line: Leaver,
  async handle({ call, params, query: { limit, format }, request, gone, services }) {
    const rowsOf = (batch: ColumnBatch) => leaversOf(batch, call.caller.language);
    // An unknown model gives a problem document, not a broken stream.
    const batches = await begun(services.models.readValidatedLeavers({ ...call, signal: gone() }, params));
    if (formatOf(format, request) === 'ndjson') return ndjsonAnswer(batches, rowsOf);
    const leavers: LeaverJson[] = [];
    for await (const batch of batches) {
      leavers.push(...rowsOf(batch));
      if (leavers.length > limit) break;
    }
    return { leavers: leavers.slice(0, limit), isComplete: leavers.length <= limit };
  },
  example: {
    params: { modelId: SCORE_EXAMPLE.model.modelId },
    query: { limit: '1' },
    response: {
      leavers: [
        {
          subscriptionId: SCORE_EXAMPLE.subscriptionId,
          month: '2026-08',
          orgUnit: SCORE_EXAMPLE.orgUnit,
          probability: 0.31,
          reasons: SCORE_EXAMPLE.reasons!,
        },
      ],
      isComplete: false,
    },
  },
});

/** Whether the reasons that a model gives are those for which subscribers churn can be looked up afterwards. */
export const validatedLeaverOperations = [listLeavers];

function leaversOf(batch: ColumnBatch, language: Language): LeaverJson[] {
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
