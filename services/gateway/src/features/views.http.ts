import { Controller } from '@nestjs/common';
import type { FeatureStatistics } from '@holdfast/contracts/feature_store/v1/view';
import { z } from 'zod';
import { Job, JOB_EXAMPLE, jobJson } from '../jobs/job.js';
import { ServiceClients } from '../service-clients.js';
import { Operation, operation, type HandlerInput } from '../operation/operation.js';
import { Count, Month } from '../operation/wire.js';

export const ViewName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/)
  .describe('Name of a feature view');

const listViews = operation({
  method: 'GET',
  path: '/api/v1/feature-views',
  group: 'features',
  summary: 'The feature views, and what each feature is made of',
  description: 'A feature without its table has the cause in `unavailable`; the others work.',
  scope: 'features:read',
  response: z.strictObject({
    views: z.array(
      z.strictObject({
        name: ViewName,
        version: z.string().describe('Hash over its definitions'),
        features: z.array(
          z.strictObject({
            name: z.string(),
            family: z.string(),
            needs: z.array(z.string()).describe('Tables of the extract, or `table.column`'),
            unavailable: z.string().nullable().describe('Cause of a missing value; null if it has one'),
            reason: z.string().nullable().describe('Churn reason that it maps to, of seven'),
            label: z.strictObject({ en: z.string(), 'zh-CN': z.string() }),
          }),
        ),
      }),
    ),
  }),
  example: {
    response: {
      views: [
        {
          name: 'subscriber-months',
          version: '7dd9a4916dde2f86',
          features: [
            {
              name: 'contract_months_left',
              family: 'contract',
              needs: ['plan_history', 'plans'],
              unavailable: null,
              reason: 'contractEnd',
              label: { en: 'contract months left', 'zh-CN': '合约剩余月数' },
            },
          ],
        },
      ],
    },
  },
});

const readStatistics = operation({
  method: 'GET',
  path: '/api/v1/feature-views/{name}/statistics',
  group: 'features',
  summary: 'How the features of a view are spread in a month',
  description: "Over the rows of the caller's region.",
  scope: 'features:read',
  params: z.strictObject({ name: ViewName }),
  query: z.strictObject({ month: Month.or(z.literal('')).default('').describe('Empty for the last') }),
  response: z.strictObject({
    view: ViewName,
    version: z.string(),
    month: Month,
    rows: Count,
    features: z.array(
      z.strictObject({
        feature: z.string(),
        missing: Count,
        distinct: Count,
        mean: z.number().nullable().describe('Null for categories'),
        deviation: z.number().nullable(),
        quantiles: z.array(z.number()).describe('At 0, 0.05, 0.25, 0.5, 0.75, 0.95 and 1; empty for categories'),
      }),
    ),
  }),
  example: {
    params: { name: 'subscriber-months' },
    query: { month: '2026-09' },
    response: {
      view: 'subscriber-months',
      version: 'de5690bfede06094',
      month: '2026-09',
      rows: 1466,
      features: [
        {
          feature: 'arpu_cny_m0',
          missing: 0,
          distinct: 1204,
          mean: 78.4,
          deviation: 41.2,
          quantiles: [8, 19, 39, 69, 99, 159.5, 312.6],
        },
      ],
    },
  },
});

const makeTrainingSet = operation({
  method: 'POST',
  path: '/api/v1/training-sets',
  group: 'features',
  summary: 'Materialise a feature view over all closed months, with the churn label where it is known',
  description:
    'The resulting table is used for training and scoring like any other. Another request with the same extracts and ' +
    'definitions returns the first job.',
  scope: 'model:train',
  limitClass: 'bulk',
  audited: true,
  idempotencyKey: 'optional',
  status: 202,
  body: z.strictObject({ view: ViewName.or(z.literal('')).default('').describe('Empty for `subscriber-months`') }),
  response: Job,
  example: {
    body: { view: 'subscriber-months' },
    response: {
      ...JOB_EXAMPLE,
      jobId: 'feature-store.01936a42-3e10-7d31-8c21-5e4b3f6c9d56',
      kind: 'materialise-view',
      phase: 'materialising 2026-03',
    },
  },
});

/** Feature views: what is known of a subscription as of the end of a month. */
@Controller()
export class ViewsHttp {
  constructor(private readonly services: ServiceClients) {}

  @Operation(listViews)
  async list({ call }: HandlerInput<typeof listViews>) {
    const { views } = await this.services.views.listViews(call, {});
    return {
      views: views.map(({ name, version, features }) => ({
        name,
        version,
        features: features.map((feature) => ({
          name: feature.name,
          family: feature.family,
          needs: feature.needs,
          unavailable: feature.unavailable === '' ? null : feature.unavailable,
          reason: feature.reason === '' ? null : feature.reason,
          label: { en: feature.labelEn, 'zh-CN': feature.labelZhCn },
        })),
      })),
    };
  }

  @Operation(readStatistics)
  async statistics({ call, params, query }: HandlerInput<typeof readStatistics>) {
    const request = { view: params.name, month: query.month };
    const { view, version, month, rows, features } = await this.services.views.getViewStatistics(call, request);
    return { view, version, month, rows, features: features.map(statisticsJson) };
  }

  @Operation(makeTrainingSet)
  async materialise({ call, body }: HandlerInput<typeof makeTrainingSet>) {
    return jobJson(await this.services.views.materialiseView(call, body), call.caller.language);
  }
}

function statisticsJson({ feature, missing, distinct, mean, deviation, quantiles }: FeatureStatistics) {
  return { feature, missing, distinct, mean: mean ?? null, deviation: deviation ?? null, quantiles };
}
