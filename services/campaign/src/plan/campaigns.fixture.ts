import {
  CampaignPlan,
  CampaignServiceDefinition,
  type Campaign,
  type CampaignService,
} from '@holdfast/contracts/campaign/v1/plan';
import { JobServiceDefinition, type JobService } from '@holdfast/contracts/platform/v1/jobs';
import { systemCaller } from '@holdfast/platform/caller';
import { connectTo, type Call, type Rpc } from '@holdfast/platform/grpc';

/** Who plans, and who approves: two clients. */
export const planner = callAs('planner', ['campaign:write', 'campaign:read', 'work:read']);
export const approver = callAs('approver', ['campaign:approve', 'campaign:read']);

function callAs(client: string, scopes: readonly string[]): Call {
  return { caller: { client, scopes: new Set(scopes), orgScope: ['demo/'], language: 'en', system: false } };
}

/** The call of a person who uses a client. */
export function asPerson(call: Call, person: string): Call {
  return { caller: { ...call.caller, onBehalfOf: person } };
}

/** A plan with two offers and a control group. */
export function planFor(table: string, changed: Partial<CampaignPlan> = {}): CampaignPlan {
  return CampaignPlan.fromPartial({
    name: 'Stay with us',
    table,
    arms: [
      { arm: 'fitted', offerKind: 'fitted_plan', textEn: 'A plan that fits.', textZhCn: '适合您的套餐。', share: 0.4 },
      {
        arm: 'discount',
        offerKind: 'discount',
        offerId: 'loyalty-20',
        textEn: '20 CNY off for three months.',
        textZhCn: '三个月每月减免 20 元。',
        share: 0.3,
      },
    ],
    controlShare: 0.3,
    ...changed,
  });
}

/** A running campaign service. */
interface Running {
  client<S>(definition: Parameters<typeof connectTo>[0]): Rpc<S>;
}

/** Plans, submits and approves a campaign; returns it after its enrolment. */
export async function launch(service: Running, plan: CampaignPlan): Promise<Campaign> {
  const campaigns = service.client<CampaignService>(CampaignServiceDefinition);
  const { campaignId } = await campaigns.createCampaign(planner, { plan });
  await campaigns.moveCampaign(planner, { campaignId, move: 'submit' });
  await campaigns.decideCampaign(approver, { campaignId, approved: true, comment: '', revision: 0 });
  return settled(service, campaignId);
}

/** A campaign after its enrolment has succeeded or failed. */
export async function settled(service: Running, campaignId: string): Promise<Campaign> {
  const campaigns = service.client<CampaignService>(CampaignServiceDefinition);
  const { enrolJobId } = await campaigns.getCampaign(planner, { campaignId });
  const jobs = service.client<JobService>(JobServiceDefinition);
  let state = '';
  for await (const job of jobs.watchJob({ caller: systemCaller('test') }, { jobId: enrolJobId })) state = job.state;
  if (state === '') throw new Error('there is no enrolment job');
  return campaigns.getCampaign(planner, { campaignId });
}
