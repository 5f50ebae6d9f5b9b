import type { Job } from './answers.js';
import { watchJob, type CommandGroup } from './command.js';
import { tableLines } from './terminal.js';

interface View {
  name: string;
  version: string;
  features: { name: string; family: string; reason: string | null; unavailable: string | null }[];
}

interface Statistics {
  view: string;
  version: string;
  month: string;
  rows: number;
  features: { feature: string; missing: number; distinct: number; mean: number | null; quantiles: number[] }[];
}

interface Values {
  subscriptionId: string;
  table: string;
  asOf: string | null;
  values: { feature: string; value: number | string | null; knowledgeTime: string | null }[];
}

const MONTHLY_VIEW = 'subscriber-months';

/** features views, materialise, statistics, show */
export const featureCommands: CommandGroup = (program, context) => {
  const features = program.command('features').description('what is known of a subscription as of the end of a month');

  features
    .command('views')
    .description('the views with their features, and what these lack')
    .action(async () => {
      const { client, terminal } = context();
      const { views } = await client.get<{ views: View[] }>('/api/v1/feature-views');
      terminal.show(views, () => views.flatMap(viewLines));
    });

  features
    .command('materialise')
    .description('work out the monthly view over all closed months, and wait for it')
    .action(async () => {
      const { client, terminal } = context();
      const started = await client.post<Job>('/api/v1/training-sets', {});
      const { result } = await watchJob({ client, terminal }, started.jobId);
      terminal.show(result, () => [`table ${result['table']} version ${result['version']} up to ${result['month']}`]);
    });

  features
    .command('statistics')
    .description('how the features are spread in a month')
    .argument('[view]', 'name of the view', MONTHLY_VIEW)
    .option('--month <month>', 'YYYY-MM; the last one')
    .action(async (view: string, options: { month?: string }) => {
      const { client, terminal } = context();
      const found = await client.get<Statistics>(`/api/v1/feature-views/${view}/statistics`, { query: options });
      terminal.show(found, () => statisticsLines(found));
    });

  features
    .command('show')
    .description('the features of a subscription as of a month, worked out from the facts')
    .argument('<subscription>', 'internal id')
    .option('--as-of <month>', 'YYYY-MM; the last closed one')
    .option('--known-at <moment>', 'facts known later do not count')
    .action(async (subscription: string, options: { asOf?: string; knowledgeTime?: string }) => {
      const { client, terminal } = context();
      const found = await client.get<Values>(`/api/v1/subscriptions/${subscription}/features`, { query: options });
      terminal.show(found, () => [
        `${found.table} of ${found.subscriptionId} as of ${found.asOf ?? ''}`,
        ...tableLines(
          ['feature', 'value'],
          found.values.map(({ feature, value }) => [feature, value ?? '']),
        ),
      ]);
    });
};

function viewLines({ name, version, features }: View): string[] {
  return [
    `${name} ${version}`,
    ...tableLines(
      ['feature', 'family', 'reason', 'lacks'],
      features.map((one) => [one.name, one.family, one.reason ?? '', one.unavailable ?? '']),
    ),
  ];
}

function statisticsLines({ view, month, rows, features }: Statistics): string[] {
  return [
    `${view} ${month}: ${rows} rows`,
    ...tableLines(
      ['feature', 'missing', 'distinct', 'mean', 'median', 'least', 'most'],
      features.map(({ feature, missing, distinct, mean, quantiles }) => [
        feature,
        missing,
        distinct,
        rounded(mean),
        rounded(quantiles[3] ?? null),
        rounded(quantiles[0] ?? null),
        rounded(quantiles.at(-1) ?? null),
      ]),
    ),
  ];
}

function rounded(value: number | null): string {
  return value === null ? '' : String(Number(value.toPrecision(4)));
}
