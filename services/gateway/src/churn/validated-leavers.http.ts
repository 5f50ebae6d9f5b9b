import { Readable } from 'node:stream';
import { Controller } from '@nestjs/common';
import { Reasons as ReasonsMessage } from '@holdfast/contracts/churn_scoring/v1/scoring';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { readBytes, readCategoryTexts, readNumbers, readUuids } from '@holdfast/platform/columns';
import { z } from 'zod';
import { ServiceClients } from '../service-clients.js';
import { Answer, Operation, operation, type HandlerInput } from '../operation/operation.js';
import { Id, Month, Probability, OrgUnitPath, numberText } from '../operation/wire.js';
import { formatOfAccept } from './churn-lists.http.js';
import { Reasons, SCORE_EXAMPLE, reasonsJson } from './score.js';

const Leaver = z.strictObject({
  subscriptionId: Id,
  month: Month.describe('The month that was judged; the subscription left some months later'),
  orgUnit: OrgUnitPath,
  probability: Probability,
  reasons: Reasons,
});
type LeaverJson = z.output<typeof Leaver>;

const listLeavers = operation({
  method: 'GET',
  path: '/api/v1/models/{modelId}/validated-leavers',
  group: 'churn',
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

/** Whether the reasons that a model gives are those for which people leave can be looked up afterwards. */
@Controller()
export class ValidatedLeaversHttp {
  constructor(private readonly services: ServiceClients) {}

  @Operation(listLeavers)
  async list({ call, params, query, request, gone }: HandlerInput<typeof listLeavers>) {
    const batches = this.services.models.readValidatedLeavers(call, params)[Symbol.asyncIterator]();
    // An unknown model gives a problem document, not a broken stream.
    const first = await batches.next();
    const isNdjson = (query.format ?? formatOfAccept(request.headers.accept ?? '')) === 'ndjson';
    if (!isNdjson) {
      const leavers: LeaverJson[] = [];
      for (let next = first; next.done !== true && leavers.length <= query.limit; next = await batches.next()) {
        leavers.push(...leaversOf(next.value));
      }
      await batches.return?.();
      return { leavers: leavers.slice(0, query.limit), isComplete: leavers.length <= query.limit };
    }
    const signal = gone();
    async function* lines(): AsyncIterable<string> {
      for (let next = first; next.done !== true && !signal.aborted; next = await batches.next()) {
        yield leaversOf(next.value)
          .map((leaver) => `${JSON.stringify(leaver)}\n`)
          .join('');
      }
      await batches.return?.();
    }
    return new Answer(Readable.from(lines()), { contentType: 'application/x-ndjson' });
  }
}

function leaversOf(batch: ColumnBatch): LeaverJson[] {
  const months = readCategoryTexts(batch, 'month');
  const units = readCategoryTexts(batch, 'org_unit_path');
  const probabilities = readNumbers(batch, 'probability');
  const reasons = readBytes(batch, 'reasons');
  return readUuids(batch, 'subscription_id').map((subscriptionId, row) => ({
    subscriptionId,
    month: months[row]!,
    orgUnit: units[row]!,
    probability: probabilities[row]!,
    reasons: reasonsJson(ReasonsMessage.decode(reasons[row]!))!,
  }));
}
