import {
  AssignedArm as AssignedArmMessage,
  Campaign as CampaignMessage,
  CampaignPlan,
} from '@holdfast/contracts/campaign/v1/plan';
import { Failure } from '@holdfast/platform/errors';
import { CAMPAIGN_STATES, CAMPAIGN_STEPS } from '@holdfast/platform/terms';
import { z } from 'zod';
import { answerOf } from '../operation/answer.js';
import { Notice } from '../operation/notice.js';
import {
  Channel,
  Count,
  Id,
  Instant,
  Money,
  Probability,
  Quadrant,
  TableName,
  OrgUnitPath,
  moneyMessage,
} from '../operation/wire.js';

/** Of a campaign of ours or of a past one. */
export const CampaignId = z
  .string()
  .min(1)
  .max(64)
  .describe('UUID of a campaign, or the id under which the operator ran a past one');

const Share = z.number().gt(0).lt(1);
const Texts = z.strictObject({ en: z.string().min(1).max(1_000), 'zh-CN': z.string().min(1).max(1_000) });

const Arm = z
  .strictObject({
    arm: z
      .string()
      .regex(
        /^[a-z0-9][a-z0-9_-]{0,39}$/,
        'must have 1 to 40 characters of a-z, 0-9, - and _; the control group is always there as control',
      )
      .describe('Unique name; not `control` or another word for the control group'),
    offerKind: z.enum(['fitted_plan', 'discount', 'product', 'handset', 'care']),
    offerId: z
      .string()
      .max(100)
      .describe(
        'A product, plan on sale (as product), handset or bundle of the extract, or an offer of the parameter ' +
          '`offer.catalogue` of campaign; empty for a fitted plan and for care',
      ),
    text: Texts.describe('What the agent may promise'),
    share: Share.describe('Of the audience'),
    cost: Money.nullable().describe('Of the offer, if it is accepted; ranks the queue together with `contactCost`'),
  })
  .meta({ id: 'CampaignArm' });

/** A plan with all parts; optional parts have defaults when a campaign is created. */
const parts = {
  name: z.string().min(1).max(200),
  goal: z.enum(['retention', 'value', 'care', 'research']),
  table: TableName.describe('Its newest published scores give the audience'),
  quadrants: z.array(Quadrant).min(1).max(4),
  probabilityMin: Probability.nullable(),
  orgUnit: OrgUnitPath.describe('Only this org unit and all below it'),
  arms: z.array(Arm).min(1).max(20),
  controlShare: Share.describe('Share of the control group in the audience'),
  randomisationUnit: z.enum(['household', 'subscription']).describe('What gets the same as a whole'),
  channel: Channel.describe('Of all contacts; work is leased for no other'),
  effectGoal: Share.nullable().describe('Target effect, such as 0.02: offers minus control, share that stays'),
  contactsMax: Count.max(4_294_967_295).describe('0 for no limit; subscriptions that are not reached stay assigned'),
  endsOn: z.iso.date().nullable().describe('Last day of contacts; null for 30 days'),
  randomisationSeed: z.string().max(100).describe('Seed of the randomisation; empty for the id of the campaign'),
  followMonths: z
    .int()
    .min(1)
    .max(24)
    .describe('Months in which churn counts as the outcome and in which the control group is held out'),
  contactCost: Money.nullable().describe('Of one contact; null for the one with which the scores were ranked'),
  includeInvoluntary: z
    .boolean()
    .describe('Whether subscriptions that leave involuntarily (arrears) are in the audience, last in the queue'),
};

const ArmInput = Arm.extend({ offerId: Arm.shape.offerId.default(''), cost: Money.nullable().default(null) });

export const Plan = z.strictObject(parts).meta({ id: 'CampaignPlan' });

/** A plan as it is handed in. */
export const NewPlan = z.strictObject({
  ...parts,
  goal: parts.goal.default('retention'),
  quadrants: parts.quadrants.default(['C']),
  probabilityMin: parts.probabilityMin.default(null),
  orgUnit: parts.orgUnit.default('').describe('Only this org unit and all below it; default: your whole region'),
  arms: z.array(ArmInput).min(1).max(20),
  randomisationUnit: parts.randomisationUnit.default('household'),
  channel: parts.channel.default('call'),
  effectGoal: parts.effectGoal.default(null),
  contactsMax: parts.contactsMax.default(0),
  endsOn: parts.endsOn.default(null),
  randomisationSeed: parts.randomisationSeed.default(''),
  followMonths: parts.followMonths.default(3),
  contactCost: parts.contactCost.default(null),
  includeInvoluntary: parts.includeInvoluntary.default(false),
});

/** The parts of a plan that change. */
export const PlanChanges = z.strictObject({ ...parts, arms: z.array(ArmInput).min(1).max(20) }).partial();

export const AssignedArm = z.strictObject({
  arm: z.string().describe('`control` is the control group'),
  subscriptions: Count,
  units: Count.describe('Randomisation units: households, customers or subscriptions'),
  propensity: z.number().describe('Probability of this arm for a randomisation unit'),
  meanProbability: Probability.nullable().describe('Mean churn probability; null for an empty group'),
});

const CampaignStateName = z.enum(CAMPAIGN_STATES).meta({ id: 'CampaignState' });

export const Campaign = z
  .strictObject({
    campaignId: Id,
    plan: Plan,
    state: CampaignStateName,
    revision: Count.describe('Rises with every change; the ETag'),
    author: z.string().describe('Client, and person where the client named one'),
    approver: z.string().nullable(),
    decisionComment: z.string().nullable(),
    orgUnit: OrgUnitPath,
    createdAt: Instant,
    startedAt: Instant.nullable(),
    contactUntil: Instant.nullable().describe('End of contacts, exclusive'),
    holdoutUntil: Instant.nullable().describe('End of the holdout of its control group, exclusive'),
    runId: Id.nullable().describe('Scores that gave the audience'),
    assignedArms: z.array(AssignedArm).describe('The groups, control last; empty before enrolment'),
    enrolJobId: z.string().nullable().describe('Job that assigns the groups'),
    history: z.array(z.strictObject({ at: Instant, step: z.enum(['created', ...CAMPAIGN_STEPS]), by: z.string() })),
    notices: z.array(Notice),
  })
  .meta({ id: 'Campaign' });

export const PLAN_EXAMPLE: z.output<typeof Plan> = {
  name: 'Stay with us',
  goal: 'retention',
  table: 'subscriber-months',
  quadrants: ['C'],
  probabilityMin: null,
  orgUnit: 'demo/',
  arms: [
    {
      arm: 'fitted-plan',
      offerKind: 'fitted_plan',
      offerId: '',
      text: { en: 'I can move you to the plan that fits you.', 'zh-CN': '我可以为您办理更适合您的套餐。' },
      share: 0.8,
      cost: null,
    },
  ],
  controlShare: 0.2,
  randomisationUnit: 'household',
  channel: 'call',
  effectGoal: 0.02,
  contactsMax: 0,
  endsOn: null,
  randomisationSeed: '',
  followMonths: 3,
  contactCost: { amount: '3.00', currency: 'CNY' },
  includeInvoluntary: false,
};

export const CAMPAIGN_EXAMPLE: z.output<typeof Campaign> = {
  campaignId: '01936a50-6c10-7f71-8e61-9c8d7f0a3b99',
  plan: PLAN_EXAMPLE,
  state: 'running',
  revision: 4,
  author: 'console/anna',
  approver: 'console/bo',
  decisionComment: null,
  orgUnit: 'demo/',
  createdAt: '2026-11-03T02:00:00.000Z',
  startedAt: '2026-11-03T02:05:10.000Z',
  contactUntil: '2026-12-02T16:00:00.000Z',
  holdoutUntil: '2027-02-28T16:00:00.000Z',
  runId: '01936a42-3e10-7d31-8c21-5e4b3f6c9d55',
  assignedArms: [
    { arm: 'fitted-plan', subscriptions: 329, units: 301, propensity: 0.8, meanProbability: 0.31 },
    { arm: 'control', subscriptions: 83, units: 76, propensity: 0.2, meanProbability: 0.3 },
  ],
  enrolJobId: 'campaign.01936a50-7d10-7081-9f71-0d9e8a1b4caa',
  history: [
    { at: '2026-11-03T02:00:00.000Z', step: 'created', by: 'console/anna' },
    { at: '2026-11-03T02:01:00.000Z', step: 'submit', by: 'console/anna' },
    { at: '2026-11-03T02:05:00.000Z', step: 'approve', by: 'console/bo' },
    { at: '2026-11-03T02:05:10.000Z', step: 'started', by: 'campaign' },
  ],
  notices: [],
};

export const campaignJson = answerOf(Campaign, CampaignMessage);
export const assignedArmJson = answerOf(AssignedArm, AssignedArmMessage);
/** The campaign service validates stored plans, so their codes are those of the schema. */
export const planJson = answerOf(Plan, CampaignPlan);

export function planMessage(json: z.output<typeof Plan>): CampaignPlan {
  const { orgUnit, endsOn, probabilityMin, effectGoal, arms, contactCost, ...plan } = json;
  return {
    ...plan,
    probabilityMin: probabilityMin ?? undefined,
    effectGoal: effectGoal ?? undefined,
    orgUnitPath: orgUnit,
    endsOn: endsOn ?? '',
    contactCost: contactCost === null ? undefined : moneyMessage(contactCost),
    arms: arms.map(({ text, cost, ...arm }) => ({
      ...arm,
      textEn: text.en,
      textZhCn: text['zh-CN'],
      cost: cost === null ? undefined : moneyMessage(cost),
    })),
  };
}

/** Waits for a call with a plan; fields of its failure become those of the request body. */
export async function withBodyPointers<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (thrown) {
    if (!(thrown instanceof Failure) || thrown.fields.length === 0) throw thrown;
    const fields = thrown.fields.map((field) => ({ ...field, pointer: `/body${field.pointer}` }));
    throw new Failure(thrown.kind, thrown.key, thrown.text, { fields, cause: thrown });
  }
}
