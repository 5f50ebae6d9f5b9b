import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import type { Finding } from '@holdfast/platform/doctor';
import { languageOf } from '../connection.js';
import { openTerminal } from '../output/terminal.js';
import { messageOf } from '../failure.js';
import type { CommandGroup, Context } from './command.js';
import { example } from './options.js';

const DESCRIPTION = [
  'check the settings of a service and everything that they name, or a gateway from outside; exit code 1 if a check failed',
  'With a service (--service, HOLDFAST_SERVICE): settings, files, keys, certificates, PostgreSQL, NATS, the services that it ' +
    'calls, the issuer of tokens, the lake. Its settings are those of this process, or of a file with NAME=value lines.',
  'Without one: whether the gateway at HOLDFAST_URL answers, reaches all services, and accepts the client.',
].join('\n\n');

const ANSWER_MS_MAX = 10_000;
const MS_PER_SECOND = 1_000;

/** doctor */
export const doctorCommand: CommandGroup = (program, context) => {
  program
    .command('doctor')
    .summary('check a service and everything that its settings name, or a gateway from outside')
    .description(DESCRIPTION)
    .option('--service <name>', 'such as campaign (HOLDFAST_SERVICE)')
    .option('--environment <file>', 'settings of the service, in place of those of this process')
    .addHelpText('after', example('doctor --service campaign --environment campaign.env'))
    .action(async (options: { service?: string; environment?: string }) => {
      const { json = false, language, root } = program.opts<{ json?: boolean; language?: string; root?: string }>();
      const environment =
        options.environment === undefined ? process.env : parseEnv(readFileSync(options.environment, 'utf8'));
      const service = options.service ?? environment['HOLDFAST_SERVICE'];
      const terminal = openTerminal(process.stdout, process.stderr, json);
      const printing = {
        wantsJson: json,
        language: languageOf({ ...(language === undefined ? {} : { language }) }, process.env),
        print: (text: string) => terminal.print(text),
      };
      // Loaded here: it has drivers that no other command needs.
      const { printFindings, runDoctor } = await import('@holdfast/platform/doctor');
      process.exitCode =
        service === undefined
          ? printFindings('gateway', await gatewayFindings(context()), printing)
          : await runDoctor({ service, environment, root: root ?? process.cwd(), ...printing });
    });
};

/** What a client of the REST interface can see of a system. */
async function gatewayFindings({ client }: Context): Promise<Finding[]> {
  const { failed, ok, problemOf } = await import('@holdfast/platform/doctor');
  const url = client.baseUrl;
  const at = (path: string) => fetch(new URL(path, url), { signal: AbortSignal.timeout(ANSWER_MS_MAX) });
  let answer: Response;
  try {
    answer = await at('/openapi.json');
    await answer.arrayBuffer();
  } catch (thrown) {
    return [failed('gateway.unreachable', { url, problem: problemOf(thrown) })];
  }
  if (!answer.ok) return [failed('gateway.unreachable', { url, problem: `status ${answer.status}` })];
  const date = Date.parse(answer.headers.get('date') ?? '');
  const seconds = Number.isNaN(date) ? '?' : Math.round(Math.abs(Date.now() - date) / MS_PER_SECOND);
  const findings = [ok('gateway.reached', { url, seconds })];
  // An ingress does not pass it on.
  const ready = await at('/readyz').catch(() => undefined);
  if (ready?.status === 200) findings.push(ok('gateway.ready'));
  if (ready?.status === 503) findings.push(failed('gateway.notReady', { problem: (await ready.text()).trim() }));
  const accepted = await client.call('GET /api/v1/months').then(
    () => ok('gateway.accepts'),
    (thrown: unknown) => failed('gateway.refuses', { problem: messageOf(thrown) }),
  );
  return [...findings, accepted];
}
