import { stat } from 'node:fs/promises';
import type { ImportReport, Job, Reject } from './answers.js';
import type { RestClient } from './client.js';
import { watchJob, type CommandGroup } from './command.js';
import { HeldImportError, findingLines, loadedReport } from './held-import.js';
import { uploadTable } from './main-job.js';
import { uploadExtract } from './operator-month.js';
import { printStream } from './streaming.js';
import { tableLines } from './terminal.js';

/** import, imports, extracts, rejects */
export const tableCommands: CommandGroup = (program, context) => {
  program
    .command('import')
    .description('import a plain table or a full extract and wait until it is in')
    .argument('<source>', 'file of a table (CSV, gzip accepted), folder of an extract, or inbox:FOLDER')
    .option('--mapping <file>', 'mapping of the columns of a table (YAML or JSON)')
    .option('--confirm', 'publish it even if it differs much from the previous version')
    .action(async (source: string, options: { mapping?: string; confirm?: boolean }) => {
      const { client, terminal } = context();
      const finished = ({ jobId }: Job): Promise<Job> => watchJob({ client, terminal }, jobId);
      const { result } = await finished(await startImport(client, source, options.mapping));
      const confirm = options.confirm ?? false;
      const report = await loadedReport(client, result['importId']!, { confirm, finished });
      terminal.show(report, () => reportLines(report));
    });

  addImportsCommands(program, context);

  program
    .command('extracts')
    .description('the full extracts that went in, newest first')
    .action(async () => {
      const { client, terminal } = context();
      const { extracts } = await client.get<{ extracts: ExtractLine[] }>('/api/v1/extracts');
      terminal.show(extracts, () =>
        tableLines(
          ['sequence', 'extract', 'from', 'to', 'tables', 'import'],
          extracts.map((one) => [one.sequence, one.extractId, one.from, one.to, one.tables.length, one.importId]),
        ),
      );
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

const addImportsCommands: CommandGroup = (program, context) => {
  const imports = program.command('imports').description('imports, newest first; held imports and decisions on them');
  imports
    .command('list', { isDefault: true })
    .description('imports, newest first')
    .option('--limit <rows>', 'at most so many', '50')
    .action(async ({ limit }: { limit: string }) => {
      const { client, terminal } = context();
      const query = { pageSize: Math.min(200, Number(limit)) };
      const { imports: found } = await client.get<{ imports: ImportReport[] }>('/api/v1/imports', { query });
      terminal.show(found, () =>
        tableLines(
          ['import', 'state', 'tables', 'read', 'accepted', 'rejected', 'created'],
          found.map(({ importId, state, tables, createdAt }) => {
            const sum = (of: 'read' | 'accepted' | 'rejected'): number =>
              tables.reduce((all, each) => all + each[of], 0);
            const names = tables.length === 1 ? tables[0]!.table : tables.length;
            return [importId, state, names, sum('read'), sum('accepted'), sum('rejected'), createdAt];
          }),
        ),
      );
    });
  imports
    .command('show')
    .description('the report of an import; with --reason also examples of keys that may be the same')
    .argument('<import>', 'id of the import')
    .action(async (importId: string) => {
      const { client, terminal } = context();
      const report = await client.get<ImportReport>(`/api/v1/imports/${importId}`);
      terminal.show(report, () => reportLines(report));
    });
  imports
    .command('confirm')
    .description('publish an import that is held back')
    .argument('<import>', 'id of the import')
    .action(async (importId: string) => {
      const { client, terminal } = context();
      const started = await client.post<Job>(`/api/v1/imports/${importId}:confirm`, {});
      await watchJob({ client, terminal }, started.jobId);
      const report = await client.get<ImportReport>(`/api/v1/imports/${importId}`);
      if (report.state === 'held') throw new HeldImportError(report);
      terminal.show(report, () => reportLines(report));
    });
  imports
    .command('discard')
    .description('drop an import that is held back')
    .argument('<import>', 'id of the import')
    .action(async (importId: string) => {
      const { client, terminal } = context();
      const report = await client.post<ImportReport>(`/api/v1/imports/${importId}:discard`, {});
      terminal.show(report, () => [`import ${report.importId} ${report.state}`]);
    });
};

interface ExtractLine {
  extractId: string;
  sequence: number;
  from: string;
  to: string;
  tables: string[];
  importId: string;
}

async function startImport(client: RestClient, source: string, mapping: string | undefined): Promise<Job> {
  if (source.startsWith('inbox:')) return client.post<Job>('/api/v1/imports', { source });
  if ((await stat(source)).isDirectory()) return uploadExtract(client, source);
  if (mapping === undefined) throw new Error('A table needs --mapping FILE; a full extract is a folder.');
  return uploadTable(client, source, mapping);
}

function tableQuery({ table }: { table?: string }): Record<string, string> {
  return table === undefined ? {} : { table };
}

function reportLines(report: ImportReport): string[] {
  return [
    `import ${report.importId} ${report.state}`,
    ...tableLines(
      ['table', 'version', 'read', 'accepted', 'rejected', 'duplicates'],
      report.tables.map((one) => [one.table, one.version, one.read, one.accepted, one.rejected, one.duplicates]),
    ),
    ...findingLines(report),
    ...report.notices.map(({ column, message }) => (column === null ? message : `${column}: ${message}`)),
  ];
}
