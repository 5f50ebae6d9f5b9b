import { Option } from 'commander';
import type { CustomerAnswer, Money, TimelineAnswer, ViewGroup } from './answers.js';
import type { CommandGroup } from './command.js';
import { tableLines } from './terminal.js';

/** customer, resolve, timeline */
export const customerCommands: CommandGroup = (program, context) => {
  program
    .command('customer')
    .description('everything that is known of a customer, as of any moment')
    .argument('<id>', 'of the customer or of a subscription')
    .option('--as-of <time>', 'as-of time (RFC 3339); default: now')
    .option('--include <groups>', 'basic, activity, fees, calls, sms, vas, contacts, handset, relations, tags', 'all')
    .action(async (id: string, { asOf, include }: { asOf?: string; include: string }) => {
      const { client, terminal } = context();
      const query = { include, ...(asOf === undefined ? {} : { asOf }) };
      const answer = await client.get<CustomerAnswer>(`/api/v1/customers/${id}`, { query });
      terminal.show(answer, () => viewLines(answer));
    });

  program
    .command('resolve')
    .description('the customer behind an external identifier')
    .addOption(
      new Option('--kind <kind>', 'of identifier').choices(['key', 'number', 'account', 'document']).default('number'),
    )
    .option('--as-of <time>', 'holder at that time (RFC 3339); default: now')
    .option('--table <name>', 'of a key: the plain table that has it')
    .argument('<value>', 'as the operator writes it')
    .action(async (value: string, options: { kind: string; asOf?: string; table?: string }) => {
      const { client, terminal } = context();
      const answer = await client.post<CustomerAnswer>('/api/v1/customers:resolve', { value, ...options });
      terminal.show(answer, () => customerLines(answer));
    });

  program
    .command('timeline')
    .description('what happened to a customer, newest first')
    .argument('<id>', 'of the customer')
    .option('--limit <rows>', 'at most so many', '50')
    .action(async (id: string, { limit }: { limit: string }) => {
      const { client, terminal } = context();
      const query = { pageSize: limit };
      const answer = await client.get<TimelineAnswer>(`/api/v1/customers/${id}/timeline`, { query });
      terminal.show(answer, () =>
        tableLines(
          ['at', 'what', 'subscription', 'details'],
          answer.entries.map((entry) => [entry.at, entry.kind, entry.subscriptionId, detailText(entry.details)]),
        ),
      );
    });
};

function detailText(details: Readonly<Record<string, string>>): string {
  return Object.entries(details)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}

function customerLines({ customerId, kind, orgUnit, subscriptions, personal }: CustomerAnswer): string[] {
  return [
    `customer ${customerId}, ${kind}, ${orgUnit}`,
    ...Object.entries(personal).map(([name, value]) => `  ${name}: ${value}`),
    ...subscriptions.map((one) => `  subscription ${one.subscriptionId} ${one.service ?? '–'} ${one.status ?? '–'}`),
  ];
}

function viewLines(answer: CustomerAnswer): string[] {
  const { view } = answer;
  if (view === null) return customerLines(answer);
  return [
    `customer ${view.customerId}, ${view.kind}, ${view.orgUnit}, as of ${view.asOf}, month ${view.month ?? '–'}, extract ${view.extractId ?? '–'}`,
    ...view.groups.flatMap(groupLines),
    ...view.relations.map((one) => `  ${one.kind} ${one.role ?? ''} ${one.customerId}`),
    ...view.subscriptions.flatMap((one) => [
      `subscription ${one.subscriptionId} ${one.service ?? '–'} ${one.status ?? '–'}`,
      ...one.groups.flatMap(groupLines),
    ]),
  ];
}

/** What is not known is not shown, except why a whole group is empty. */
function groupLines({ label, fields, unavailable }: ViewGroup): string[] {
  if (unavailable !== null) return [`  ${label}: ${unavailable}`];
  const known = fields.filter(({ value }) => value !== null);
  const doubt = (notice: string | null): string => (notice === null ? '' : ` (! ${notice})`);
  return [
    `  ${label}`,
    ...known.map((field) => `    ${field.label}: ${valueText(field.value!)}${doubt(field.notice)}`),
  ];
}

function valueText(value: number | string | boolean | Money): string {
  return typeof value === 'object' ? `${value.amount} ${value.currency}` : String(value);
}
