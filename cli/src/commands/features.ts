import type { ResponseOf } from '@holdfast/client/rest-client';
import { tableLines } from '../output/text.js';
import type { CommandGroup } from './command.js';
import { example } from './options.js';

type View = ResponseOf<'GET /api/v1/feature-views'>['views'][number];
type Statistics = ResponseOf<'GET /api/v1/feature-views/{name}/statistics'>;

const MONTHLY_VIEW = 'subscriber-months';

/** features views, materialise, statistics, show */
export const featureCommands: CommandGroup = (program, context) => {
  const features = program.command('features').description('what is known of a subscription as of the end of a month');

  features
    .command('views')
    .description('the views with their features, and what these lack')
    .addHelpText('after', example('features views'))
    .action(async () => {
      const { client, show } = context();
      const { views } = await client.call('GET /api/v1/feature-views');
      await show(views, () => views.flatMap(viewLines));
    });

  features
    .command('materialise')
    .description('work out the monthly view over all closed months, and wait for it')
    .addHelpText('after', example('features materialise'))
    .action(async () => {
      const { client, show, finished } = context();
      const { result } = await finished(await client.call('POST /api/v1/training-sets', { body: {} }));
      await show(result, () => [`table ${result['table']} version ${result['version']} up to ${result['month']}`]);
    });

  features
    .command('statistics')
    .description('how the features are spread in a month')
    .argument('[view]', 'name of the view', MONTHLY_VIEW)
    .option('--month <month>', 'YYYY-MM; the last one')
    .addHelpText('after', example('features statistics subscriber-months --month 2026-09'))
    .action(async (name: string, options: { month?: string }) => {
      const { client, show } = context();
      await show(client.call('GET /api/v1/feature-views/{name}/statistics', { name, ...options }), statisticsLines);
    });

  features
    .command('show')
    .description('the features of a subscription as of a month, worked out from the facts')
    .argument('<subscription>', 'internal id')
    .option('--as-of <month>', 'YYYY-MM; the last closed one')
    .option('--known-at <moment>', 'facts known later do not count')
    .addHelpText('after', example('features show 1b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed --as-of 2026-09'))
    .action(async (subscriptionId: string, { asOf, knownAt }: { asOf?: string; knownAt?: string }) => {
      const { client, show } = context();
      const request = { subscriptionId, asOf, knowledgeTime: knownAt };
      const found = await client.call('GET /api/v1/subscriptions/{subscriptionId}/features', request);
      await show(found, () => [
        `${found.table} of ${found.subscriptionId} as of ${found.asOf ?? ''}`,
        ...tableLines(found.values, { feature: 'feature', value: ({ value }) => value ?? '' }),
      ]);
    });
};

function viewLines({ name, version, features }: View): string[] {
  return [
    `${name} ${version}`,
    ...tableLines(features, {
      feature: 'name',
      family: 'family',
      reason: ({ reason }) => reason ?? '',
      lacks: ({ unavailable }) => unavailable ?? '',
    }),
  ];
}

function statisticsLines({ view, month, rows, features }: Statistics): string[] {
  return [
    `${view} ${month}: ${rows} rows`,
    ...tableLines(features, {
      feature: 'feature',
      missing: 'missing',
      distinct: 'distinct',
      mean: ({ mean }) => rounded(mean),
      median: ({ quantiles }) => rounded(quantiles[3]),
      least: ({ quantiles }) => rounded(quantiles[0]),
      most: ({ quantiles }) => rounded(quantiles.at(-1)),
    }),
  ];
}

function rounded(value: number | null | undefined): string {
  return typeof value === 'number' ? String(Number(value.toPrecision(4))) : '';
}
