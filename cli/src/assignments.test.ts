import { Command } from 'commander';
import { addAssignments, assignmentLines, type Assignments } from './assignments.js';
import type { Context } from './command.js';

const FOUND: Assignments = {
  ...{ campaignId: 'c', origin: 'holdfast', holdoutUntil: '2027-02-01T00:00:00.000Z', nextPageToken: 's2' },
  assignments: [
    {
      ...{ subscriptionId: 's1', group: 'control', randomisationUnitId: 'h1', inAudience: true, orgUnit: 'demo/' },
      ...{ assignedAt: '2026-11-03T02:00:00.000Z', assignedIn: null },
    },
    {
      ...{ subscriptionId: 's2', group: 'discount', randomisationUnitId: 'h2', inAudience: false, orgUnit: 'demo/' },
      ...{ assignedAt: null, assignedIn: '2026-04' },
    },
  ],
};

test('shows the control group and the end of its holdout', () => {
  expect(assignmentLines(FOUND)).toEqual([
    'its control group is held out until 2027-02-01T00:00:00.000Z',
    'subscription  group                          unit  assigned                  org unit',
    's1            control                        h1    2026-11-03T02:00:00.000Z  demo/',
    's2            discount (with its household)  h2    2026-04                   demo/',
    'there are more: --limit, or --format csv for all of them',
  ]);
  expect(assignmentLines({ ...FOUND, holdoutUntil: null, assignments: [], nextPageToken: null })).toEqual([
    'subscription  group  unit  assigned  org unit',
  ]);
});

test('requests the named group', async () => {
  const asked: unknown[] = [];
  const shown: unknown[] = [];
  const client = { get: async (path: string, options: unknown) => (asked.push([path, options]), FOUND) };
  const terminal = { show: (value: unknown) => void shown.push(value) };
  const campaign = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  // The command calls no other method of its context.
  const context = { client, terminal } as unknown as Context;
  addAssignments(campaign, () => context);
  campaign.commands.forEach((command) => command.exitOverride().configureOutput({ writeErr: () => undefined }));
  await campaign.parseAsync(['assignments', 'K/1', '--group', 'control', '--limit', '7'], { from: 'user' });
  expect(asked).toEqual([['/api/v1/campaigns/K%2F1/assignments', { query: { group: 'control', pageSize: 7 } }]]);
  expect(shown).toEqual([FOUND]);
  await expect(campaign.parseAsync(['assignments', 'K', '--limit', '1001'], { from: 'user' })).rejects.toThrow(
    '1 to 1000',
  );
  await expect(campaign.parseAsync(['assignments', 'K', '--format', 'xml'], { from: 'user' })).rejects.toThrow(
    'csv or ndjson',
  );
});
