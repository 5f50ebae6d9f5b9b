import { CampaignResults as ResultsMessage, ListResultsResponse } from '@holdfast/contracts/evaluation/v1/results';
import { z } from 'zod';
import { CampaignId } from '../campaigns/campaign.js';
import { STARTS_JOB, jobExample } from '../jobs/job.js';
import { operationsOf } from '../operation/operation.js';
import { CampaignResults, RESULTS_EXAMPLE } from './campaign-results.js';

const operation = operationsOf('evaluation');

const readResults = operation('GET /api/v1/campaigns/{campaignId}/results', {
  summary: 'Effect of a campaign, measured against its control group',
  description:
    'Intention to treat: every unit counts as assigned, contacted or not. The outcome is churn within the months ' +
    'after the month of assignment; before these, the results give the month in which they are due. If assignment was ' +
    'not randomised, there is a notice in place of an effect.',
  scope: 'evaluation:read',
  params: z.strictObject({ campaignId: CampaignId }),
  response: CampaignResults,
  message: ResultsMessage,
  handle: ({ call, params, services }) => services.results.getResults(call, params),
  example: { params: { campaignId: RESULTS_EXAMPLE.campaignId }, response: RESULTS_EXAMPLE },
});

const listResults = operation('GET /api/v1/campaign-results', {
  summary: 'What the campaigns achieved, the newest 500 first',
  scope: 'evaluation:read',
  response: z.strictObject({ results: z.array(CampaignResults) }),
  message: ListResultsResponse,
  handle: ({ call, services }) => services.results.listResults(call, {}),
  example: { response: { results: [RESULTS_EXAMPLE] } },
});

const evaluateCampaigns = operation('POST /api/v1/campaign-results:evaluate', {
  summary: 'Evaluate all campaigns by what is known now',
  description:
    'Also starts when an extract is loaded or a campaign starts. Another request with the same extracts and assignments ' +
    'returns the first job.',
  scope: 'evaluation:run',
  ...STARTS_JOB,
  idempotencyKey: 'optional',
  handle: ({ call, services }) => services.results.evaluateCampaigns(call, {}),
  example: { response: jobExample('evaluation.01936a55-2d10-7a01-9b11-4d3a2f5b8c45', 'evaluate-campaigns', 'judging') },
});

/** What campaigns achieved. */
export const campaignResultOperations = [readResults, listResults, evaluateCampaigns];
