import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { Job, JOB_EXAMPLE, jobJson } from '../jobs/job.js';
import { ServiceClients } from '../service-clients.js';
import { Operation, operation, type HandlerInput } from '../operation/operation.js';
import { CampaignResults, RESULTS_EXAMPLE, campaignResultsJson } from './campaign-results.js';

const CampaignId = z
  .string()
  .min(1)
  .max(64)
  .describe('UUID of a campaign, or the id under which the operator ran a past one');

const readResults = operation({
  method: 'GET',
  path: '/api/v1/campaigns/{campaignId}/results',
  group: 'evaluation',
  summary: 'Effect of a campaign, measured against its control group',
  description:
    'Intention to treat: every unit counts as assigned, contacted or not. The outcome is churn within the months ' +
    'after the month of assignment; before these, the results give the month in which they are due. If assignment was ' +
    'not randomised, there is a notice in place of an effect.',
  scope: 'evaluation:read',
  params: z.strictObject({ campaignId: CampaignId }),
  response: CampaignResults,
  example: { params: { campaignId: RESULTS_EXAMPLE.campaignId }, response: RESULTS_EXAMPLE },
});

const listResults = operation({
  method: 'GET',
  path: '/api/v1/campaign-results',
  group: 'evaluation',
  summary: 'What the campaigns achieved, the newest 500 first',
  scope: 'evaluation:read',
  response: z.strictObject({ results: z.array(CampaignResults) }),
  example: { response: { results: [RESULTS_EXAMPLE] } },
});

const evaluateCampaigns = operation({
  method: 'POST',
  path: '/api/v1/campaign-results:evaluate',
  group: 'evaluation',
  summary: 'Evaluate all campaigns by what is known now',
  description:
    'Also starts when an extract is loaded or a campaign starts. Another request with the same extracts and assignments ' +
    'returns the first job.',
  scope: 'evaluation:run',
  limitClass: 'bulk',
  audited: true,
  idempotencyKey: 'optional',
  status: 202,
  response: Job,
  example: {
    response: {
      ...JOB_EXAMPLE,
      jobId: 'evaluation.01936a55-2d10-7a01-9b11-4d3a2f5b8c45',
      kind: 'evaluate-campaigns',
      phase: 'judging',
    },
  },
});

/** What campaigns achieved. */
@Controller()
export class CampaignResultsHttp {
  constructor(private readonly services: ServiceClients) {}

  @Operation(readResults)
  async read({ call, params }: HandlerInput<typeof readResults>) {
    return campaignResultsJson(await this.services.results.getResults(call, params), call.caller.language);
  }

  @Operation(listResults)
  async list({ call }: HandlerInput<typeof listResults>) {
    const { results } = await this.services.results.listResults(call, {});
    return { results: results.map((each) => campaignResultsJson(each, call.caller.language)) };
  }

  @Operation(evaluateCampaigns)
  async evaluate({ call }: HandlerInput<typeof evaluateCampaigns>) {
    return jobJson(await this.services.results.evaluateCampaigns(call, {}), call.caller.language);
  }
}
