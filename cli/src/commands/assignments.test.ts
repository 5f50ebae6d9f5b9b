import type { Assignment } from '@holdfast/client/gen/operations';
import { startRestServer } from '@holdfast/client/rest-server.fixture';
import { RestClient } from '@holdfast/client/rest-client';
import { Command } from 'commander';
import { addAssignments, assignmentLines } from './assignments.js';
import { Context } from './command.js';

const ASSIGNMENT: Assignment = {
  subscriptionId: 's1',
  group: 'control',
  randomisationUnitId: 'h1',
  householdId: 'h1',
  inAudience: true,
  stratum: null,
  propensity: null,
  assignedAt: '2026-11-03T02:00:00.000Z',
  assignedIn: null,
  orgUnit: 'demo/',
  key: null,
};
const PAST = { subscriptionId: 's2', group: 'discount', randomisationUnitId: 'h2', inAudience: false };
const FOUND = {
  campaignId: 'c',
  origin: 'holdfast' as const,
  holdoutUntil: '2027-02-01T00:00:00.000Z',
  nextPageToken: 's2',
  assignments: [ASSIGNMENT, { ...ASSIGNMENT, ...PAST, assignedAt: null, assignedIn: '2026-04' }],
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
  const server = await startRestServer(() => ({ json: FOUND }));
  const printed: string[] = [];
  const progress = async () => ({ update: () => undefined, done: () => undefined });
  const terminal = {
    wantsJson: true,
    say: () => undefined,
    print: (text: string) => void printed.push(text),
    progress,
  };
  const campaign = new Command();
  addAssignments(campaign, () => new Context(new RestClient({ baseUrl: server.url }), terminal));
  campaign.commands.forEach((each) => each.exitOverride().configureOutput({ writeErr: () => undefined }));
  const run = (...words: string[]) => campaign.parseAsync(['assignments', ...words], { from: 'user' });
  await run('K/1', '--group', 'control', '--limit', '7');
  expect(server.asked).toMatchObject([{ path: '/api/v1/campaigns/K%2F1/assignments' }]);
  expect(server.asked[0]!.query.toString()).toBe('group=control&keys=false&pageSize=7');
  expect(JSON.parse(printed.join(''))).toEqual(FOUND);
  await expect(run('K', '--limit', '1001')).rejects.toThrow('1 to 1000');
  await expect(run('K', '--format', 'xml')).rejects.toThrow('csv, ndjson');
  await server.close();
});
