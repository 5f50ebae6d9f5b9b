import { InvalidArgumentError, type Command } from 'commander';
import type { Context } from './command.js';
import { printStream } from './streaming.js';
import { tableLines } from './terminal.js';

/** Who is in which group of a campaign, as far as the command line reads it. */
export interface Assignments {
  campaignId: string;
  origin: string;
  holdoutUntil: string | null;
  assignments: {
    subscriptionId: string;
    group: string;
    randomisationUnitId: string;
    inAudience: boolean;
    assignedAt: string | null;
    assignedIn: string | null;
    orgUnit: string;
  }[];
  nextPageToken: string | null;
}

interface AssignmentOptions {
  group?: string;
  limit: number;
  format: 'table' | 'csv' | 'ndjson';
}

/** campaign assignments */
export function addAssignments(campaign: Command, context: () => Context): void {
  campaign
    .command('assignments')
    .description('the arm of each subscription of a campaign, the control group included')
    .argument('<id>', "of a campaign, or the operator's id of a past one")
    .option('--group <name>', 'control, or the name of an offer; default: all')
    .option('--limit <number>', 'rows of the table, at most 1000', pageRows, 100)
    .option('--format <format>', 'table, csv or ndjson', listFormat, 'table')
    .action(async (id: string, { format, limit, ...group }: AssignmentOptions) => {
      const { client, terminal } = context();
      const path = `/api/v1/campaigns/${encodeURIComponent(id)}/assignments`;
      if (format !== 'table') {
        await printStream(client, path, { ...group, format });
        return;
      }
      const found = await client.get<Assignments>(path, { query: { ...group, pageSize: limit } });
      terminal.show(found, () => assignmentLines(found));
    });
}

export function assignmentLines({ holdoutUntil, assignments, nextPageToken }: Assignments): string[] {
  return [
    ...(holdoutUntil === null ? [] : [`its control group is held out until ${holdoutUntil}`]),
    ...tableLines(
      ['subscription', 'group', 'unit', 'assigned', 'org unit'],
      assignments.map(({ subscriptionId, group, randomisationUnitId, inAudience, assignedAt, assignedIn, orgUnit }) => [
        subscriptionId,
        `${group === 'control' ? 'control' : group}${inAudience ? '' : ' (with its household)'}`,
        randomisationUnitId,
        assignedAt ?? assignedIn,
        orgUnit,
      ]),
    ),
    ...(nextPageToken === null ? [] : ['there are more: --limit, or --format csv for all of them']),
  ];
}

function pageRows(text: string): number {
  const rows = Number(text);
  if (!/^\d+$/.test(text) || rows < 1 || rows > 1_000)
    throw new InvalidArgumentError('a number from 1 to 1000 is needed');
  return rows;
}

function listFormat(text: string): AssignmentOptions['format'] {
  if (text === 'table' || text === 'csv' || text === 'ndjson') return text;
  throw new InvalidArgumentError('table, csv or ndjson');
}
