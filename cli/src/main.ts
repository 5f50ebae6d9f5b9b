import { Command, CommanderError } from 'commander';
import { auditCommands } from './commands/audit.js';
import { callCentreCommands } from './commands/call-centre.js';
import { campaignCommands } from './commands/campaigns.js';
import { checkCommand } from './commands/check.js';
import { churnCommands } from './commands/churn.js';
import { connect, type ConnectionOptions } from './connection.js';
import { Context } from './commands/command.js';
import { customerCommands } from './commands/customers.js';
import { exitCodeOf, messageOf } from './failure.js';
import { featureCommands } from './commands/features.js';
import { householdCommands } from './commands/households.js';
import { deadLetterCommands } from './commands/dead-letters.js';
import { jobCommands } from './commands/jobs.js';
import { monthCommands } from './commands/months.js';
import { parameterCommands } from './commands/parameters.js';
import { resultCommands } from './commands/results.js';
import { planCommands } from './commands/plans.js';
import { tableCommands } from './commands/tables.js';
import { openTerminal } from './output/terminal.js';

const interrupted = new AbortController();
process.once('SIGINT', () => interrupted.abort());

// `holdfast rejects … | head` closes our output early, which is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

const program = new Command('holdfast')
  .description('The command line of Holdfast, over its REST interface.')
  .option('--url <url>', 'where the gateway is (HOLDFAST_URL; http://127.0.0.1:8080)')
  .option('--client-id <id>', 'OAuth2 client (HOLDFAST_CLIENT_ID; console)')
  .option('--client-secret <secret>', 'its secret; better in a file')
  .option(
    '--client-secret-file <file>',
    'file with its secret (HOLDFAST_CLIENT_SECRET_FILE; that of a local npm start)',
  )
  .option('--language <language>', 'zh-CN or en')
  .option('--reason <text>', 'reason for reading personal data, recorded in the audit ledger')
  .option('--json', 'print JSON')
  .showHelpAfterError()
  .exitOverride();

const context = (): Context => {
  const options = program.opts<ConnectionOptions & { json?: boolean }>();
  const terminal = openTerminal(process.stdout, process.stderr, options.json ?? false);
  return new Context(connect(options, process.env, interrupted.signal), terminal);
};

const GROUPS = [
  tableCommands,
  checkCommand,
  jobCommands,
  monthCommands,
  deadLetterCommands,
  featureCommands,
  churnCommands,
  householdCommands,
  planCommands,
  campaignCommands,
  callCentreCommands,
  customerCommands,
  parameterCommands,
  resultCommands,
  auditCommands,
];
for (const addCommands of GROUPS) {
  addCommands(program, context);
}

try {
  await program.parseAsync();
} catch (error) {
  // Commander has printed its own error.
  if (!(error instanceof CommanderError)) process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = exitCodeOf(error);
}
