import path from 'node:path';
import { parseArgs } from 'node:util';

import { StartFailure } from './failure.mjs';

export const usage = `Usage: npm start -- [options]

  --once                 stop everything after the summary and exit
  --report FILE          write the summary as JSON
  --extract FOLDER       run the month on this operator's extract instead of the demonstration operator's, in a separate home
  --table FILE           run on this plain table instead, in a separate home
  --mapping FILE         what the table's columns mean (needed with --table)
  --as-of MONTH          month of all rows of the table, YYYY-MM, in place of asOf in its mapping
  --example              run on the example table, in a separate home
  --confirm              publish a table or an extract also if it differs much from the one before
  --port N               of the REST API (default: HOLDFAST_PORT, else 8080)
  --language en|zh-CN    of the summary (default: the locale's)
  --quiet                print the summary only

Data, logs and secrets live in HOLDFAST_HOME (default .holdfast). HOLDFAST_DATABASE_URL and HOLDFAST_NATS_URL
replace the embedded PostgreSQL and NATS.`;

/**
 * @typedef {object} Arguments
 * @property {boolean} once
 * @property {boolean} quiet
 * @property {boolean} help
 * @property {number} port
 * @property {'en' | 'zh-CN'} language
 * @property {string | undefined} reportFile  absolute, like the two below
 * @property {string | undefined} extractFolder
 * @property {boolean} example
 * @property {boolean} confirm
 * @property {string | undefined} tableFile  undefined, as the two above: the demonstration operator
 * @property {string | undefined} mappingFile
 * @property {string | undefined} asOf  month of the table
 */

/**
 * @param {string[]} argv  without node and the program
 * @param {NodeJS.ProcessEnv} environment
 * @param {string} folder  what relative paths start from
 * @returns {Arguments}
 * @throws {StartFailure} with the usage
 */
export function readArguments(argv, environment, folder) {
  const values = parse(argv);
  if (Boolean(values.table) !== Boolean(values.mapping)) {
    throw new StartFailure(`--table and --mapping go together.\n\n${usage}`);
  }
  if ([values.table, values.extract, values.example].filter(Boolean).length > 1) {
    throw new StartFailure(`--table, --extract and --example do not go together.\n\n${usage}`);
  }
  if (values['as-of'] !== undefined && !values.table) throw new StartFailure(`--as-of needs --table.\n\n${usage}`);
  const absolute = (/** @type {string | undefined} */ file) => (file ? path.resolve(folder, file) : undefined);
  return {
    once: values.once ?? false,
    quiet: values.quiet ?? false,
    help: values.help ?? false,
    port: portOf(values.port ?? (environment['HOLDFAST_PORT'] || '8080')),
    language: languageOf(values.language, environment),
    reportFile: absolute(values.report),
    extractFolder: absolute(values.extract),
    example: values.example ?? false,
    confirm: values.confirm ?? false,
    tableFile: absolute(values.table),
    mappingFile: absolute(values.mapping),
    asOf: monthOf(values['as-of']),
  };
}

/** @param {string[]} argv */
function parse(argv) {
  try {
    const { values } = parseArgs({
      args: argv,
      options: {
        once: { type: 'boolean' },
        quiet: { type: 'boolean' },
        help: { type: 'boolean' },
        report: { type: 'string' },
        extract: { type: 'string' },
        example: { type: 'boolean' },
        confirm: { type: 'boolean' },
        table: { type: 'string' },
        mapping: { type: 'string' },
        'as-of': { type: 'string' },
        port: { type: 'string' },
        language: { type: 'string' },
      },
    });
    return values;
  } catch (error) {
    throw new StartFailure(`${/** @type {Error} */ (error).message}\n\n${usage}`);
  }
}

/** @param {string | undefined} text */
function monthOf(text) {
  if (text === undefined || /^\d{4}-(0[1-9]|1[0-2])$/.test(text)) return text;
  throw new StartFailure(`"${text}" is not a month; --as-of needs one such as 2026-09.`);
}

/** @param {string} text */
function portOf(text) {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65535) return port;
  throw new StartFailure(`"${text}" is not a port; it must be a number from 1 to 65535.`);
}

/** @param {string | undefined} requested  @param {NodeJS.ProcessEnv} environment  @returns {'en' | 'zh-CN'} */
function languageOf(requested, environment) {
  if (requested === 'en' || requested === 'zh-CN') return requested;
  if (requested !== undefined) throw new StartFailure(`--language is en or zh-CN, not "${requested}".`);
  const locale = environment['LC_ALL'] || environment['LC_MESSAGES'] || environment['LANG'] || '';
  return locale.startsWith('zh') ? 'zh-CN' : 'en';
}
