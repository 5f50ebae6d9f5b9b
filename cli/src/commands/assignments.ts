import type { Assignment } from '@holdfast/client/gen/operations';
import type { ResponseOf } from '@holdfast/client/rest-client';
import type { Command } from 'commander';
import { tableLines } from '../output/text.js';
import type { Context } from './command.js';
import { KEYS, type KeysOption } from './keys.js';
import { example, formatOption, pageRows, type ListFormat } from './options.js';

type Assignments = ResponseOf<'GET /api/v1/campaigns/{campaignId}/assignments'>;

interface AssignmentOptions extends KeysOption {
  group?: string;
  limit: number;
  format: ListFormat;
}

/** campaign assignments */
export function addAssignments(campaign: Command, context: () => Context): void {
  campaign
    .command('assignments')
    .description('the arm of each subscription of a campaign, the control group included')
    .argument('<id>', "of a campaign, or the operator's id of a past one")
    .option('--group <name>', 'control, or the name of an offer; default: all')
    .option('--limit <number>', 'rows of the table, at most 1000', pageRows, 100)
    .addOption(formatOption())
    .addOption(KEYS.option())
    .addHelpText('after', example('campaign assignments 28fb1e31-f712-5831-8d6f-5b3d6befa52d --group control'))
    .action(async (campaignId: string, { format, limit, keys = false, ...group }: AssignmentOptions) => {
      const { client, show, copy } = context();
      const name = 'GET /api/v1/campaigns/{campaignId}/assignments';
      const request = { campaignId, ...group, ...KEYS.query({ keys }) };
      if (format === 'table') {
        await show(client.call(name, { ...request, pageSize: limit }), (found) => assignmentLines(found, { keys }));
      } else await copy(client.stream(name, { ...request, format }));
    });
}

export function assignmentLines(
  { holdoutUntil, assignments, nextPageToken }: Assignments,
  keys: KeysOption = {},
): string[] {
  return [
    ...(holdoutUntil === null ? [] : [`its control group is held out until ${holdoutUntil}`]),
    ...tableLines<Assignment>(assignments, {
      subscription: 'subscriptionId',
      ...KEYS.column(keys),
      group: ({ group, inAudience }) => `${group}${inAudience ? '' : ' (with its household)'}`,
      unit: 'randomisationUnitId',
      assigned: ({ assignedAt, assignedIn }) => assignedAt ?? assignedIn,
      'org unit': 'orgUnit',
    }),
    ...(nextPageToken === null ? [] : ['there are more: --limit, or --format csv for all of them']),
  ];
}
