import { watchJob, type CommandGroup } from './command.js';
import type { Job, Money } from './answers.js';
import { tableLines } from './terminal.js';

/** What a campaign achieved, as far as the command line reads it. */
interface CampaignResults {
  campaignId: string;
  name: string;
  startedOn: string;
  outcomeMonths: string[];
  state: 'due' | 'partial' | 'final';
  dueMonth: string;
  arms: ArmResult[];
  effect: Effect | null;
  effects: { arm: string; effect: Effect; pValue: number }[];
  sampleRatio: { pValue: number; fits: boolean } | null;
  power: { detectableEffect: number; powerAtGoal: number | null } | null;
  notices: { code: string; message: string }[];
  notJudged: number;
  randomisationUnit: string;
}

interface ArmResult {
  arm: string;
  subscriptions: number;
  churned: number | null;
  touched: number;
  accepted: number;
  meanArpu: Money | null;
  cost: Money | null;
  offerCost: Money | null;
}

interface Effect {
  estimate: number;
  low: number;
  high: number;
  perThousand: number;
  method: string;
}

/** results, evaluate */
export const resultCommands: CommandGroup = (program, context) => {
  program
    .command('results')
    .description('effects of campaigns against their control groups; of one campaign in full')
    .argument('[campaign]', "UUID, or the operator's id of a past campaign")
    .action(async (campaign: string | undefined) => {
      const { client, terminal } = context();
      if (campaign === undefined) {
        const { results } = await client.get<{ results: CampaignResults[] }>('/api/v1/campaign-results');
        terminal.show(results, () => listLines(results));
        return;
      }
      const found = await client.get<CampaignResults>(`/api/v1/campaigns/${encodeURIComponent(campaign)}/results`);
      terminal.show(found, () => resultLines(found));
    });

  program
    .command('evaluate')
    .description('evaluate all campaigns by what is known now, and wait for it')
    .action(async () => {
      const { client, terminal } = context();
      const started = await client.post<Job>('/api/v1/campaign-results:evaluate', {});
      const done = await watchJob({ client, terminal }, started.jobId);
      terminal.show(done, () => [`${done.result['campaigns']} campaigns evaluated`]);
    });
};

function listLines(results: readonly CampaignResults[]): string[] {
  return tableLines(
    ['campaign', 'name', 'started', 'state', 'outcomes until', 'effect (95 %)'],
    results.map((each) => [
      each.campaignId,
      each.name,
      each.startedOn,
      each.state,
      each.dueMonth,
      each.effect === null ? null : effectText(each.effect),
    ]),
  );
}

export function resultLines(results: CampaignResults): string[] {
  const { name, campaignId, startedOn, outcomeMonths, state, effect, effects, power } = results;
  const areOffersCosted = results.arms.some(({ offerCost }) => offerCost !== null);
  return [
    `${name} (${campaignId}), started ${startedOn}, outcomes of ${outcomeMonths.join(', ')}: ${state}`,
    ...tableLines(
      [
        ...['group', 'subscriptions', 'churned', 'share', 'touched', 'accepted', 'mean ARPU', 'contacts cost'],
        ...(areOffersCosted ? ['offers cost'] : []),
      ],
      results.arms.map((arm) => [
        arm.arm,
        arm.subscriptions,
        arm.churned,
        arm.churned === null || arm.subscriptions === 0 ? null : percentText(arm.churned / arm.subscriptions),
        arm.touched,
        arm.accepted,
        moneyText(arm.meanArpu),
        moneyText(arm.cost),
        ...(areOffersCosted ? [moneyText(arm.offerCost)] : []),
      ]),
    ),
    ...(results.notJudged > 0 ? [`not evaluated: ${results.notJudged}`] : []),
    ...(effect === null ? [] : [`offers against the control group: ${effectText(effect)}`, `  ${effect.method}`]),
    ...(effects.length < 2
      ? []
      : effects.map((each) => `  ${each.arm}: ${effectText(each.effect)}, p = ${each.pValue.toFixed(3)}`)),
    ...(power === null ? [] : [`smallest detectable effect: ${pointsText(power.detectableEffect)} points`]),
    ...results.notices.map(({ message }) => `! ${message}`),
  ];
}

function effectText({ estimate, low, high, perThousand }: Effect): string {
  const stayed = `${Math.abs(perThousand).toFixed(1)} ${perThousand < 0 ? 'fewer' : 'more'} of 1,000 stayed`;
  return `${pointsText(estimate)} points (${pointsText(low)} to ${pointsText(high)}), ${stayed}`;
}

function pointsText(share: number): string {
  return (share * 100).toFixed(2);
}

function percentText(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}

function moneyText(money: Money | null): string | null {
  return money === null ? null : `${money.amount} ${money.currency}`;
}
