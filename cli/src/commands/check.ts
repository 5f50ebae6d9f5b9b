import { problemLine } from '../check/problem.js';
import type { ExtractCheck } from '../check/check-extract.js';
import { openTerminal } from '../output/terminal.js';
import type { CommandGroup } from './command.js';
import { example, wholeNumber } from './options.js';

const DESCRIPTION = [
  'check the folder of an extract without a running system; exit code 1 if there are errors',
  'Checked are the manifest, the hashes and numbers of rows in it, headers, and the cells of the first rows of CSV files.',
  'Not checked are Parquet files, encodings other than UTF-8, files with lines above the header, the months of events, ' +
    'references between tables, repeated keys and totals: the import reports them.',
].join('\n\n');

/** check */
export const checkCommand: CommandGroup = (program) => {
  program
    .command('check')
    .summary('check the folder of an extract, without a running system')
    .description(DESCRIPTION)
    .argument('<folder>', 'folder with manifest.json')
    .option('--rows <count>', 'rows of each file whose cells are checked', wholeNumber, 1_000)
    .addHelpText('after', example('check examples/extract --rows 5000'))
    .action(async (folder: string, { rows }: { rows: number }) => {
      const { json = false } = program.opts<{ json?: boolean }>();
      const terminal = openTerminal(process.stdout, process.stderr, json);
      // Loaded here: no other command needs the contract.
      const { checkExtract } = await import('../check/check-extract.js');
      const check = await checkExtract(folder, rows);
      if (json) terminal.print(JSON.stringify(check, null, 2));
      else checkLines(check).forEach((line) => terminal.print(line));
      if (check.problems.some(({ isError }) => isError)) process.exitCode = 1;
    });
};

function checkLines({ tables, files, problems }: ExtractCheck): string[] {
  const errors = problems.filter(({ isError }) => isError).length;
  return [...problems.map(problemLine), `${tables} tables, ${files} files: ${errors} errors`];
}
