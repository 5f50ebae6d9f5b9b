import { CampaignResults as ResultsMessage, ListResultsResponse } from '@holdfast/contracts/evaluation/v1/results';
import { z } from 'zod';
import { CampaignId } from '../campaigns/campaign.js';
import { STARTS_JOB, jobExample } from '../jobs/job.js';
import { sources } from '../operation/answer.js';
import { Notice } from '../operation/notice.js';
import { answers, operationsOf } from '../operation/operation.js';
import { Count, Instant, Money, OrgUnitPath, Probability } from '../operation/wire.js';

const operation = operationsOf('evaluation');

const Month = z.string().describe('`YYYY-MM`');

const Effect = z
  .strictObject({
    estimate: z.number().describe('Churn share of the offers minus that of the control group'),
    low: z.number().describe('Lower end of the interval'),
    high: z.number().describe('Upper end of the interval'),
    perThousand: z.number().describe('How many more of a thousand stayed'),
    method: z.string(),
  })
  .describe('On the churn share, with its 95 % interval: -0.02 is 2 points fewer')
  .meta({ id: 'Effect' });

const Arm = z.strictObject({
  arm: z.string().describe('`control` is the control group'),
  subscriptions: Count.describe('Assigned and judged; before outcomes are in, all who were assigned'),
  churned: Count.nullable().describe('Of these, in the months that are in; null before any is in'),
  touched: Count.describe('Of those assigned, approached at least once'),
  accepted: Count,
  meanArpu: Money.nullable().describe('Over all judged subscriptions and the months so far; churned ones count as 0'),
  cost: Money.nullable().describe('Of the contacts; null if unknown'),
  offerCost: Money.nullable().describe('Of the accepted offers as approved; null if unknown'),
  notJudged: Count,
});

const CampaignResults = z
  .strictObject({
    campaignId: z.string(),
    origin: z.enum(['extract', 'holdfast']).describe("`extract`: one of the operator's past campaigns"),
    name: z.string(),
    startedOn: z.string().describe('`YYYY-MM-DD`'),
    followMonths: Count.describe('Months after the month of assignment in which leaving counts'),
    outcomeMonths: z.array(Month),
    state: z.enum(['due', 'partial', 'final']),
    dueMonth: Month.describe('In which the last outcomes are due'),
    arms: z.array(Arm).describe('`control` last'),
    effect: Effect.nullable().describe('Of all offers together'),
    effects: z
      .array(z.strictObject({ arm: z.string(), effect: Effect, pValue: Probability }))
      .describe('Of each offer: intervals that hold for all of them together, p-values adjusted by Holm'),
    sampleRatio: z
      .strictObject({ pValue: Probability, fits: z.boolean() })
      .nullable()
      .describe('Sample ratio mismatch check; null without recorded shares'),
    power: z
      .strictObject({ detectableEffect: z.number(), powerAtGoal: Probability.nullable() })
      .nullable()
      .describe('Smallest effect that would be found with 80 % at 5 %, and how often the goal would be'),
    randomised: z.boolean(),
    notices: z.array(Notice),
    computedAt: Instant,
    notJudged: Count.describe(
      'Not found, not at risk any more at the end of the month of assignment, or in more than one group',
    ),
    channels: z.array(
      z.strictObject({
        channel: z.string(),
        touches: Count,
        responses: z.record(z.string(), Count),
        hitRate: Probability.nullable().describe('Share of the recorded answers that match the rule of the list'),
      }),
    ),
    randomisationUnit: z
      .enum(['household', 'subscription'])
      .describe('What was randomised; intervals are clustered by it'),
    orgUnit: OrgUnitPath,
  })
  .meta({ id: 'CampaignResults' })
  .register(sources, { from: { randomised: ({ randomised }: ResultsMessage) => randomised === 'yes' } });

const METHOD = 'difference in means within 8 strata, Neyman variance, clustered by household';

const RESULTS_EXAMPLE: z.output<typeof CampaignResults> = {
  campaignId: 'K-PAST',
  origin: 'extract',
  name: '春季挽留外呼',
  startedOn: '2026-04-01',
  followMonths: 3,
  outcomeMonths: ['2026-05', '2026-06', '2026-07'],
  state: 'final',
  dueMonth: '2026-07',
  arms: [
    {
      arm: 'discount',
      subscriptions: 1102,
      churned: 57,
      touched: 640,
      accepted: 171,
      meanArpu: { amount: '61.20', currency: 'CNY' },
      cost: { amount: '1600.00', currency: 'CNY' },
      offerCost: { amount: '3420.00', currency: 'CNY' },
      notJudged: 21,
    },
    {
      arm: 'control',
      subscriptions: 1127,
      churned: 85,
      touched: 0,
      accepted: 0,
      meanArpu: { amount: '62.05', currency: 'CNY' },
      cost: null,
      offerCost: null,
      notJudged: 20,
    },
  ],
  effect: { estimate: -0.0237, low: -0.0441, high: -0.0033, perThousand: 23.7, method: METHOD },
  effects: [
    {
      arm: 'discount',
      effect: { estimate: -0.0237, low: -0.0441, high: -0.0033, perThousand: 23.7, method: METHOD },
      pValue: 0.0229,
    },
  ],
  sampleRatio: { pValue: 0.6, fits: true },
  power: { detectableEffect: 0.0292, powerAtGoal: null },
  randomised: true,
  notices: [
    {
      code: 'results.clustered',
      message:
        'Recorded as randomised one by one, but members of an account or household always have the same group. ' +
        'Intervals are clustered by them.',
    },
  ],
  computedAt: '2026-10-03T02:00:05.000Z',
  notJudged: 41,
  channels: [{ channel: 'telemarketing', touches: 640, responses: { accepted: 171, declined: 469 }, hitRate: 0.9 }],
  randomisationUnit: 'household',
  orgUnit: 'demo/',
};

const readResults = operation('GET /api/v1/campaigns/{campaignId}/results', {
  summary: 'Effect of a campaign, measured against its control group',
  description:
    'Intention to treat: every unit counts as assigned, contacted or not. The outcome is churn within the months ' +
    'after the month of assignment; before these, the results give the month in which they are due. If assignment was ' +
    'not randomised, there is a notice in place of an effect.',
  scope: 'evaluation:read',
  raises: ['results.unknown'],
  params: z.strictObject({ campaignId: CampaignId }),
  ...answers(CampaignResults, ResultsMessage),
  handle: ({ call, params, services }) => services.results.getResults(call, params),
  example: { params: { campaignId: RESULTS_EXAMPLE.campaignId }, response: RESULTS_EXAMPLE },
});

const listResults = operation('GET /api/v1/campaign-results', {
  summary: 'What the campaigns achieved, the newest 500 first',
  scope: 'evaluation:read',
  ...answers(z.strictObject({ results: z.array(CampaignResults) }), ListResultsResponse),
  handle: ({ call, services }) => services.results.listResults(call, {}),
  example: { response: { results: [RESULTS_EXAMPLE] } },
});

const evaluateCampaigns = operation('POST /api/v1/campaign-results:evaluate', {
  summary: 'Evaluate all campaigns by what is known now',
  description:
    'Also starts when an extract is loaded or a campaign starts. Another request with the same extracts and assignments ' +
    'returns the first job.',
  scope: 'evaluation:run',
  raises: ['facts.needsTable'],
  ...STARTS_JOB,
  idempotencyKey: 'optional',
  handle: ({ call, services }) => services.results.evaluateCampaigns(call, {}),
  example: { response: jobExample('evaluation.01936a55-2d10-7a01-9b11-4d3a2f5b8c45', 'evaluate-campaigns', 'judging') },
});

/** What campaigns achieved. */
export const campaignResultOperations = [readResults, listResults, evaluateCampaigns];
