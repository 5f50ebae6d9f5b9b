import type { Campaign, CampaignArm, Money } from '@holdfast/client/gen/operations';
import type { RequestOf } from '@holdfast/client/rest-client';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { UsageError } from '../connection.js';
import { moneyText, tableLines } from '../output/text.js';
import { addAssignments } from './assignments.js';
import type { CommandGroup, Context } from './command.js';
import { example, decimal, money } from './options.js';

type Plan = RequestOf<'POST /api/v1/campaigns'>['body'];
type Texts = CampaignArm['text'];

/** An offer as it is named on the command line. */
type ArmOption = Pick<CampaignArm, 'arm' | 'offerKind' | 'share' | 'offerId'>;

interface CreateOptions extends Pick<
  Plan,
  'name' | 'table' | 'channel' | 'orgUnit' | 'contactsMax' | 'endsOn' | 'effectGoal' | 'followMonths' | 'contactCost'
> {
  quadrant: NonNullable<Plan['quadrants']>;
  arm: ArmOption[];
  text: Record<string, Texts>;
  by: NonNullable<Plan['randomisationUnit']>;
  minProbability?: number;
  armCost?: Record<string, Money>;
}

/** What an agent may promise unless the command line specifies another text. */
const USUAL_TEXTS: Readonly<Record<CampaignArm['offerKind'], Texts>> = {
  fitted_plan: {
    en: 'I can move you to the plan that fits how you use your phone.',
    'zh-CN': '我可以为您办理更适合您使用习惯的套餐。',
  },
  discount: {
    en: 'As a thank-you we take something off your bill.',
    'zh-CN': '为感谢您的支持，我们为您提供账单优惠。',
  },
  product: { en: 'We have something for you that goes with your service.', 'zh-CN': '我们有一项适合您的产品。' },
  handset: { en: 'You can have a new phone on good terms.', 'zh-CN': '您可以优惠购机。' },
  care: { en: 'We would like to know how we can do better.', 'zh-CN': '想了解我们如何能为您提供更好的服务。' },
};

const MOVES = {
  submit: 'request approval',
  pause: 'stop new leases',
  resume: 'go on',
  cancel: 'call it off',
  close: 'end it',
} as const;

/** campaigns, campaign show|assignments|create|submit|approve|reject|pause|resume|cancel|close */
export const campaignCommands: CommandGroup = (program, context) => {
  program
    .command('campaigns')
    .description('the campaigns, newest first')
    .option('--state <state>', 'draft, submitted, rejected, enrolling, running, paused, cancelled or closed')
    .addHelpText('after', example('campaigns --state running'))
    .action(async (options: RequestOf<'GET /api/v1/campaigns'>) => {
      const { client, show } = context();
      const { campaigns } = await client.call('GET /api/v1/campaigns', options);
      await show(campaigns, () =>
        tableLines(campaigns, {
          campaign: 'campaignId',
          name: ({ plan }) => plan.name,
          state: 'state',
          author: 'author',
          approver: 'approver',
          started: 'startedAt',
        }),
      );
    });

  const campaign = program.command('campaign').description('plan, approve and run a campaign');
  campaign
    .command('show')
    .description('one campaign with its groups and its history')
    .argument('<id>', 'of the campaign')
    .addHelpText('after', example('campaign show 28fb1e31-f712-5831-8d6f-5b3d6befa52d'))
    .action(async (campaignId: string) => {
      const { client, show } = context();
      await show(client.call('GET /api/v1/campaigns/{campaignId}', { campaignId }), campaignLines);
    });
  addCreate(campaign, context);
  addAssignments(campaign, context);
  for (const [verb, description] of Object.entries(MOVES) as [keyof typeof MOVES, string][]) {
    campaign
      .command(verb)
      .description(description)
      .argument('<id>', 'of the campaign')
      .addHelpText('after', example(`campaign ${verb} 28fb1e31-f712-5831-8d6f-5b3d6befa52d`))
      .action(async (campaignId: string) => {
        const { client, show } = context();
        await show(client.call(`POST /api/v1/campaigns/{campaignId}:${verb}`, { campaignId }), stateLines);
      });
  }
  campaign
    .command('approve')
    .description("approve another client's plan, and wait until its arms are assigned")
    .argument('<id>', 'of the campaign')
    .option('--comment <text>', 'why; kept', '')
    .addHelpText('after', example('campaign approve 28fb1e31-f712-5831-8d6f-5b3d6befa52d --comment "as discussed"'))
    .action(async (id: string, body: { comment: string }) => {
      const { client, show, finished } = context();
      const approved = await client.call('POST /api/v1/campaigns/{campaignId}:approve', { campaignId: id, body });
      const { result } = await finished({ jobId: approved.enrolJobId! });
      const { campaignId = id } = result;
      await show(client.call('GET /api/v1/campaigns/{campaignId}', { campaignId }), campaignLines);
    });
  campaign
    .command('reject')
    .description("reject another client's plan")
    .argument('<id>', 'of the campaign')
    .option('--comment <text>', 'why; kept', '')
    .addHelpText('after', example('campaign reject 28fb1e31-f712-5831-8d6f-5b3d6befa52d --comment "too expensive"'))
    .action(async (campaignId: string, body: { comment: string }) => {
      const { client, show } = context();
      await show(client.call('POST /api/v1/campaigns/{campaignId}:reject', { campaignId, body }), stateLines);
    });
};

const byOption = new Option('--by <unit>', 'randomisation unit')
  .choices(['household', 'subscription'])
  .default('household');

function addCreate(campaign: Command, context: () => Context): void {
  campaign
    .command('create')
    .description('plan a campaign; the rest of the shares is the control group')
    .requiredOption('--name <text>', 'name for people')
    .option('--table <name>', 'table whose newest scores give the audience', 'subscriber-months')
    .option('--quadrant <letters>', 'A, B, C, D, separated by commas', (text) => text.split(','), ['C'])
    .requiredOption('--arm <name=kind:share[:offer]>', 'an offer; repeat for more', armOption)
    .option('--text <name=english|chinese>', 'what the agent may promise; repeat for more', textOption, {})
    .addOption(byOption)
    .option('--channel <channel>', 'call, sms, email, app or hall', 'call')
    .option('--min-probability <share>', 'only those at least as likely to leave', decimal)
    .option('--unit <path>', 'only this unit and all below it, such as demo/shenyang/')
    .option('--contacts-max <number>', 'most contacts', decimal)
    .option('--ends-on <day>', 'last day of contacts, YYYY-MM-DD')
    .option('--effect-goal <share>', 'how many more should stay, such as 0.02', decimal)
    .option('--follow-months <number>', 'months in which churn counts; default: 3', decimal)
    .option('--contact-cost <money>', 'of one contact, such as 3.00:CNY; default: that of the scores', money)
    .option('--arm-cost <name=money>', 'of an offer if it is accepted, such as discount=60.00:CNY', armCostOption, {})
    .addHelpText(
      'after',
      example(
        'campaign create --name "Stay with us" --arm plan=fitted_plan:0.4 --arm discount=discount:0.4:loyalty-20',
      ),
    )
    .action(async (options: CreateOptions) => {
      const { client, show } = context();
      const made = client.call('POST /api/v1/campaigns', { body: planBody(options) });
      await show(made, ({ campaignId, state }) => [`${campaignId} is a ${state}`]);
    });
}

/** The plan of the options. */
export function planBody(options: CreateOptions): Plan {
  const { quadrant, arm: arms, text, by, minProbability, armCost = {}, ...rest } = options;
  const unknown = Object.keys(armCost).find((name) => !arms.some(({ arm }) => arm === name));
  if (unknown !== undefined) throw new UsageError(`--arm-cost names ${unknown}, which is no --arm.`);
  const offered = arms.reduce((sum, { share }) => sum + share, 0);
  return {
    ...rest,
    quadrants: quadrant,
    probabilityMin: minProbability,
    arms: arms.map((arm) => ({
      ...arm,
      text: text[arm.arm] ?? USUAL_TEXTS[arm.offerKind] ?? USUAL_TEXTS.care,
      ...(armCost[arm.arm] && { cost: armCost[arm.arm] }),
    })),
    // Of decimals: 1 − 0.8 is not 0.2.
    controlShare: Math.round((1 - offered) * 1e6) / 1e6,
    randomisationUnit: by,
  };
}

/** `discount=discount:0.4:loyalty-20`, added to those before. */
export function armOption(text: string, before: ArmOption[] = []): ArmOption[] {
  const [, arm, offerKind, share, offerId = ''] = /^([^=:]+)=([a-z_]+):([0-9.]+)(?::(.+))?$/.exec(text) ?? [];
  if (arm === undefined || offerKind === undefined || !(Number(share) > 0)) {
    throw new InvalidArgumentError('NAME=KIND:SHARE or NAME=KIND:SHARE:OFFER, such as plan=fitted_plan:0.4');
  }
  // The gateway checks the kind of offer.
  return [...before, { arm, offerKind: offerKind as ArmOption['offerKind'], share: Number(share), offerId }];
}

function textOption(text: string, before: CreateOptions['text']): CreateOptions['text'] {
  const [, arm, en, chinese] = /^([^=]+)=([^|]+)\|(.+)$/.exec(text) ?? [];
  if (arm === undefined || en === undefined || chinese === undefined) {
    throw new InvalidArgumentError('NAME=ENGLISH|CHINESE');
  }
  return { ...before, [arm]: { en, 'zh-CN': chinese } };
}

function armCostOption(text: string, before: Record<string, Money>): Record<string, Money> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('NAME=AMOUNT:CURRENCY, such as discount=60.00:CNY');
  return { ...before, [text.slice(0, at)]: money(text.slice(at + 1)) };
}

function stateLines({ campaignId, state }: Campaign): string[] {
  return [`${campaignId} is ${state}`];
}

function campaignLines(campaign: Campaign): string[] {
  const { campaignId, plan, state, author, approver, assignedArms, history, notices, contactUntil, holdoutUntil } =
    campaign;
  return [
    `${plan.name} (${campaignId}) is ${state}`,
    `planned by ${author}${approver === null ? '' : `, decided by ${approver}`}`,
    ...planLines(plan),
    ...(contactUntil === null ? [] : [`contacts until ${contactUntil}`]),
    ...(holdoutUntil === null ? [] : [`its control group is held out until ${holdoutUntil}`]),
    ...(assignedArms.length === 0 ? [] : armLines(assignedArms)),
    ...notices.map(({ message }) => `note: ${message}`),
    ...history.map(({ at, step, by }) => `  ${at}  ${step}  ${by}`),
  ];
}

/** What is approved, or was. */
function planLines({ channel, contactsMax, followMonths, contactCost, arms }: Campaign['plan']): string[] {
  return [
    `contacts by ${channel}${contactsMax === 0 ? '' : `, at most ${contactsMax}`}` +
      `${contactCost === null ? '' : `, ${moneyText(contactCost)} each`}; outcomes of ${followMonths} months`,
    ...tableLines<CampaignArm>(arms, {
      offer: 'arm',
      kind: 'offerKind',
      id: ({ offerId }) => offerId || null,
      share: 'share',
      'cost if accepted': ({ cost }) => moneyText(cost),
    }),
  ];
}

function armLines(assignedArms: Campaign['assignedArms']): string[] {
  return tableLines(assignedArms, {
    group: ({ arm }) => (arm === 'control' ? 'control group' : arm),
    subscribers: 'subscriptions',
    'randomised units': 'units',
    share: 'propensity',
    'mean probability': ({ meanProbability }) => meanProbability?.toFixed(3),
  });
}
