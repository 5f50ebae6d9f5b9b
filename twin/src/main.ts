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
  .description('An operator whose truth is known: makes extracts, judges reports against the truth.')
  .showHelpAfterError()
  .exitOverride();

program
  .command('create')
  .description('write an extract and its truth')
  .option('--subscribers <number>', 'mobile subscriptions in the span', wholeNumber, DEFAULT_SETTINGS.subscribers)
  .option('--months <number>', 'months of the span', wholeNumber, DEFAULT_SETTINGS.months)
  .option('--to <month>', 'last month', DEFAULT_SETTINGS.to)
  .option('--seed <number>', 'equal seeds give equal bytes', wholeNumber, DEFAULT_SETTINGS.seed)
  .option('--event-months <number>', 'last months with events', wholeNumber, DEFAULT_SETTINGS.eventMonths)
  .option('--dirt <share>', 'spoilt rows per row', Number, DEFAULT_SETTINGS.errorShare)
  .option('--wrong-encodings', 'put bytes that are no UTF-8 into some texts')
  .option('--corrections', 'make some figures wrong and write extract-2, which sets them right')
  .option('--workers <number>', 'threads', wholeNumber, 2)
  .option('--memory <size>', 'what each thread may hold for Parquet', DEFAULT_SETTINGS.memoryMax)
  .requiredOption('--out <folder>', 'where extract/ and truth/ are made')
  .action(async (options: CreateArguments) => {
    const { subscribers, months, to, seed, eventMonths, dirt, workers, memory, out } = options;
    const settings: CreateSettings = {
      ...{ subscribers, months, to, seed, eventMonths, errorShare: dirt, workers, memoryMax: memory },
      hasWrongEncodings: options.wrongEncodings === true,
      hasCorrections: options.corrections === true,
    };
    const bar = progressBar();
    try {
      const created = await create(out, settings, { workerFile, onProgress: bar.update });
      bar.stop();
      for (const line of createdLines(created)) console.log(line);
    } finally {
      bar.stop();
    }
  });

program
  .command('respond')
  .description('let an operator go on under the contacts that a system decided')
  .argument('<folder>', 'the one that create or respond made')
  .option('--contacts <file>', 'CSV: subscription_id, at, channel, offer or arm; campaign_id, response')
  .option('--offer <arm=kind>', `what an arm offers, of ${OFFER_KINDS.join(', ')}; repeatable`, offerOf, [])
  .option('--months <number>', 'months to live; what is said in a month moves those after it', wholeNumber, 4)
  .option('--event-months <number>', 'last of those months with events', wholeNumber, DEFAULT_SETTINGS.eventMonths)
  .option('--dirt <share>', 'spoilt rows per row', Number, DEFAULT_SETTINGS.errorShare)
  .option('--wrong-encodings', 'put bytes that are no UTF-8 into some texts')
  .option('--workers <number>', 'threads', wholeNumber, 2)
  .option('--memory <size>', 'what each thread may hold for Parquet', DEFAULT_SETTINGS.memoryMax)
  .requiredOption('--out <folder>', 'where extract/ and truth/ are made')
  .action(async (folder: string, options: RespondArguments) => {
    const { contacts, offer, months, eventMonths, dirt, workers, memory, out } = options;
    const settings: RespondSettings = {
      ...{ months, eventMonths, errorShare: dirt, workers, memoryMax: memory },
      hasWrongEncodings: options.wrongEncodings === true,
      offers: new Map(offer),
    };
    const bar = progressBar();
    try {
      const responded = await respond(folder, contacts, out, settings, { workerFile, onProgress: bar.update });
      bar.stop();
      for (const line of respondedLines(responded)) console.log(line);
    } finally {
      bar.stop();
    }
  });

program
  .command('compare')
  .description('judge the report of a system against the truth')
  .argument('<folder>', 'the one that create made')
  .requiredOption('--report <file>', 'what the system found, JSON')
  .option('--json', 'answer with JSON')
  .action((folder: string, { report, json }: { report: string; json?: boolean }) => {
    const judgements = compare(folder, report);
    const lines = json === true ? [JSON.stringify(judgements, null, 2)] : judgementLines(judgements);
    for (const line of lines) console.log(line);
  });

program
  .command('report')
  .description('draw an operator as one HTML page, FOLDER.html unless told otherwise')
  .argument('<folder>', 'the one that create made')
  .option('--out <file>', 'where the page goes')
  .action(async (folder: string, { out }: { out?: string }) => {
    const file = out ?? `${folder.replace(/\/+$/, '')}.html`;
    fs.writeFileSync(file, reportPage(await readStatistics(folder), readTruth(folder).summary));
    console.log(file);
  });

program
  .command('scale')
  .description('how time and bytes grow with the number of subscribers')
  .option('--sizes <numbers>', 'subscribers, smallest first', sizesOf, [10_000, 100_000])
  .option('--months <number>', 'months of the span', wholeNumber, 1)
  .option('--workers <number>', 'threads', wholeNumber, 2)
  .option('--memory <size>', 'what each thread may hold for Parquet', DEFAULT_SETTINGS.memoryMax)
  .action(async ({ sizes, months, workers, memory }: ScaleArguments) => {
    const settings: CreateSettings = { ...DEFAULT_SETTINGS, months, workers, memoryMax: memory };
    const taken = await measureSizes(sizes, settings, { workerFile }, (size) => console.log(sizeLine(size)));
    if (taken.length > 1) console.log(exponentLine(taken));
  });

program
  .command('learn')
  .description('how much of the ceiling a plain learner reaches on the columns of an operator')
  .argument('<folder>', 'the one that create made, of nine months and more')
  .option('--seed <number>', 'of the learners', wholeNumber, 1)
  .option('--json', 'answer with JSON')
  .action(async (folder: string, { seed, json }: { seed: number; json?: boolean }) => {
    const learnability = await learnabilityOf(await readObservableRows(folder), seed);
    const lines = json === true ? [JSON.stringify(learnability, null, 2)] : learnabilityLines(learnability);
    for (const line of lines) console.log(line);
  });

interface CreateArguments {
  subscribers: number;
  months: number;
  to: string;
  seed: number;
  eventMonths: number;
  dirt: number;
  wrongEncodings?: boolean;
  corrections?: boolean;
  workers: number;
  memory: string;
  out: string;
}

interface ScaleArguments {
  sizes: number[];
  months: number;
  workers: number;
  memory: string;
}

function sizesOf(text: string): number[] {
  return text.split(',').map(wholeNumber);
}

interface RespondArguments {
  contacts?: string;
  offer: [string, OfferKind][];
  months: number;
  eventMonths: number;
  dirt: number;
  wrongEncodings?: boolean;
  workers: number;
  memory: string;
  out: string;
}

function offerOf(text: string, before: [string, OfferKind][]): [string, OfferKind][] {
  const [arm, kind] = [text.slice(0, text.lastIndexOf('=')), text.slice(text.lastIndexOf('=') + 1)];
  const offered = OFFER_KINDS.find((each) => each === kind);
  if (arm === '' || offered === undefined) throw new InvalidArgumentError(`ARM=KIND, of ${OFFER_KINDS.join(', ')}.`);
  return [...before, [arm, offered]];
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('A whole number is needed.');
  return Number(text);
}

function progressBar(): { update: (step: string, share: number) => void; stop: () => void } {
  if (!process.stderr.isTTY) return { update: () => undefined, stop: () => undefined };
  const format = '{step} [{bar}] {percentage} %';
  const bar = new cliProgress.SingleBar({ stream: process.stderr, format, hideCursor: true });
  bar.start(100, 0, { step: 'world' });
  return { update: (step, share) => bar.update(Math.round(100 * share), { step }), stop: () => bar.stop() };
}

try {
  await program.parseAsync();
} catch (error) {
  // Commander has printed its errors.
  const isSaid = error instanceof CommanderError;
  if (!isSaid) process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = isSaid ? error.exitCode : 1;
}
