import { Option } from 'commander';
import { Outcome } from '@holdfast/client/gen/operations';
import type { RequestOf, ResponseOf } from '@holdfast/client/rest-client';
import { RefusedError, UsageError } from '../connection.js';
import type { CommandGroup } from './command.js';

type LeaseAnswer = ResponseOf<'POST /api/v1/agent-queues/{queue}/leases'>;
type LeaseOptions = RequestOf<'POST /api/v1/agent-queues/{queue}/leases'>['body'];
type ScriptOptions = RequestOf<'GET /api/v1/scripts/current'>;
type Recorded = ResponseOf<'POST /api/v1/dispositions'>['recorded'][number];

interface DispositionOptions {
  lease: string;
  outcome: Outcome;
  hit?: string;
  callBackAt?: string;
  note?: string;
}

/** lease, script, disposition */
export const callCentreCommands: CommandGroup = (program, context) => {
  program
    .command('lease')
    .description('the next piece of work of a queue that may be done now')
    .argument('<queue>')
    .option('--agent <id>', 'the agent', 'cli')
    .option('--channel <channel>', "call, sms, email, app or hall; default: the campaign's approved channel")
    .action(async (queue: string, body: LeaseOptions) => {
      const { client, show } = context();
      await show(client.call('POST /api/v1/agent-queues/{queue}/leases', { queue, body }), leaseLines);
    });

  program
    .command('script')
    .description('the words for the agent')
    .option('--lease <id>', 'for the work that this lease holds')
    .option('--subscription <id>', 'for this subscription, without a lease')
    .addOption(new Option('--lang <language>', 'language of the script').choices(['zh-CN', 'en']))
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
    .action(async ({ lease, outcome, hit, ...callBack }: DispositionOptions) => {
      const { client, show } = context();
      const body = { leaseId: lease, outcome, hit: hit === undefined ? undefined : hit === 'yes', ...callBack };
      const { recorded } = await client.call('POST /api/v1/dispositions', { body });
      const [one] = recorded;
      if (one === undefined || one.touchId === null) throw new RefusedError(refusalOf(one));
      await show(one, () => [`recorded ${one.touchId}`]);
    });
};

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
    ...(item.callBack === null ? [] : [`call back at ${item.callBack.at}, of agent ${item.callBack.agent}`]),
    ...(lease.note === null ? [] : [`note: ${lease.note}`]),
    ...skipped,
  ];
}
