import { Option } from 'commander';
import { Outcome, type ListedWorkItem, type Queue } from '@holdfast/client/gen/operations';
import type { RequestOf, ResponseOf } from '@holdfast/client/rest-client';
import { RefusedError, UsageError } from '../connection.js';
import { moneyText, tableLines } from '../output/text.js';
import type { CommandGroup } from './command.js';
import { KEYS, type KeysOption } from './keys.js';
import { example, pageRows } from './options.js';

type LeaseAnswer = ResponseOf<'POST /api/v1/agent-queues/{queue}/leases'>;
type LeaseOptions = RequestOf<'POST /api/v1/agent-queues/{queue}/leases'>['body'];
type ScriptOptions = RequestOf<'GET /api/v1/scripts/current'>;
type Recorded = ResponseOf<'POST /api/v1/dispositions'>['recorded'][number];

interface QueueOptions extends KeysOption {
  state?: 'open' | 'leased' | 'done';
  limit: number;
}

interface DispositionOptions {
  lease: string;
  outcome: Outcome;
  hit?: string;
  callBackAt?: string;
  note?: string;
}

/** queues, queue, lease take|renew|release, script, disposition */
export const callCentreCommands: CommandGroup = (program, context) => {
  program
    .command('queues')
    .description('the work queues, and how many items are open, leased and done')
    .addHelpText('after', example('queues'))
    .action(async () => {
      const { client, show } = context();
      const { queues } = await client.call('GET /api/v1/agent-queues');
      await show(queues, queueLines);
    });

  program
    .command('queue')
    .description('the work of a queue by rank')
    .argument('<queue>', 'name of a table, or id of a campaign')
    .addOption(new Option('--state <state>', 'only these').choices(['open', 'leased', 'done']))
    .option('--limit <rows>', 'at most so many', pageRows, 20)
    .addOption(KEYS.option())
    .addHelpText('after', example('queue subscriber-months --state open --limit 50'))
    .action(async (queue: string, { state, limit, ...keys }: QueueOptions) => {
      const { client, show } = context();
      const request = { queue, state, pageSize: limit, ...KEYS.query(keys) };
      const { items } = await client.call('GET /api/v1/agent-queues/{queue}/items', request);
      await show(items, (found) => itemLines(found, keys));
    });

  addLeases(program, context);

  program
    .command('script')
    .description('the words for the agent')
    .option('--lease <id>', 'for the work that this lease holds')
    .option('--subscription <id>', 'for this subscription, without a lease')
    .addOption(new Option('--lang <language>', 'language of the script').choices(['zh-CN', 'en']))
    .addHelpText('after', example('script --lease 01936a44-5a10-7f51-8e41-7a6d5b8e1f77 --lang zh-CN'))
    .action(async (options: ScriptOptions) => {
      if ((options.lease === undefined) === (options.subscription === undefined)) {
        throw new UsageError('Give either --lease or --subscription.');
      }
      const { client, terminal, show } = context();
      const name = 'GET /api/v1/scripts/current';
      if (terminal.wantsJson) await show(client.call(name, options), () => []);
      else terminal.print(await client.text(name, { ...options, format: 'text' }));
    });

  program
    .command('disposition')
    .description('record the outcome of a contact')
    .requiredOption('--lease <id>', 'under which the customer was contacted')
    .addOption(new Option('--outcome <outcome>', 'what came of it').choices(Outcome).makeOptionMandatory())
    .addOption(
      new Option('--hit <answer>', "whether the customer really fitted the list's rule").choices(['yes', 'no']),
    )
    .option('--call-back-at <time>', 'of call_back: when the customer wants to be called (RFC 3339)')
    .option('--note <text>', 'of call_back: for the agent who calls back')
    .addHelpText('after', example('disposition --lease 01936a44-5a10-7f51-8e41-7a6d5b8e1f77 --outcome no_answer'))
    .action(async ({ lease, outcome, hit, ...callBack }: DispositionOptions) => {
      const { client, show } = context();
      const body = { leaseId: lease, outcome, hit: hit === undefined ? undefined : hit === 'yes', ...callBack };
      const { recorded } = await client.call('POST /api/v1/dispositions', { body });
      const [one] = recorded;
      if (one === undefined || one.touchId === null) throw new RefusedError(refusalOf(one));
      await show(one, () => [`recorded ${one.touchId}`]);
    });
};

const addLeases: CommandGroup = (program, context) => {
  const leases = program.command('lease').description('work that an agent holds for 120 s');
  leases
    .command('take', { isDefault: true })
    .description('the next piece of work of a queue that may be done now; with --reason also key, number and note')
    .argument('<queue>', 'name of a table, or id of a campaign')
    .option('--agent <id>', 'the agent', 'cli')
    .option('--channel <channel>', "call, sms, email, app or hall; default: the campaign's approved channel")
    .addHelpText('after', example('--reason "call 4711" lease subscriber-months --agent agent-7'))
    .action(async (queue: string, body: LeaseOptions) => {
      const { client, show } = context();
      await show(client.call('POST /api/v1/agent-queues/{queue}/leases', { queue, body }), leaseLines);
    });
  leases
    .command('renew')
    .description('hold a lease for 120 s more')
    .argument('<lease>', 'id of the lease')
    .addHelpText('after', example('lease renew 01936a44-5a10-7f51-8e41-7a6d5b8e1f77'))
    .action(async (leaseId: string) => {
      const { client, show } = context();
      const renewed = client.call('PUT /api/v1/leases/{leaseId}:renew', { leaseId });
      await show(renewed, (lease) => [`lease ${lease.leaseId} until ${lease.expiresAt}`]);
    });
  leases
    .command('release')
    .description('give the work back without an outcome')
    .argument('<lease>', 'id of the lease')
    .addHelpText('after', example('lease release 01936a44-5a10-7f51-8e41-7a6d5b8e1f77'))
    .action(async (leaseId: string) => {
      const { client, show } = context();
      await client.call('DELETE /api/v1/leases/{leaseId}', { leaseId });
      await show({ leaseId }, () => [`lease ${leaseId} released`]);
    });
};

function queueLines(queues: readonly Queue[]): string[] {
  return tableLines(queues, {
    queue: 'queue',
    open: ({ items }) => items['open'] ?? 0,
    leased: ({ items }) => items['leased'] ?? 0,
    done: ({ items }) => items['done'] ?? 0,
    'cost of a contact': ({ contactCost }) => moneyText(contactCost),
    built: 'builtAt',
  });
}

function itemLines(items: readonly ListedWorkItem[], keys: KeysOption): string[] {
  return tableLines(items, {
    rank: 'rank',
    subscription: 'subscriptionId',
    ...KEYS.column(keys),
    state: 'state',
    probability: ({ probability }) => probability.toFixed(3),
    'a month': ({ value }) => moneyText(value),
    arm: 'arm',
    'first reason': 'firstReason',
    'again from': 'retryAt',
    'org unit': 'orgUnit',
  });
}

function refusalOf(recorded: Recorded | undefined): string {
  const { code = null, detail = null } = recorded ?? {};
  return code === null ? 'It was not recorded.' : `It was refused. ${detail ?? ''} (${code})`;
}

function leaseLines({ lease, passedOver, retryAt }: LeaseAnswer): string[] {
  const skipped = Object.entries(passedOver).map(([reason, count]) => `passed over: ${count} (${reason})`);
  const next = retryAt === null ? [] : [`may be tried again from ${retryAt}`];
  if (lease === null) return ['Nothing may be done now.', ...skipped, ...next];
  const { item } = lease;
  return [
    `lease ${lease.leaseId} until ${lease.expiresAt}`,
    `rank ${item.rank}, subscription ${item.subscriptionId}, ` +
      `probability ${item.probability.toFixed(3)}, ${item.firstReason ?? 'no reason'}`,
    ...(lease.key === null ? [] : [`key ${lease.key}, number ${lease.number ?? 'none that may be dialled'}`]),
    ...(item.callBack === null ? [] : [`call back at ${item.callBack.at}, of agent ${item.callBack.agent}`]),
    ...(lease.note === null ? [] : [`note: ${lease.note}`]),
    ...skipped,
  ];
}
