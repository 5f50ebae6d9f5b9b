import { InvalidArgumentError, Option, type Command } from 'commander';
import type { Job, Money } from './answers.js';
import { addAssignments } from './assignments.js';
import { UsageError } from './connection.js';
import { watchJob, type CommandGroup, type Context } from './command.js';
import { tableLines } from './terminal.js';

/** A campaign, as far as the command line reads it. */
interface Campaign {
  campaignId: string;
  plan: {
    name: string;
    channel: string;
    contactsMax: number;
    followMonths: number;
    contactCost: Money | null;
    arms: { arm: string; offerKind: string; offerId: string; share: number; cost: Money | null }[];
  };
  state: string;
  author: string;
  approver: string | null;
  startedAt: string | null;
  contactUntil: string | null;
  holdoutUntil: string | null;
  assignedArms: {
    arm: string;
    subscriptions: number;
    units: number;
    propensity: number;
    meanProbability: number | null;
  }[];
  enrolJobId: string | null;
  history: { at: string; step: string; by: string }[];
  notices: { code: string; message: string }[];
}

/** An offer as it is named on the command line. */
interface ArmOption {
  arm: string;
  offerKind: string;
  share: number;
  offerId: string;
}

interface CreateOptions {
  name: string;
  table: string;
  quadrant: string[];
  arm: ArmOption[];
  text: Record<string, { en: string; 'zh-CN': string }>;
  by: string;
  channel: string;
  minProbability?: number;
  orgUnit?: string;
  contactsMax?: number;
  endsOn?: string;
  effectGoal?: number;
  followMonths?: number;
  contactCost?: Money;
  armCost?: Record<string, Money>;
}

/** What an agent may promise unless the command line specifies another text. */
const USUAL_TEXTS: Readonly<Record<string, { en: string; 'zh-CN': string }>> = {
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
};

/** campaigns, campaign show|assignments|create|submit|approve|reject|pause|resume|cancel|close */
export const campaignCommands: CommandGroup = (program, context) => {
  program
    .command('campaigns')
    .description('the campaigns, newest first')
    .option('--state <state>', 'draft, submitted, rejected, enrolling, running, paused, cancelled or closed')
    .action(async (options: { state?: string }) => {
      const { client, terminal } = context();
      const { campaigns } = await client.get<{ campaigns: Campaign[] }>('/api/v1/campaigns', { query: options });
      terminal.show(campaigns, () =>
        tableLines(
          ['campaign', 'name', 'state', 'author', 'approver', 'started'],
          campaigns.map((each) => [
            each.campaignId,
            each.plan.name,
            each.state,
            each.author,
            each.approver,
            each.startedAt,
          ]),
        ),
      );
    });

  const campaign = program.command('campaign').description('plan, approve and run a campaign');
  campaign
    .command('show')
    .description('one campaign with its groups and its history')
    .argument('<id>')
    .action(async (id: string) => {
      const { client, terminal } = context();
      const found = await client.get<Campaign>(pathOf(id));
      terminal.show(found, () => campaignLines(found));
    });
  addCreate(campaign, context);
  addAssignments(campaign, context);
  for (const [verb, description] of Object.entries(MOVES)) {
    campaign
      .command(verb)
      .description(description)
      .argument('<id>')
      .action(async (id: string) => {
        const { client, terminal } = context();
        const moved = await client.post<Campaign>(`${pathOf(id)}:${verb}`, {});
        terminal.show(moved, () => [`${moved.campaignId} is ${moved.state}`]);
      });
  }
  campaign
    .command('approve')
    .description("approve another client's plan, and wait until its arms are assigned")
    .argument('<id>')
    .option('--comment <text>', 'why; kept', '')
    .action(async (id: string, { comment }: { comment: string }) => {
      const { client, terminal } = context();
      const { enrolJobId } = await client.post<Campaign>(`${pathOf(id)}:approve`, { comment });
      const job: Job = await watchJob({ client, terminal }, enrolJobId!);
      const started = await client.get<Campaign>(pathOf(job.result['campaignId'] ?? id));
      terminal.show(started, () => campaignLines(started));
    });
  campaign
    .command('reject')
    .description("reject another client's plan")
    .argument('<id>')
    .option('--comment <text>', 'why; kept', '')
    .action(async (id: string, { comment }: { comment: string }) => {
      const { client, terminal } = context();
      const rejected = await client.post<Campaign>(`${pathOf(id)}:reject`, { comment });
      terminal.show(rejected, () => [`${rejected.campaignId} is ${rejected.state}`]);
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
    .option('--contact-cost <money>', 'of one contact, such as 3.00:CNY; default: that of the scores', moneyOption)
    .option('--arm-cost <name=money>', 'of an offer if it is accepted, such as discount=60.00:CNY', armCostOption, {})
    .action(async (options: CreateOptions) => {
      const { client, terminal } = context();
      const made = await client.post<Campaign>('/api/v1/campaigns', planBody(options));
      terminal.show(made, () => [`${made.campaignId} is a ${made.state}`]);
    });
}

/** The plan of the options. */
export function planBody(options: CreateOptions): object {
  const { quadrant, arm: arms, text, by, minProbability, armCost = {}, ...rest } = options;
  const unknown = Object.keys(armCost).find((name) => !arms.some(({ arm }) => arm === name));
  if (unknown !== undefined) throw new UsageError(`--arm-cost names ${unknown}, which is no --arm.`);
  const offered = arms.reduce((sum, { share }) => sum + share, 0);
  return {
    ...rest,
    quadrants: quadrant,
    ...(minProbability === undefined ? {} : { probabilityMin: minProbability }),
    arms: arms.map((arm) => ({
      ...arm,
      text: text[arm.arm] ?? USUAL_TEXTS[arm.offerKind] ?? USUAL_TEXTS['care'],
      ...(armCost[arm.arm] === undefined ? {} : { cost: armCost[arm.arm] }),
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
  return [...before, { arm, offerKind, share: Number(share), offerId }];
}

function textOption(text: string, before: CreateOptions['text']): CreateOptions['text'] {
  const [, arm, en, chinese] = /^([^=]+)=([^|]+)\|(.+)$/.exec(text) ?? [];
  if (arm === undefined || en === undefined || chinese === undefined) {
    throw new InvalidArgumentError('NAME=ENGLISH|CHINESE');
  }
  return { ...before, [arm]: { en, 'zh-CN': chinese } };
}

function moneyOption(text: string): Money {
  const [, amount, currency] = /^(\d+\.\d{2}):([A-Z]{3})$/.exec(text) ?? [];
  if (amount === undefined || currency === undefined)
    throw new InvalidArgumentError('AMOUNT:CURRENCY, such as 3.00:CNY');
  return { amount, currency };
}

function armCostOption(text: string, before: Record<string, Money>): Record<string, Money> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('NAME=AMOUNT:CURRENCY, such as discount=60.00:CNY');
  return { ...before, [text.slice(0, at)]: moneyOption(text.slice(at + 1)) };
}

function decimal(text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new InvalidArgumentError('a number is needed');
  return Number(text);
}

function pathOf(id: string): string {
  return `/api/v1/campaigns/${encodeURIComponent(id)}`;
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
  const money = (cost: Money | null): string | null => (cost === null ? null : `${cost.amount} ${cost.currency}`);
  return [
    `contacts by ${channel}${contactsMax === 0 ? '' : `, at most ${contactsMax}`}` +
      `${contactCost === null ? '' : `, ${money(contactCost)} each`}; outcomes of ${followMonths} months`,
    ...tableLines(
      ['offer', 'kind', 'id', 'share', 'cost if accepted'],
      arms.map(({ arm, offerKind, offerId, share, cost }) => [arm, offerKind, offerId || null, share, money(cost)]),
    ),
  ];
}

function armLines(assignedArms: Campaign['assignedArms']): string[] {
  return tableLines(
    ['group', 'subscribers', 'randomised units', 'share', 'mean probability'],
    assignedArms.map(({ arm, subscriptions, units, propensity, meanProbability }) => [
      arm === 'control' ? 'control group' : arm,
      subscriptions,
      units,
      propensity,
      meanProbability?.toFixed(3) ?? null,
    ]),
  );
}
