import { Command, CommanderError } from 'commander';
import { Context } from './commands/command.js';
import { GROUPS } from './commands/groups.js';
import { connect, type ConnectionOptions } from './connection.js';
import { exitCodeOf, messageOf } from './failure.js';
import { openTerminal } from './output/terminal.js';

interface ProgramOptions {
  version: string;
  signal?: AbortSignal;
  /** The project's root folder, for commands that need its migrations. */
  root?: string;
}

const HELP = ['-h', '--help', 'help'];

/** Runs the command of the arguments. @returns the exit code */
export async function runCommandLine(words: readonly string[], options: ProgramOptions): Promise<number> {
  const program = await programFor(words, options);
  try {
    await program.parseAsync(words, { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    return fail(error, error instanceof CommanderError ? helpOf(program, words) : undefined);
  }
}

/** Prints why a command failed, in one line. @returns the exit code */
export function fail(error: unknown, help?: string): number {
  const code = exitCodeOf(error);
  process.exitCode = code;
  const message = messageOf(error);
  // Help and version come as errors, too.
  if (code !== 0 && message !== '') process.stderr.write(`${message}${help === undefined ? '' : ` See: ${help}`}\n`);
  return code;
}

/**
 * The program with the commands of the arguments only, since loading all of them takes longer than most requests; with
 * all of them where none is named, and for help.
 */
export async function programFor(
  words: readonly string[],
  { version, signal, root }: ProgramOptions,
): Promise<Command> {
  const program = new Command('holdfast')
    .description('The command line of Holdfast, over its REST interface.')
    .version(version, '--version', 'print the version')
    .option('--url <url>', 'where the gateway is (HOLDFAST_URL; http://127.0.0.1 with HOLDFAST_PORT or 8080)')
    .option('--token-url <url>', 'where the issuer gives tokens (HOLDFAST_TOKEN_URL; /oauth/token of the gateway)')
    .option('--client-id <id>', 'OAuth2 client (HOLDFAST_CLIENT_ID; console)')
    .option('--client-secret <secret>', 'its secret; better in a file')
    .option(
      '--client-secret-file <file>',
      'file with its secret (HOLDFAST_CLIENT_SECRET_FILE; that of a local npm start in HOLDFAST_HOME)',
    )
    .option('--language <language>', 'zh-CN or en')
    .option('--reason <text>', 'reason for reading personal data, recorded in the audit ledger')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 refused or failed, 2 used wrongly, 3 not reachable, 130 interrupted.',
    )
    .addHelpText('after', 'Each command has an example: holdfast help COMMAND')
    // Errors are printed by `fail`, in one line.
    .configureOutput({ outputError: () => undefined })
    .exitOverride();
  program.setOptionValue('root', root);
  const context = (): Context => {
    const options = program.opts<ConnectionOptions & { json?: boolean }>();
    const terminal = openTerminal(process.stdout, process.stderr, options.json ?? false);
    return new Context(connect(options, process.env, signal), terminal);
  };
  const groups = groupsFor(words);
  for (const addCommands of await Promise.all(groups.map(({ load }) => load()))) addCommands(program, context);
  return program;
}

function groupsFor(words: readonly string[]): typeof GROUPS {
  const named = (word: string) => GROUPS.filter(({ commands }) => commands.includes(word));
  const first = words.find((word) => HELP.includes(word) || named(word).length > 0);
  const found = words.flatMap(named);
  // An option's value may be a command's name, so that every named group is loaded.
  return first === undefined || first.startsWith('-') || found.length === 0 ? GROUPS : [...new Set(found)];
}

/** How to get the help of the command that the arguments name. */
function helpOf(program: Command, words: readonly string[]): string {
  let command = program;
  const path = ['holdfast'];
  for (const word of words) {
    const inner = command.commands.find((one) => one.name() === word);
    if (inner === undefined) continue;
    command = inner;
    path.push(word);
  }
  return `${path.join(' ')} --help`;
}
