import { stat } from 'node:fs/promises';
import type { Import, Job, Reject } from '@holdfast/client/gen/operations';
import type { RestClient } from '@holdfast/client/rest-client';
import { uploadExtract, uploadTable } from '@holdfast/client/uploads';
import { HeldImportError, findingLines, loadedReport } from '../month/held-import.js';
import { tableLines } from '../output/text.js';
import type { CommandGroup } from './command.js';
import { example, wholeNumber } from './options.js';

/** import, imports, extracts, rejects */
export const tableCommands: CommandGroup = (program, context) => {
  program
    .command('import')
    .description('import a plain table or a full extract and wait until it is in')
    .argument('<source>', 'file of a table (CSV, gzip accepted), folder of an extract, or inbox:FOLDER')
    .option('--mapping <file>', 'mapping of the columns of a table (YAML or JSON)')
    .option('--as-of <month>', 'month of all rows of a table, YYYY-MM, in place of asOf in its mapping')
    .option('--confirm', 'publish it even if it differs much from the previous version')
    .option('--dry-run', 'check it and compare it with what is visible only; nothing becomes visible')
    .addHelpText('after', example('import examples/extract'))
    .action(async (source: string, { mapping, asOf, confirm = false, dryRun = false }: ImportOptions) => {
      const { client, show, finished } = context();
      const { result } = await finished(await startImport(client, source, { mapping, asOf, dryRun }));
      if (dryRun) {
        const importId = result['importId']!;
        await show(client.call('GET /api/v1/imports/{importId}', { importId }), dryRunLines);
        return;
      }
      await show(loadedReport(client, result['importId']!, { confirm, finished }), reportLines);
    });

  addImportsCommands(program, context);

  program
    .command('extracts')
    .description('the full extracts that went in, newest first')
    .addHelpText('after', example('extracts'))
    .action(async () => {
      const { client, show } = context();
      const { extracts } = await client.call('GET /api/v1/extracts');
      await show(extracts, () =>
        tableLines(extracts, {
          sequence: 'sequence',
          extract: 'extractId',
          from: 'from',
          to: 'to',
          tables: ({ tables }) => tables.length,
          import: 'importId',
        }),
      );
    });

  program
    .command('rejects')
    .description('rows of an import that broke their contract')
    .argument('<import>', 'id of the import')
    .option('--table <name>', 'only of this table')
    .option('--csv', 'as CSV')
    .addHelpText(
      'after',
      example('--reason "checking the file" rejects 01a2295b-4400-78be-b142-068ea5718037 --table billing'),
    )
    .action(async (importId: string, { table, csv = false }: { table?: string; csv?: boolean }) => {
      const { client, show, copy } = context();
      const name = 'GET /api/v1/imports/{importId}/rejects';
      if (csv) await copy(client.stream(name, { importId, table, format: 'csv' }));
      else await show(client.all(name, 'rejects', { importId, table, pageSize: 1_000 }), rejectLines);
    });
};

const addImportsCommands: CommandGroup = (program, context) => {
  const imports = program.command('imports').description('imports, newest first; decisions on held and visible ones');
  imports
    .command('list', { isDefault: true })
    .description('imports, newest first')
    .option('--limit <rows>', 'at most so many', wholeNumber, 50)
    .addHelpText('after', example('imports list --limit 10'))
    .action(async ({ limit }: { limit: number }) => {
      const { client, show } = context();
      const { imports: found } = await client.call('GET /api/v1/imports', { pageSize: Math.min(200, limit) });
      await show(found, importLines);
    });
  imports
    .command('show')
    .description('the report of an import; with --reason also examples of keys that may be the same')
    .argument('<import>', 'id of the import')
    .addHelpText('after', example('imports show 01a2295b-4400-78be-b142-068ea5718037'))
    .action(async (importId: string) => {
      const { client, show } = context();
      await show(client.call('GET /api/v1/imports/{importId}', { importId }), reportLines);
    });
  imports
    .command('confirm')
    .description('publish an import that is held back')
    .argument('<import>', 'id of the import')
    .addHelpText('after', example('imports confirm 01a2295b-4400-78be-b142-068ea5718037'))
    .action(async (importId: string) => {
      const { client, show, finished } = context();
      await finished(await client.call('POST /api/v1/imports/{importId}:confirm', { importId }));
      const report = await client.call('GET /api/v1/imports/{importId}', { importId });
      if (report.state === 'held') throw new HeldImportError(report);
      await show(report, reportLines);
    });
  imports
    .command('discard')
    .description('drop an import that is held back')
    .argument('<import>', 'id of the import')
    .addHelpText('after', example('imports discard 01a2295b-4400-78be-b142-068ea5718037'))
    .action(async (importId: string) => {
      const { client, show } = context();
      const report = client.call('POST /api/v1/imports/{importId}:discard', { importId });
      await show(report, ({ state }) => [`import ${importId} ${state}`]);
    });
  imports
    .command('withdraw')
    .description('withdraw the newest extract, or the newest version of a table: nothing of it counts from now on')
    .argument('<import>', 'id of the import')
    .requiredOption('--because <text>', 'why; kept with the import, never a text about a person')
    .addHelpText(
      'after',
      example('imports withdraw 01a2295b-4400-78be-b142-068ea5718037 --because "bills of another month"'),
    )
    .action(async (importId: string, { because: reason }: { because: string }) => {
      const { client, show } = context();
      const report = client.call('POST /api/v1/imports/{importId}:withdraw', { importId, body: { reason } });
      await show(report, ({ state }) => [`import ${importId} ${state}`]);
    });
};

interface ImportOptions {
  mapping?: string;
  asOf?: string;
  confirm?: boolean;
  dryRun?: boolean;
}

async function startImport(
  client: RestClient,
  source: string,
  { mapping, asOf, dryRun }: { mapping: string | undefined; asOf: string | undefined; dryRun: boolean },
): Promise<Job> {
  if (source.startsWith('inbox:'))
    return client.call('POST /api/v1/imports', { dryRun: dryRun ? 'true' : 'false', body: { source } });
  if ((await stat(source)).isDirectory()) return uploadExtract(client, source, dryRun);
  if (mapping === undefined) throw new Error('A table needs --mapping FILE; a full extract is a folder.');
  return uploadTable(client, source, mapping, { dryRun, asOf });
}

function importLines(imports: readonly Import[]): string[] {
  const sum = ({ tables }: Import, of: 'read' | 'accepted' | 'rejected'): number =>
    tables.reduce((all, each) => all + each[of], 0);
  return tableLines(imports, {
    import: 'importId',
    state: 'state',
    tables: ({ tables }) => (tables.length === 1 ? tables[0]!.table : tables.length),
    read: (each) => sum(each, 'read'),
    accepted: (each) => sum(each, 'accepted'),
    rejected: (each) => sum(each, 'rejected'),
    created: 'createdAt',
  });
}

function rejectLines(rejects: readonly Reject[]): string[] {
  return tableLines(rejects, { file: 'file', line: 'line', column: 'column', rule: 'rule', value: 'value' });
}

/** The report of a dry run, and what the import would do. */
function dryRunLines(report: Import): string[] {
  const isHeld = report.findings.some(({ holds }) => holds);
  return [
    ...reportLines(report),
    ...tableLines<Import['changes'][number]>(report.changes, {
      table: 'table',
      added: 'added',
      changed: 'changed',
      unchanged: 'unchanged',
      gone: 'gone',
    }),
    isHeld ? 'The import would be held until it is confirmed.' : 'The import would become visible.',
  ];
}

function reportLines(report: Import): string[] {
  return [
    `import ${report.importId} ${report.state}`,
    ...tableLines<Import['tables'][number]>(report.tables, {
      table: 'table',
      version: 'version',
      read: 'read',
      accepted: 'accepted',
      rejected: 'rejected',
      duplicates: 'duplicates',
    }),
    ...(report.withdrawnAt === null
      ? []
      : [`withdrawn at ${report.withdrawnAt} by ${report.withdrawnBy}: ${report.withdrawalReason}`]),
    ...findingLines(report),
    ...report.notices.map(({ column, message }) => (column === null ? message : `${column}: ${message}`)),
  ];
}
