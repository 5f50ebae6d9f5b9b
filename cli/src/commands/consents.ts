import { Option } from 'commander';
import type { Suppression } from '@holdfast/client/gen/operations';
import type { RequestOf, ResponseOf } from '@holdfast/client/rest-client';
import { tableLines } from '../output/text.js';
import type { CommandGroup } from './command.js';
import { example, pageRows } from './options.js';

type Consent = ResponseOf<'GET /api/v1/customers/{customerId}/consents'>['consents'][number];
type Decision = RequestOf<'PUT /api/v1/customers/{customerId}/consents'>['body'];
type Check = Required<Pick<RequestOf<'POST /api/v1/contactability:check'>['body'], 'purpose' | 'channel'>> & {
  at?: string;
};
type NewSuppression = Omit<RequestOf<'POST /api/v1/suppressions'>['body'], 'customerId'>;
type Answer = ResponseOf<'POST /api/v1/contactability:check'>['answers'][number];

const PURPOSES = ['marketing', 'profiling', 'research'];
const CHANNELS = ['call', 'sms', 'email', 'app', 'hall'];
const REASONS = ['complaint_open', 'legal', 'deceased', 'staff', 'request', 'other'];

const purposeOption = () => new Option('--purpose <purpose>', 'of contacts').choices(PURPOSES).default('marketing');
const channelOption = (choices: string[], usual: string) =>
  new Option('--channel <channel>', 'of contacts').choices(choices).default(usual);

/** consent show|set, suppressions list|add|end, confirm-numbers, contactability */
export const consentCommands: CommandGroup = (program, context) => {
  const consent = program.command('consent').description('what a customer allows');
  consent
    .command('show')
    .description('the decisions of a customer, and what is in force without one')
    .argument('<customer>', 'id of the customer')
    .addHelpText('after', example('consent show 5f0c1f6e-3a54-5c55-8e2c-6d9a1c3b7e01'))
    .action(async (customerId: string) => {
      const { client, show } = context();
      const { consents } = await client.call('GET /api/v1/customers/{customerId}/consents', { customerId });
      await show(consents, consentLines);
    });
  consent
    .command('set')
    .description('record a decision of a customer, as stated now')
    .argument('<customer>', 'id of the customer')
    .addOption(new Option('--granted <answer>', 'the decision').choices(['yes', 'no']).makeOptionMandatory())
    .addOption(purposeOption())
    .addOption(channelOption([...CHANNELS, 'any'], 'any'))
    .option('--evidence <reference>', 'of the proof, such as the id of a recording; nothing about the person', '')
    .addHelpText(
      'after',
      example('consent set 5f0c1f6e-3a54-5c55-8e2c-6d9a1c3b7e01 --granted no --evidence recording-0172'),
    )
    .action(async (customerId: string, { granted, ...rest }: Omit<Decision, 'granted'> & { granted: string }) => {
      const { client, show } = context();
      const body = { ...rest, granted: granted === 'yes' };
      const decided = client.call('PUT /api/v1/customers/{customerId}/consents', { customerId, body });
      await show(decided, (one) => consentLines([one]));
    });

  addSuppressions(program, context);

  program
    .command('confirm-numbers')
    .description('confirm that the numbers of a customer are right, after another person answered')
    .argument('<customer>', 'id of the customer')
    .addHelpText('after', example('confirm-numbers 5f0c1f6e-3a54-5c55-8e2c-6d9a1c3b7e01'))
    .action(async (customerId: string) => {
      const { client, show } = context();
      const confirmed = client.call('POST /api/v1/customers/{customerId}/contact-numbers:confirm', { customerId });
      await show(confirmed, ({ confirmed: count }) => [`${count} numbers confirmed`]);
    });

  program
    .command('contactability')
    .description('whether subscriptions may be contacted, and why not')
    .argument('<subscriptions...>', 'ids, at most 500')
    .addOption(purposeOption())
    .addOption(channelOption(CHANNELS, 'call'))
    .option('--at <time>', 'RFC 3339; default: now')
    .addHelpText('after', example('contactability 1b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed --channel sms'))
    .action(async (subscriptionIds: string[], check: Check) => {
      const { client, show } = context();
      const body = { subscriptionIds, ...check };
      const { answers } = await client.call('POST /api/v1/contactability:check', { body });
      await show(answers, answerLines);
    });
};

const addSuppressions: CommandGroup = (program, context) => {
  const suppressions = program.command('suppressions').description('customers who must not be contacted');
  suppressions
    .command('list', { isDefault: true })
    .description('suppressions, newest first')
    .option('--customer <id>', 'only of this customer')
    .option('--limit <rows>', 'at most so many', pageRows, 50)
    .addHelpText('after', example('suppressions list --limit 20'))
    .action(async ({ customer = '', limit }: { customer?: string; limit: number }) => {
      const { client, show } = context();
      const request = { customerId: customer, pageSize: Math.min(200, limit) };
      const { suppressions: found } = await client.call('GET /api/v1/suppressions', request);
      await show(found, suppressionLines);
    });
  suppressions
    .command('add')
    .description('no contacts with a customer from now on')
    .argument('<customer>', 'id of the customer')
    .addOption(new Option('--for <reason>', 'reason').choices(REASONS).makeOptionMandatory())
    .addOption(channelOption([...CHANNELS, 'any'], 'any'))
    .option('--to <time>', 'end (RFC 3339); default: none')
    .addHelpText('after', example('suppressions add 5f0c1f6e-3a54-5c55-8e2c-6d9a1c3b7e01 --for complaint_open'))
    .action(
      async (
        customerId: string,
        { for: reason, ...rest }: Omit<NewSuppression, 'reason'> & { for: NewSuppression['reason'] },
      ) => {
        const { client, show } = context();
        const added = client.call('POST /api/v1/suppressions', { body: { customerId, reason, ...rest } });
        await show(added, (one) => suppressionLines([one]));
      },
    );
  suppressions
    .command('end')
    .description('end a suppression now')
    .argument('<suppression>', 'its id')
    .addHelpText('after', example('suppressions end 01936a40-1c10-7b21-8a11-0d3a2f5b8c33'))
    .action(async (suppressionId: string) => {
      const { client, show } = context();
      const ended = client.call('DELETE /api/v1/suppressions/{suppressionId}', { suppressionId });
      await show(ended, (one) => suppressionLines([one]));
    });
};

function consentLines(consents: readonly Consent[]): string[] {
  return tableLines(consents, {
    purpose: 'purpose',
    channel: 'channel',
    granted: 'granted',
    basis: 'basis',
    evidence: 'evidence',
    since: 'since',
  });
}

function suppressionLines(suppressions: readonly Suppression[]): string[] {
  return tableLines(suppressions, {
    suppression: 'suppressionId',
    customer: 'customerId',
    channel: 'channel',
    reason: 'reason',
    from: 'from',
    to: 'to',
  });
}

function answerLines(answers: readonly Answer[]): string[] {
  return tableLines(answers, {
    subscription: 'subscriptionId',
    allowed: 'allowed',
    'why not': ({ reasons }) => reasons.join(', ') || null,
    'may be tried again': 'retryAt',
  });
}
