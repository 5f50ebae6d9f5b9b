import { Option } from 'commander';
import type { Customer, ViewGroup } from '@holdfast/client/gen/operations';
import type { RequestOf } from '@holdfast/client/rest-client';
import { moneyText, tableLines } from '../output/text.js';
import type { CommandGroup } from './command.js';
import { example, wholeNumber } from './options.js';

type Identifier = RequestOf<'POST /api/v1/customers:resolve'>['body'];

/** customer, resolve, timeline */
export const customerCommands: CommandGroup = (program, context) => {
  program
    .command('customer')
    .description('everything that is known of a customer, as of any moment')
    .argument('<id>', 'of the customer or of a subscription')
    .option('--as-of <time>', 'as-of time (RFC 3339); default: now')
    .option('--include <groups>', 'basic, activity, fees, calls, sms, vas, contacts, handset, relations, tags', 'all')
    .addHelpText('after', example('customer 1b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed --as-of 2026-08-31T23:59:59+08:00'))
    .action(async (customerId: string, options: { asOf?: string; include: string }) => {
      const { client, show } = context();
      await show(client.call('GET /api/v1/customers/{customerId}', { customerId, ...options }), viewLines);
    });

  program
    .command('resolve')
    .description('the customer behind an external identifier')
    .addOption(
      new Option('--kind <kind>', 'of identifier').choices(['key', 'number', 'account', 'document']).default('number'),
    )
    .option('--as-of <time>', 'holder at that time (RFC 3339); default: now')
    .option('--table <name>', 'of a key: the plain table that has it')
    .argument('<value>', 'as the operator writes it; a number with or without +86, blanks and hyphens')
    .addHelpText('after', example('resolve "+86 138 0013 8000"'))
    .action(async (value: string, options: Omit<Identifier, 'value'>) => {
      const { client, show } = context();
      await show(client.call('POST /api/v1/customers:resolve', { body: { value, ...options } }), customerLines);
    });

  program
    .command('timeline')
    .description('what happened to a customer, newest first')
    .argument('<id>', 'of the customer')
    .option('--limit <rows>', 'at most so many', wholeNumber, 50)
    .addHelpText('after', example('timeline 5f0c1f6e-3a54-5c55-8e2c-6d9a1c3b7e01 --limit 20'))
    .action(async (customerId: string, { limit }: { limit: number }) => {
      const { client, show } = context();
      const timeline = client.call('GET /api/v1/customers/{customerId}/timeline', { customerId, pageSize: limit });
      await show(timeline, ({ entries }) =>
        tableLines(entries, {
          at: 'at',
          what: 'kind',
          subscription: 'subscriptionId',
          details: ({ details }) => detailText(details),
        }),
      );
    });
};

function detailText(details: Readonly<Record<string, string>>): string {
  return Object.entries(details)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}

function customerLines(customer: Customer): string[] {
  const { customerId, kind, orgUnit, subscriptions, personal, matchedSubscriptionId } = customer;
  return [
    `customer ${customerId}, ${kind}, ${orgUnit}`,
    ...Object.entries(personal).map(([name, value]) => `  ${name}: ${value}`),
    ...subscriptions.map(
      (each) => `  ${subscriptionText(each)}${each.subscriptionId === matchedSubscriptionId ? ' (matched)' : ''}`,
    ),
  ];
}

function viewLines(customer: Customer): string[] {
  const { view } = customer;
  if (view === null) return customerLines(customer);
  const { customerId, kind, orgUnit, asOf, month, extractId } = view;
  return [
    `customer ${customerId}, ${kind}, ${orgUnit}, as of ${asOf}, month ${month ?? '–'}, extract ${extractId ?? '–'}`,
    ...view.groups.flatMap(groupLines),
    ...view.relations.map((each) => `  ${each.kind} ${each.role ?? ''} ${each.customerId}`),
    ...view.subscriptions.flatMap((each) => [subscriptionText(each), ...each.groups.flatMap(groupLines)]),
  ];
}

type Subscription = Pick<Customer['subscriptions'][number], 'subscriptionId' | 'service' | 'status'>;

function subscriptionText({ subscriptionId, service, status }: Subscription): string {
  return `subscription ${subscriptionId} ${service ?? '–'} ${status ?? '–'}`;
}

/** What is not known is not shown, except why a whole group is empty. */
function groupLines({ label, fields, unavailable }: ViewGroup): string[] {
  if (unavailable !== null) return [`  ${label}: ${unavailable}`];
  const known = fields.filter(({ value }) => value !== null);
  return [
    `  ${label}`,
    ...known.map(({ label: name, value, notice }) => {
      const text = typeof value === 'object' ? moneyText(value) : value;
      return `    ${name}: ${text}${notice === null ? '' : ` (! ${notice})`}`;
    }),
  ];
}
