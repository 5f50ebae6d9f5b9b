import type { ResponseOf, RequestOf } from '@holdfast/client/rest-client';
import type { CommandGroup } from './command.js';
import { percentText, tableLines } from '../output/text.js';
import { decimal, example, formatOption, pageRows, type ListFormat } from './options.js';

type Changes = ResponseOf<'GET /api/v1/changes'>;
interface ChangesOptions extends Omit<RequestOf<'GET /api/v1/changes'>, 'format' | 'pageSize' | 'pageToken'> {
  readonly format: ListFormat;
  readonly limit: number;
}

/** changes, detect-changes */
export const changeCommands: CommandGroup = (program, context) => {
  program
    .command('changes')
    .description('subscriptions whose behaviour changed beyond a threshold, strongest first')
    .option('--month <month>', 'YYYY-MM; default: the newest that is computed')
    .option('--city <unit>', 'only of this unit')
    .option('--measure <name>', 'voice, data, on_net_share, active_days, rival_calls, bill or recharge')
    .option('--direction <which>', 'up or down')
    .option('--subscription <id>', 'only of this subscription')
    .option('--min-score <number>', 'least absolute score', decimal)
    .option('--limit <number>', 'rows of the table', pageRows, 20)
    .addOption(formatOption())
    .addHelpText('after', example('changes --measure data --direction down'))
    .action(async ({ format, limit, ...filters }: ChangesOptions) => {
      const { client, show, copy } = context();
      const name = 'GET /api/v1/changes';
      if (format === 'table') await show(client.call(name, { ...filters, pageSize: limit }), changeLines);
      else await copy(client.stream(name, { ...filters, format }));
    });

  program
    .command('detect-changes')
    .description('compute the changes of behaviour of a month, and wait for it')
    .option('--month <month>', 'YYYY-MM; the last closed one')
    .addHelpText('after', example('detect-changes --month 2026-09'))
    .action(async ({ month }: { month?: string }) => {
      const { client, show, finished } = context();
      await finished(await client.call('POST /api/v1/changes', { body: { month } }));
      await show(client.call('GET /api/v1/changes', { month, pageSize: 20 }), changeLines);
    });
};

export function changeLines({ month, changes, measures, nextPageToken }: Changes): string[] {
  return [
    month,
    ...tableLines(measures, {
      measure: 'measure',
      compared: 'compared',
      changed: 'changed',
      threshold: ({ threshold }) => threshold?.toFixed(2),
    }),
    ...tableLines(changes, {
      subscription: 'subscriptionId',
      measure: 'measure',
      direction: 'direction',
      value: ({ value }) => value.toFixed(2),
      usual: ({ usual }) => usual.toFixed(2),
      change: ({ relativeChange }) => percentText(relativeChange),
      score: ({ score }) => score.toFixed(2),
      since: 'sinceMonth',
      'org unit': 'orgUnit',
    }),
    ...(nextPageToken === null ? [] : ['there are more: --limit, or --format csv for all of them']),
  ];
}
