import type { Job } from './answers.js';
import { watchJob, type CommandGroup } from './command.js';
import { printStream } from './streaming.js';
import { tableLines } from './terminal.js';

interface Household {
  householdId: string;
  state: string;
  size: number;
  confidence: number;
  members: { subscriptionId: string; role: string; confidence: number }[];
  evidence: {
    leftSubscriptionId: string;
    rightSubscriptionId: string;
    sharedDays: number;
    calls: number;
    also: string[];
    probability: number;
  }[];
}

interface HouseholdRun {
  runId: string;
  month: string;
  households: number;
  members: number;
  subscriptions: number;
  bySize: Record<string, number>;
  pairs: Record<string, number>;
  method: string;
  unavailable: string[];
  capped: string[];
}

/** households identify, run, list, show, of, confirm, reject, pairs, members */
export const householdCommands: CommandGroup = (program, context) => {
  const households = program.command('households').description('who lives together');

  households
    .command('identify')
    .description('recognise the households of a month, and wait for it')
    .option('--month <month>', 'YYYY-MM; the last closed one with events')
    .action(async ({ month = '' }: { month?: string }) => {
      const { client, terminal } = context();
      const started = await client.post<Job>('/api/v1/households:identify', { month });
      await watchJob({ client, terminal }, started.jobId);
      const runId = started.jobId.slice(started.jobId.indexOf('.') + 1);
      const run = await client.get<HouseholdRun>(`/api/v1/household-runs/${runId}`);
      terminal.show(run, () => runLines(run));
    });

  households
    .command('run')
    .description('a recognition with its counts')
    .argument('[run]', 'id, or latest', 'latest')
    .action(async (runId: string) => {
      const { client, terminal } = context();
      const run = await client.get<HouseholdRun>(`/api/v1/household-runs/${runId}`);
      terminal.show(run, () => runLines(run));
    });

  households
    .command('list')
    .description('households of the newest recognition')
    .option('--min-confidence <share>', 'from 0 to 1')
    .action(async ({ minConfidence }: { minConfidence?: string }) => {
      const { client, terminal } = context();
      const found: Household[] = [];
      for await (const one of client.all<Household>('/api/v1/households', 'households', {
        minConfidence,
        pageSize: 200,
      }))
        found.push(one);
      terminal.show(found, () =>
        tableLines(
          ['household', 'state', 'size', 'confidence'],
          found.map(({ householdId, state, size, confidence }) => [householdId, state, size, confidence.toFixed(3)]),
        ),
      );
    });

  households
    .command('show')
    .description('a household with members and evidence')
    .argument('<household>', 'its id')
    .action(async (id: string) => {
      const { client, terminal } = context();
      const household = await client.get<Household>(`/api/v1/households/${id}`);
      terminal.show(household, () => householdLines(household));
    });

  households
    .command('of')
    .description('the household of a customer or of a subscription')
    .argument('<id>', 'id of either')
    .action(async (id: string) => {
      const { client, terminal } = context();
      const household = await client.get<Household>(`/api/v1/customers/${id}/household`);
      terminal.show(household, () => householdLines(household));
    });

  for (const [verb, description] of [
    ['confirm', 'confirm a household after asking its members'],
    ['reject', 'reject a household after asking its members'],
  ] as const) {
    households
      .command(verb)
      .description(description)
      .argument('<household>', 'its id')
      .requiredOption('--evidence <reference>', 'how it is known, such as the id of a call')
      .action(async (id: string, { evidence }: { evidence: string }) => {
        const { client, terminal } = context();
        const household = await client.post<Household>(`/api/v1/households/${id}:${verb}`, { evidence });
        terminal.show(household, () => householdLines(household));
      });
  }

  households
    .command('pairs')
    .description('all pairs of a recognition with their evidence, as NDJSON')
    .argument('[run]', 'id, or latest', 'latest')
    .action((runId: string) => printStream(context().client, `/api/v1/household-runs/${runId}/pairs`, {}));

  households
    .command('members')
    .description('all members of the newest recognition, as NDJSON')
    .action(() => printStream(context().client, '/api/v1/household-runs/latest/members', {}));
};

function runLines(run: HouseholdRun): string[] {
  const counts = (of: Record<string, number>): string =>
    Object.entries(of)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ');
  return [
    `${run.month}: ${run.households} households with ${run.members} of ${run.subscriptions} subscriptions (${run.runId})`,
    `  by size: ${counts(run.bySize)}`,
    `  pairs: ${counts(run.pairs)}`,
    `  ${run.method}`,
    ...run.unavailable.map((text) => `  ${text}`),
    ...run.capped.map((text) => `  excluded: ${text}`),
  ];
}

function householdLines(household: Household): string[] {
  return [
    `household ${household.householdId}: ${household.state}, ${household.size} members, confidence ${household.confidence.toFixed(3)}`,
    ...tableLines(
      ['subscription', 'role', 'confidence'],
      household.members.map(({ subscriptionId, role, confidence }) => [subscriptionId, role, confidence.toFixed(3)]),
    ),
    ...tableLines(
      ['one', 'other', 'probability', 'shared days', 'calls', 'also'],
      household.evidence.map((pair) => [
        pair.leftSubscriptionId,
        pair.rightSubscriptionId,
        pair.probability.toFixed(3),
        pair.sharedDays,
        pair.calls,
        pair.also.join(' '),
      ]),
    ),
  ];
}
