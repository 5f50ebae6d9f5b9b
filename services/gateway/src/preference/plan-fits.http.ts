import { Readable } from 'node:stream';
import { Controller } from '@nestjs/common';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { readCategoryTexts, readNumbers, readUuids } from '@holdfast/platform/columns';
import { moneyOf } from '@holdfast/platform/money';
import { z } from 'zod';
import { Job, JOB_EXAMPLE, jobJson } from '../jobs/job.js';
import { ServiceClients } from '../service-clients.js';
import { Answer, Operation, operation, type HandlerInput } from '../operation/operation.js';
import {
  Count,
  Id,
  Instant,
  Money,
  Month,
  OrgUnitPath,
  instantJson,
  moneyJson,
  type MoneyJson,
} from '../operation/wire.js';
import { PLAN_FIT_EXAMPLE, PlanId, Principle } from './plan-fit.js';

const fitPlans = operation({
  method: 'POST',
  path: '/api/v1/plan-fits',
  group: 'preference',
  summary: 'Work out for every subscriber which plan fits',
  description:
    'Another request for the same month and extract returns the first job. A closed month starts it as well.',
  scope: 'preference:run',
  limitClass: 'bulk',
  audited: true,
  idempotencyKey: 'optional',
  status: 202,
  body: z.strictObject({ month: Month.or(z.literal('')).default('').describe('Empty for the last closed one') }),
  response: Job,
  example: {
    body: { month: '2026-09' },
    response: {
      ...JOB_EXAMPLE,
      jobId: 'preference-recommendation.01936a42-3e10-7d31-8c21-5e4b3f6c9d56',
      kind: 'fit-plans',
      phase: 'fitting',
    },
  },
});

const RunId = Id.or(z.literal('latest')).describe('UUID, or `latest` for the newest');

const readRun = operation({
  method: 'GET',
  path: '/api/v1/plan-fit-runs/{runId}',
  group: 'preference',
  summary: 'How many a run advises another plan, by principle, and what they would save',
  scope: 'preference:read',
  params: z.strictObject({ runId: RunId }),
  response: z.strictObject({
    runId: Id,
    month: Month,
    subscriptions: Count,
    advised: Count,
    doubleZero: Count.describe('Neither usage nor a bill: excluded'),
    byPrinciple: z.record(z.string(), Count),
    saving: Money.nullable().describe('A month, over those advised'),
    publishedAt: Instant.nullable(),
  }),
  example: {
    params: { runId: 'latest' },
    response: {
      runId: PLAN_FIT_EXAMPLE.runId!,
      ...{ month: '2026-09', subscriptions: 3956, advised: 2192, doubleZero: 3 },
      byPrinciple: { no_plan: 0, tier_down: 821, tier_up: 751, migrate: 620 },
      saving: { amount: '43120.10', currency: 'CNY' },
      publishedAt: '2026-10-03T02:01:12.000Z',
    },
  },
});

const FitLine = z.strictObject({
  subscriptionId: Id,
  presentPlanId: PlanId.nullable(),
  planId: PlanId.nullable().describe('Null for "no better plan"'),
  presentBill: Money.nullable(),
  bill: Money.nullable(),
  saving: Money.nullable(),
  savingLow: Money.nullable(),
  savingHigh: Money.nullable(),
  principle: Principle.nullable(),
  method: z.enum(['events', 'usage']),
  orgUnit: OrgUnitPath,
});

const readFits = operation({
  method: 'GET',
  path: '/api/v1/plan-fit-runs/{runId}/fits',
  group: 'preference',
  summary: 'Every fit of a run',
  description: 'NDJSON, one fit a line, by shard and subscriber. Bills are over all months, savings a month.',
  scope: 'preference:read',
  limitClass: 'bulk',
  params: z.strictObject({ runId: RunId }),
  response: FitLine,
  alsoAs: ['application/x-ndjson'],
  example: {
    params: { runId: 'latest' },
    response: {
      subscriptionId: PLAN_FIT_EXAMPLE.subscriptionId,
      ...{ presentPlanId: 'F069', planId: 'P039', principle: 'migrate', method: 'events', orgUnit: 'demo/shenyang/' },
      presentBill: PLAN_FIT_EXAMPLE.presentBill,
      bill: PLAN_FIT_EXAMPLE.advised!.bill,
      saving: PLAN_FIT_EXAMPLE.advised!.saving,
      savingLow: PLAN_FIT_EXAMPLE.advised!.savingLow,
      savingHigh: PLAN_FIT_EXAMPLE.advised!.savingHigh,
    },
  },
});

/** Plan fits of all subscriptions. */
@Controller()
export class PlanFitsHttp {
  constructor(private readonly services: ServiceClients) {}

  @Operation(fitPlans)
  async fit({ call, body }: HandlerInput<typeof fitPlans>) {
    return jobJson(await this.services.planFits.fitPlans(call, body), call.caller.language);
  }

  @Operation(readRun)
  async run({ call, params }: HandlerInput<typeof readRun>) {
    const run = await this.services.planFits.getFitRun(call, { runId: runIdOf(params.runId) });
    const { runId, month, subscriptions, advised, doubleZero, byPrinciple } = run;
    return {
      ...{ runId, month, subscriptions, advised, doubleZero, byPrinciple },
      saving: moneyJson(run.saving),
      publishedAt: instantJson(run.publishedAt),
    };
  }

  @Operation(readFits)
  async fits({ call, params, gone }: HandlerInput<typeof readFits>) {
    // Read first, so that an unknown run is a 404 and not a broken stream; then by its id, so that a run published
    // meanwhile is not mixed in.
    const { runId, saving } = await this.services.planFits.getFitRun(call, { runId: runIdOf(params.runId) });
    const batches = this.services.planFits.readPlanFits({ ...call, signal: gone() }, { runId });
    async function* texts(): AsyncIterable<string> {
      for await (const batch of batches) yield linesOf(batch, saving?.currency ?? '');
    }
    return new Answer(Readable.from(texts()), { contentType: 'application/x-ndjson' });
  }
}

function runIdOf(asked: string): string {
  return asked === 'latest' ? '' : asked;
}

function linesOf(batch: ColumnBatch, currency: string): string {
  const [plans, presentPlans] = [readCategoryTexts(batch, 'plan_id'), readCategoryTexts(batch, 'present_plan_id')];
  const [principles, methods] = [readCategoryTexts(batch, 'principle'), readCategoryTexts(batch, 'method')];
  const units = readCategoryTexts(batch, 'org_unit_path');
  const money = (name: string): ((row: number) => MoneyJson | null) => {
    const values = readNumbers(batch, name);
    return (row) => moneyJson(moneyOf(values[row], currency));
  };
  const [presentBill, bill, saving] = [money('present_bill'), money('bill'), money('saving')];
  const [savingLow, savingHigh] = [money('saving_low'), money('saving_high')];
  return readUuids(batch, 'subscription_id')
    .map((subscriptionId, row) => {
      const fit = {
        subscriptionId,
        presentPlanId: presentPlans[row] ?? null,
        planId: plans[row] ?? null,
        presentBill: presentBill(row),
        bill: bill(row),
        saving: saving(row),
        savingLow: savingLow(row),
        savingHigh: savingHigh(row),
        principle: principles[row] ?? null,
        method: methods[row],
        orgUnit: units[row] ?? '',
      };
      return `${JSON.stringify(fit)}\n`;
    })
    .join('');
}
