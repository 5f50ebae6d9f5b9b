import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import cliProgress from 'cli-progress';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { compare } from './compare/compare.js';
import { judgementLines } from './compare/judgement.js';
import { readTruth } from './compare/truth-reader.js';
import { create } from './create/create.js';
import { createdLines } from './create/created-lines.js';
import { exponentLine, measureSizes, sizeLine } from './create/scale.js';
import { DEFAULT_SETTINGS, type CreateSettings } from './create/settings.js';
import { learnabilityLines, learnabilityOf } from './learn/learnability.js';
import { readObservableRows } from './learn/observable-features.js';
import { reportPage } from './report/page.js';
import { readStatistics } from './report/statistics.js';
import { respond, type RespondSettings } from './respond/respond.js';
import { respondedLines } from './respond/responded-lines.js';
import { OFFER_KINDS, type OfferKind } from './treatment/contact.js';

const workerFile = fileURLToPath(new URL('./create/block.worker.js', import.meta.url));

const program = new Command('twin')
  .description('simulates an operator with a known truth, and compares reports with it')
  .showHelpAfterError()
  .exitOverride();

withOutputOptions(
  program
    .command('create')
    .description('write an extract and its truth')
    .option('--subscribers <number>', 'mobile subscriptions in the span', integer, DEFAULT_SETTINGS.subscribers)
    .option('--months <number>', 'months of the span', integer, DEFAULT_SETTINGS.months)
    .option('--to <month>', 'last month', DEFAULT_SETTINGS.to)
    .option('--seed <number>', 'equal seeds give equal bytes', integer, DEFAULT_SETTINGS.seed)
    .option('--corrections', 'make some figures wrong and write extract-2, which corrects them'),
).action(async ({ corrections, out, ...options }: CreateArguments) => {
  const settings: CreateSettings = { ...outputSettings(options), hasCorrections: corrections === true };
  const created = await withProgress((onProgress) => create(out, settings, { workerFile, onProgress }));
  print(createdLines(created));
});

withOutputOptions(
  program
    .command('respond')
    .description('continue an operator under the contacts that a system decided')
    .argument('<folder>', 'made by create or respond')
    .option('--contacts <file>', 'CSV: subscription_id, at, channel, offer or arm; campaign_id, response')
    .option('--offer <arm=kind>', `offer of an arm, one of ${OFFER_KINDS.join(', ')}; repeatable`, offerOf, [])
    .option('--months <number>', 'months of the continuation; contacts affect the months after them', integer, 4),
).action(async (folder: string, { contacts, offer, out, ...options }: RespondArguments) => {
  const settings: RespondSettings = { ...outputSettings(options), offers: new Map(offer) };
  const responded = await withProgress((onProgress) =>
    respond(folder, contacts, out, settings, { workerFile, onProgress }),
  );
  print(respondedLines(responded));
});

program
  .command('compare')
  .description("compare a system's report with the truth")
  .argument('<folder>', 'made by create')
  .requiredOption('--report <file>', 'JSON report')
  .option('--json', 'print JSON')
  .action((folder: string, { report, json }: { report: string; json?: boolean }) => {
    const judgements = compare(folder, report);
    print(json === true ? [JSON.stringify(judgements, null, 2)] : judgementLines(judgements));
  });

program
  .command('report')
  .description('plot the statistics of an operator as an HTML page')
  .argument('<folder>', 'made by create')
  .option('--out <file>', 'default FOLDER.html')
  .action(async (folder: string, { out }: { out?: string }) => {
    const file = out ?? `${folder.replace(/\/+$/, '')}.html`;
    fs.writeFileSync(file, reportPage(await readStatistics(folder), readTruth(folder).summary));
    print([file]);
  });

withThreadOptions(
  program
    .command('scale')
    .description('measure the growth of time and bytes with the number of subscribers')
    .option('--sizes <numbers>', 'subscribers, smallest first', sizesOf, [10_000, 100_000])
    .option('--months <number>', 'months of the span', integer, 1),
).action(async ({ sizes, months, workers, memory }: ScaleArguments) => {
  const settings: CreateSettings = { ...DEFAULT_SETTINGS, months, workers, memoryMax: memory };
  const taken = await measureSizes(sizes, settings, { workerFile }, (size) => print([sizeLine(size)]));
  if (taken.length > 1) print([exponentLine(taken)]);
});

program
  .command('learn')
  .description('compare plain learners on the columns of an operator with the oracle')
  .argument('<folder>', 'made by create, of nine months or more')
  .option('--seed <number>', 'of the learners', integer, 1)
  .option('--json', 'print JSON')
  .action(async (folder: string, { seed, json }: { seed: number; json?: boolean }) => {
    const learnability = await learnabilityOf(await readObservableRows(folder), seed);
    print(json === true ? [JSON.stringify(learnability, null, 2)] : learnabilityLines(learnability));
  });

interface ThreadArguments {
  workers: number;
  memory: string;
}

interface OutputArguments extends ThreadArguments {
  months: number;
  eventMonths: number;
  errors: number;
  wrongEncodings?: boolean;
}

interface CreateArguments extends OutputArguments {
  subscribers: number;
  to: string;
  seed: number;
  corrections?: boolean;
  out: string;
}

interface RespondArguments extends OutputArguments {
  contacts?: string;
  offer: [string, OfferKind][];
  out: string;
}

interface ScaleArguments extends ThreadArguments {
  sizes: number[];
  months: number;
}

function withThreadOptions(command: Command): Command {
  return command
    .option('--workers <number>', 'threads', integer, 2)
    .option('--memory <size>', 'DuckDB memory of each thread', DEFAULT_SETTINGS.memoryMax);
}

function withOutputOptions(command: Command): Command {
  return withThreadOptions(command)
    .option('--event-months <number>', 'last months with events', integer, DEFAULT_SETTINGS.eventMonths)
    .option('--errors <share>', 'injected errors per row', Number, DEFAULT_SETTINGS.errorShare)
    .option('--wrong-encodings', 'put invalid UTF-8 into some texts')
    .requiredOption('--out <folder>', 'parent of extract/ and truth/');
}

function outputSettings<T extends OutputArguments>({ errors, memory, wrongEncodings, ...others }: T) {
  return { ...others, errorShare: errors, memoryMax: memory, hasWrongEncodings: wrongEncodings === true };
}

function print(lines: readonly string[]): void {
  for (const line of lines) console.log(line);
}

function sizesOf(text: string): number[] {
  return text.split(',').map(integer);
}

function offerOf(text: string, before: [string, OfferKind][]): [string, OfferKind][] {
  const [arm, kind] = [text.slice(0, text.lastIndexOf('=')), text.slice(text.lastIndexOf('=') + 1)];
  const offered = OFFER_KINDS.find((each) => each === kind);
  if (arm === '' || offered === undefined) throw new InvalidArgumentError(`ARM=KIND, of ${OFFER_KINDS.join(', ')}.`);
  return [...before, [arm, offered]];
}

function integer(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('An integer is required.');
  return Number(text);
}

/** Shows a progress bar on a terminal. */
async function withProgress<T>(work: (onProgress: (step: string, share: number) => void) => Promise<T>): Promise<T> {
  if (!process.stderr.isTTY) return work(() => undefined);
  const format = '{step} [{bar}] {percentage} %';
  const bar = new cliProgress.SingleBar({ stream: process.stderr, format, hideCursor: true });
  bar.start(100, 0, { step: 'world' });
  try {
    return await work((step, share) => bar.update(Math.round(100 * share), { step }));
  } finally {
    bar.stop();
  }
}

try {
  await program.parseAsync();
} catch (error) {
  // Commander has printed its errors.
  const isPrinted = error instanceof CommanderError;
  if (!isPrinted) process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = isPrinted ? error.exitCode : 1;
}
