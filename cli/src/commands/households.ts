import type { Household, HouseholdEvidence, HouseholdRun } from '@holdfast/client/gen/operations';
import { countsText, tableLines } from '../output/text.js';
import type { CommandGroup } from './command.js';
import { KEYS, type KeysOption } from './keys.js';
import { example, decimal } from './options.js';

/** households identify, run, list, show, of, confirm, reject, pairs, members */
export const householdCommands: CommandGroup = (program, context) => {
  const households = program.command('households').description('who lives together');

  households
    .command('identify')
    .description('recognise the households of a month, and wait for it')
    .option('--month <month>', 'YYYY-MM; the last closed one with events')
    .addHelpText('after', example('households identify --month 2026-09'))
    .action(async (body: { month?: string }) => {
      const { client, show, finished } = context();
      const { result } = await finished(await client.call('POST /api/v1/households:identify', { body }));
      await show(client.call('GET /api/v1/household-runs/{runId}', { runId: result['runId']! }), runLines);
    });

  households
    .command('run')
    .description('a recognition with its counts')
    .argument('[run]', 'id, or latest', 'latest')
    .addHelpText('after', example('households run latest'))
    .action(async (runId: string) => {
      const { client, show } = context();
      await show(client.call('GET /api/v1/household-runs/{runId}', { runId }), runLines);
    });

  households
    .command('list')
    .description('households of the newest recognition')
    .option('--min-confidence <share>', 'from 0 to 1', decimal)
    .addHelpText('after', example('households list --min-confidence 0.8'))
    .action(async (options: { minConfidence?: number }) => {
      const { client, show } = context();
      await show(client.all('GET /api/v1/households', 'households', { ...options, pageSize: 200 }), (found) =>
        tableLines(found, {
          household: 'householdId',
          state: 'state',
          size: 'size',
          confidence: ({ confidence }) => confidence.toFixed(3),
        }),
      );
    });

  households
    .command('show')
    .description('a household with members and evidence')
    .argument('<household>', 'its id')
    .addHelpText('after', example('households show 3c1f6c2e-7a54-5c55-8e2c-6d9a1c3b7e01'))
    .action(async (householdId: string) => {
      const { client, show } = context();
      await show(client.call('GET /api/v1/households/{householdId}', { householdId }), householdLines);
    });

  households
    .command('of')
    .description('the household of a customer or of a subscription')
    .argument('<id>', 'id of either')
    .addHelpText('after', example('households of 1b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed'))
    .action(async (customerId: string) => {
      const { client, show } = context();
      await show(client.call('GET /api/v1/customers/{customerId}/household', { customerId }), householdLines);
    });

  for (const verb of ['confirm', 'reject'] as const) {
    households
      .command(verb)
      .description(`${verb} a household on the word of its members`)
      .argument('<household>', 'its id')
      .requiredOption('--evidence <reference>', 'how it is known, such as the id of a call')
      .addHelpText('after', example(`households ${verb} 3c1f6c2e-7a54-5c55-8e2c-6d9a1c3b7e01 --evidence call-0172`))
      .action(async (householdId: string, body: { evidence: string }) => {
        const { client, show } = context();
        await show(client.call(`POST /api/v1/households/{householdId}:${verb}`, { householdId, body }), householdLines);
      });
  }

  households
    .command('pairs')
    .description('all pairs of a recognition with their evidence, as NDJSON')
    .argument('[run]', 'id, or latest', 'latest')
    .addOption(KEYS.option())
    .addHelpText('after', example('households pairs latest'))
    .action(async (runId: string, keys: KeysOption) => {
      const { client, copy } = context();
      await copy(client.stream('GET /api/v1/household-runs/{runId}/pairs', { runId, ...KEYS.query(keys) }));
    });

  households
    .command('members')
    .description('all members of the newest recognition, as NDJSON')
    .addOption(KEYS.option())
    .addHelpText('after', example('households members'))
    .action(async (keys: KeysOption) => {
      const { client, copy } = context();
      await copy(client.stream('GET /api/v1/household-runs/latest/members', KEYS.query(keys)));
    });
};

function runLines(run: HouseholdRun): string[] {
  return [
    `${run.month}: ${run.households} households with ${run.members} of ${run.subscriptions} subscriptions (${run.runId})`,
    `  by size: ${countsText(run.bySize)}`,
    `  pairs: ${countsText(run.pairs)}`,
    `  ${run.method}`,
    ...run.unavailable.map((text) => `  ${text}`),
    ...run.capped.map((text) => `  excluded: ${text}`),
  ];
}

function householdLines({ householdId, state, size, confidence, members, evidence }: Household): string[] {
  return [
    `household ${householdId}: ${state}, ${size} members, confidence ${confidence.toFixed(3)}`,
    ...tableLines<Household['members'][number]>(members, {
      subscription: 'subscriptionId',
      role: 'role',
      confidence: (member) => member.confidence.toFixed(3),
    }),
    ...tableLines<HouseholdEvidence>(evidence, {
      one: 'leftSubscriptionId',
      other: 'rightSubscriptionId',
      probability: ({ probability }) => probability.toFixed(3),
      'shared days': 'sharedDays',
      calls: 'calls',
      also: ({ also }) => also.join(' '),
    }),
  ];
}
