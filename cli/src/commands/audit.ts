import type { AuditEntry } from '@holdfast/client/gen/operations';
import type { RequestOf, ResponseOf } from '@holdfast/client/rest-client';
import { InvalidArgumentError } from 'commander';
import { tableLines } from '../output/text.js';
import { example, pageRows, wholeNumber } from './options.js';
import type { CommandGroup } from './command.js';

type Filter = Omit<RequestOf<'GET /api/v1/audit'>, 'pageSize' | 'pageToken'>;
type Verification = ResponseOf<'GET /api/v1/audit/verification'>;

/** audit list, audit verify */
export const auditCommands: CommandGroup = (program, context) => {
  const audit = program.command('audit').description('the ledger of writes, of readings and of refusals');

  audit
    .command('list')
    .description('its entries, newest first')
    .option('--from <instant>', 'from this moment on')
    .option('--to <instant>', 'before this moment')
    .option('--client <id>', 'of this OAuth2 client')
    .option('--subject <id>', 'about this customer, subscription, lease …')
    .option('--operation <operation>', 'such as "POST /api/v1/customers:resolve"')
    .option('--status <code>', 'HTTP status of the answer', wholeNumber)
    .option('--limit <rows>', 'at most so many', pageRows, 50)
    .addHelpText('after', example('audit list --subject 1b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed'))
    .action(async ({ limit, ...filter }: Filter & { limit: number }) => {
      const { client, show } = context();
      const { entries } = await client.call('GET /api/v1/audit', { ...filter, pageSize: limit });
      await show(entries, entryLines);
    });

  audit
    .command('verify')
    .description('recompute the hash chain; fails if an entry was changed, removed or inserted')
    .option('--after <sequence:hash>', 'a head that was printed before: verify the newer entries only', position)
    .addHelpText('after', example('audit verify'))
    .action(
      async ({
        after,
      }: {
        after?: Pick<RequestOf<'GET /api/v1/audit/verification'>, 'afterSequence' | 'afterHash'>;
      }) => {
        const { client, show } = context();
        const verification = await client.call('GET /api/v1/audit/verification', { ...after });
        await show(verification, verificationLines);
        if (verification.fault !== null) process.exitCode = 1;
      },
    );
};

function position(text: string): { afterSequence: number; afterHash: string } {
  const [, sequence, afterHash] = /^(\d+):([0-9a-f]{64})$/.exec(text) ?? [];
  if (sequence === undefined || afterHash === undefined)
    throw new InvalidArgumentError('SEQUENCE:HASH, as audit verify prints it');
  return { afterSequence: Number(sequence), afterHash };
}

function entryLines(entries: readonly AuditEntry[]): string[] {
  return tableLines(entries, {
    at: 'at',
    client: ({ client, onBehalfOf }) => (onBehalfOf === null ? client : `${client} (${onBehalfOf})`),
    operation: 'operation',
    status: 'status',
    subjects: 'subjectCount',
    first: ({ subjectIds }) => subjectIds[0],
    reason: 'accessReason',
  });
}

export function verificationLines({ entries, unchained, head, fault }: Verification): string[] {
  return [
    fault === null
      ? `intact: ${entries} entries`
      : `entry ${fault.sequence} was ${fault.kind}; ${entries} entries before it are intact`,
    ...(unchained === 0 ? [] : [`${unchained} entries are older than the chain`]),
    `head ${head.sequence}:${head.hash}`,
  ];
}
