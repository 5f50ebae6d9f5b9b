import type { ImportReport, Reject } from './answers.js';
import { watchJob, type CommandGroup } from './command.js';
import { uploadTable } from './main-job.js';
import { printStream } from './streaming.js';
import { tableLines } from './terminal.js';

/** import, rejects */
export const tableCommands: CommandGroup = (program, context) => {
  program
    .command('import')
    .description('import a plain table and wait until it is in')
    .argument('<file>', 'CSV, gzip accepted')
    .requiredOption('--mapping <file>', 'what the columns are (YAML or JSON)')
    .action(async (file: string, options: { mapping: string }) => {
      const { client, terminal } = context();
      const started = await uploadTable(client, file, options.mapping);
      const { result } = await watchJob({ client, terminal }, started.jobId);
      const report = await client.get<ImportReport>(`/api/v1/imports/${result['importId']}`);
      terminal.show(report, () => reportLines(report));
    });

  program
    .command('rejects')
    .description('rows of an import that broke their contract')
    .argument('<import>', 'id of the import')
    .option('--table <name>', 'only of this table')
    .option('--csv', 'as CSV')
    .action(async (importId: string, options: { table?: string; csv?: boolean }) => {
      const { client, terminal } = context();
      const at = `/api/v1/imports/${importId}/rejects`;
      if (options.csv) {
        await printStream(client, at, { ...tableQuery(options), format: 'csv' });
        return;
      }
      const rejects: Reject[] = [];
      for await (const reject of client.all<Reject>(at, 'rejects', { ...tableQuery(options), pageSize: 1_000 }))
        rejects.push(reject);
      terminal.show(rejects, () =>
        tableLines(
          ['file', 'line', 'column', 'rule', 'value'],
          rejects.map(({ file, line, column, rule, value }) => [file, line, column, rule, value]),
        ),
      );
    });
};

function tableQuery({ table }: { table?: string }): Record<string, string> {
  return table === undefined ? {} : { table };
}

function reportLines(report: ImportReport): string[] {
  return [
    `import ${report.importId}`,
    ...tableLines(
      ['table', 'version', 'read', 'accepted', 'rejected', 'duplicates'],
      report.tables.map((one) => [one.table, one.version, one.read, one.accepted, one.rejected, one.duplicates]),
    ),
    ...report.notices.map(({ column, message }) => (column === null ? message : `${column}: ${message}`)),
  ];
}
