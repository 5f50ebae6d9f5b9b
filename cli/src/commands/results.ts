import type { CampaignResults, Effect } from '@holdfast/client/gen/operations';
import { moneyText, percentText, tableLines } from '../output/text.js';
import type { CommandGroup } from './command.js';
import { example } from './options.js';

/** results, evaluate */
export const resultCommands: CommandGroup = (program, context) => {
  program
    .command('results')
    .description('effects of campaigns against their control groups; of one campaign in full')
    .argument('[campaign]', "UUID, or the operator's id of a past campaign")
    .addHelpText('after', example('results K-PAST'))
    .action(async (campaignId: string | undefined) => {
      const { client, show } = context();
      if (campaignId === undefined) {
        const { results } = await client.call('GET /api/v1/campaign-results');
        await show(results, listLines);
      } else await show(client.call('GET /api/v1/campaigns/{campaignId}/results', { campaignId }), resultLines);
    });

  program
    .command('evaluate')
    .description('evaluate all campaigns by what is known now, and wait for it')
    .addHelpText('after', example('evaluate'))
    .action(async () => {
      const { client, show, finished } = context();
      const done = finished(await client.call('POST /api/v1/campaign-results:evaluate'));
      await show(done, ({ result }) => [`${result['campaigns']} campaigns evaluated`]);
    });
};

function listLines(results: readonly CampaignResults[]): string[] {
  return tableLines(results, {
    campaign: 'campaignId',
    name: 'name',
    started: 'startedOn',
    state: 'state',
    'outcomes until': 'dueMonth',
    'effect (95 %)': ({ effect }) => effect && effectText(effect),
  });
}

export function resultLines(results: CampaignResults): string[] {
  const { name, campaignId, startedOn, outcomeMonths, state, arms, effect, effects, power } = results;
  const areOffersCosted = arms.some(({ offerCost }) => offerCost !== null);
  return [
    `${name} (${campaignId}), started ${startedOn}, outcomes of ${outcomeMonths.join(', ')}: ${state}`,
    ...tableLines<CampaignResults['arms'][number]>(arms, {
      group: 'arm',
      subscriptions: 'subscriptions',
      churned: 'churned',
      share: ({ churned, subscriptions }) =>
        churned === null || subscriptions === 0 ? null : percentText(churned / subscriptions),
      touched: 'touched',
      accepted: 'accepted',
      'mean ARPU': ({ meanArpu }) => moneyText(meanArpu),
      'contacts cost': ({ cost }) => moneyText(cost),
      ...(areOffersCosted && { 'offers cost': ({ offerCost }) => moneyText(offerCost) }),
    }),
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
