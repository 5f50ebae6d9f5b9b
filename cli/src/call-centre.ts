import { Option } from 'commander';
import type { LeaseAnswer } from './answers.js';
import { RefusedError, UsageError } from './connection.js';
import type { CommandGroup } from './command.js';

const OUTCOMES = ['accepted', 'declined', 'no_answer', 'not_reached', 'call_back', 'wrong_person', 'do_not_contact'];

/** Why a disposition was not taken, by the code of the REST interface. */
const REFUSALS: Record<string, string> = {
  'disposition.conflict': 'something else was recorded under this lease before',
  'disposition.outsideLease': 'the contact was not while the lease was held',
  'lease.unknown': 'there is no such lease',
  'lease.gone': 'the lease has ended, or another agent holds it',
};

/** lease, script, disposition */
export const callCentreCommands: CommandGroup = (program, context) => {
  program
    .command('lease')
    .description('the next piece of work of a queue that may be done now')
    .argument('<queue>')
    .option('--agent <id>', 'the agent', 'cli')
    .option('--channel <channel>', "call, sms, email, app or hall; default: the campaign's approved channel")
    .action(async (queue: string, options: { agent: string; channel?: string }) => {
      const { client, terminal } = context();
      const answer = await client.post<LeaseAnswer>(`/api/v1/agent-queues/${queue}/leases`, options);
      terminal.show(answer, () => leaseLines(answer));
    });

  program
    .command('script')
    .description('the words for the agent')
    .option('--lease <id>', 'for the work that this lease holds')
    .option('--subscription <id>', 'for this subscription, without a lease')
    .addOption(new Option('--lang <language>', 'language of the script').choices(['zh-CN', 'en']))
    .action(async (options: { lease?: string; subscription?: string; lang?: string }) => {
      if ((options.lease === undefined) === (options.subscription === undefined)) {
        throw new UsageError('Give either --lease or --subscription.');
      }
      const { client, terminal } = context();
      const at = '/api/v1/scripts/current';
      if (terminal.wantsJson) terminal.show(await client.get(at, { query: options }), () => []);
      else terminal.print(await client.text(at, { query: { ...options, format: 'text' } }));
    });

  program
    .command('disposition')
    .description('record the outcome of a contact')
    .requiredOption('--lease <id>', 'under which the customer was contacted')
    .addOption(new Option('--outcome <outcome>', 'what came of it').choices(OUTCOMES).makeOptionMandatory())
    .addOption(
      new Option('--hit <answer>', "whether the customer really fitted the list's rule").choices(['yes', 'no']),
    )
    .action(async ({ lease, outcome, hit }: { lease: string; outcome: string; hit?: string }) => {
      const { client, terminal } = context();
      const { recorded } = await client.post<{ recorded: { touchId: string | null; code: string | null }[] }>(
        '/api/v1/dispositions',
        { leaseId: lease, outcome, ...(hit === undefined ? {} : { hit: hit === 'yes' }) },
      );
      const [one] = recorded;
      if (one === undefined || one.touchId === null) throw new RefusedError(refusalOf(one?.code ?? null));
      terminal.show(one, () => [`recorded ${one.touchId}`]);
    });
};

function refusalOf(code: string | null): string {
  if (code === null) return 'It was not recorded.';
  const why = REFUSALS[code];
  return why === undefined ? `It was refused. (${code})` : `It was refused: ${why}. (${code})`;
}

function leaseLines({ lease, passedOver }: LeaseAnswer): string[] {
  const skipped = Object.entries(passedOver).map(([reason, count]) => `passed over: ${count} (${reason})`);
  if (lease === null) return ['Nothing may be done now.', ...skipped];
  const { item } = lease;
  return [
    `lease ${lease.leaseId} until ${lease.expiresAt}`,
    `rank ${item.rank}, subscription ${item.subscriptionId}, ` +
      `probability ${item.probability.toFixed(3)}, ${item.firstReason ?? 'no reason'}`,
    ...skipped,
  ];
}
