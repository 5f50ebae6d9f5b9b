import { stat } from 'node:fs/promises';
import type { Month, MonthStep } from '@holdfast/client/gen/operations';
import { runMainJob } from '../month/main-job.js';
import { runOperatorMonth } from '../month/operator-month.js';
import type { Report } from '../month/month-watch.js';
import { formatSummary } from '../output/format-summary.js';
import type { Summary } from '../output/summary.js';
import { tableLines } from '../output/text.js';
import type { CommandGroup, Context } from './command.js';
import { example } from './options.js';

/** month, months */
export const monthCommands: CommandGroup = (program, context) => {
  program
    .command('months')
    .description('the newest months, or the steps of one: what is done, what waits for what, and why')
    .argument('[month]', 'such as 2026-09')
    .addHelpText('after', example('months 2026-09'))
    .action(async (month: string | undefined) => {
      const { client, show } = context();
      if (month !== undefined) return show(client.call('GET /api/v1/months/{month}', { month }), monthLines);
      return show(client.call('GET /api/v1/months'), ({ months }) => months.flatMap(monthLines));
    });

  program
    .command('month')
    .description('import an extract or a plain table, wait until its month is done, and print what came of it')
    .argument('<source>', 'folder of an extract, or file of a table (CSV, gzip accepted)')
    .option('--mapping <file>', 'mapping of the columns of a table (YAML or JSON)')
    .option('--as-of <month>', 'month of all rows of a table, YYYY-MM, in place of asOf in its mapping')
    .option('--confirm', 'publish it even if it differs much from the previous version')
    .addHelpText('after', example('month examples/extract'))
    .action(async (source: string, options: MonthOptions) => {
      const { client, show } = context();
      await show(runMonth(context(), source, options), (summary) =>
        formatSummary(summary, client.language).split('\n'),
      );
    });
};

interface MonthOptions {
  mapping?: string;
  asOf?: string;
  confirm?: boolean;
}

async function runMonth(
  { client, terminal }: Context,
  source: string,
  { mapping, asOf, confirm = false }: MonthOptions,
): Promise<Summary> {
  let last = '';
  const report: Report = ({ text, fraction }) => {
    const line = fraction === undefined ? text : `${text} (${Math.round(100 * fraction)} %)`;
    if (line !== last && !terminal.wantsJson) terminal.say(line);
    last = line;
  };
  const options = { client, confirm, report };
  if ((await stat(source)).isDirectory()) return withoutToken(await runOperatorMonth({ ...options, folder: source }));
  if (mapping === undefined) throw new Error('A table needs --mapping FILE; a full extract is a folder.');
  const table = { tableFile: source, mappingFile: mapping, asOf, readScript: false };
  return withoutToken(await runMainJob({ ...options, ...table }));
}

/** The commands of a summary have the caller's token, which does not belong on a terminal. */
function withoutToken(summary: Summary): Summary {
  return { ...summary, curl: [] };
}

function monthLines({ month, state, steps }: Month): string[] {
  const columns = {
    step: 'step',
    table: ({ table }: MonthStep) => table ?? '',
    state: 'state',
    progress: ({ progress, state: of }: MonthStep) => (of === 'running' ? `${Math.round(100 * progress)} %` : ''),
    requested: 'requestedAt',
    ended: 'endedAt',
    job: 'jobId',
    why: ({ message, phase }: MonthStep) => message ?? phase,
  } as const;
  return [`${month} ${state}`, ...tableLines(steps, columns).map((line) => `  ${line}`)];
}
