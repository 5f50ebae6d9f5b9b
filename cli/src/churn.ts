import { InvalidArgumentError } from 'commander';
import type { Cause, Estimate, FigureNotice, Job, Model, Run, Score } from './answers.js';
import { watchJob, type CommandGroup } from './command.js';
import { jsonLines, printStream } from './streaming.js';
import { tableLines } from './terminal.js';

interface ListOptions {
  format: 'table' | 'csv' | 'ndjson';
  limit: number;
  quadrant?: string;
  city?: string;
  minProbability?: string;
}

/** train, models, leavers, score, list, export scores */
export const churnCommands: CommandGroup = (program, context) => {
  program
    .command('train')
    .description('train and validate a model on a table, and wait for it')
    .argument('<table>')
    .option('--seed <number>', 'seed of everything random', wholeNumber)
    .action(async (table: string, options: { seed?: number }) => {
      const { client, terminal } = context();
      const started = await client.post<Job>('/api/v1/models', { table, ...options });
      const { result } = await watchJob({ client, terminal }, started.jobId);
      const model = await client.get<Model>(`/api/v1/models/${result['modelId']}`);
      terminal.show(model, () => [...modelLines([model]), ...forwardLines(model), ...noticeLines(model.notices)]);
    });

  program
    .command('models')
    .description('the models, newest first')
    .option('--table <name>', 'only of this table')
    .action(async (options: { table?: string }) => {
      const { client, terminal } = context();
      const { models } = await client.get<{ models: Model[] }>('/api/v1/models', { query: options });
      terminal.show(models, () => modelLines(models));
    });

  program
    .command('leavers')
    .description('out-of-sample predictions of subscribers that then churned')
    .argument('<model>', 'id of the model')
    .action(async (model: string) => {
      const { client, terminal } = context();
      const leavers: Leaver[] = [];
      for await (const leaver of jsonLines<Leaver>(client, `/api/v1/models/${model}/validated-leavers`))
        leavers.push(leaver);
      terminal.show(leavers, () => leaverLines(leavers));
    });

  program
    .command('score')
    .description('score every subscription of a table with its champion, and wait for it')
    .argument('<table>')
    .option('--month <month>', 'YYYY-MM; the last one of a table with months')
    .action(async (table: string, options: { month?: string }) => {
      const { client, terminal } = context();
      const started = await client.post<Job>('/api/v1/scores', { table, ...options });
      const { result } = await watchJob({ client, terminal }, started.jobId);
      const run = await client.get<Run>(`/api/v1/churn-runs/${result['runId']}`);
      terminal.show(run, () => [
        `${run.rows} scored${run.month === null ? '' : ` in ${run.month}`}, ${run.atRisk.count} at risk ` +
          `(probability of ${run.atRisk.probabilityMin} or more)`,
        ...run.atRisk.byCause.map(({ cause, count }) => `  ${cause}  ${count}`),
        ...run.atRisk.byReason.map(({ column, count }) => `  ${column}  ${count}`),
        ...prevalenceLines(run),
        ...noticeLines(run.notices),
      ]);
    });

  program
    .command('list')
    .description('who is about to leave, by priority')
    .argument('<table>')
    .option('--format <format>', 'table, csv or ndjson', listFormat, 'table')
    .option('--limit <number>', 'rows of the table', wholeNumber, 20)
    .option('--quadrant <letter>', 'A, B, C or D')
    .option('--city <unit>', 'only of this unit')
    .option('--min-probability <share>', 'from 0 to 1')
    .action(async (table: string, { format, limit, ...filters }: ListOptions) => {
      const { client, terminal } = context();
      if (format !== 'table') {
        await printStream(client, '/api/v1/churn-lists', { table, ...filters, format });
        return;
      }
      const { scores } = await client.get<{ scores: Score[] }>('/api/v1/churn-lists', {
        query: { table, ...filters, pageSize: Math.min(limit, 1_000) },
      });
      terminal.show(scores, () => scoreLines(scores));
    });

  program
    .command('export')
    .description('everything there is, in a stable order, to compare runs')
    .command('scores')
    .argument('<table>')
    .description('the newest scores of a table as CSV by internal id, without ids of runs and without times')
    .action(async (table: string) => {
      const { client, terminal } = context();
      const lines: string[] = [];
      const query = { table, pageSize: 1_000 };
      for await (const score of client.all<Score>('/api/v1/churn-lists', 'scores', query))
        lines.push(exportLine(score));
      lines.sort();
      terminal.print(
        ['subscriptionId,probability,value,currency,priority,quadrant,reasons,tableVersion,orgUnit', ...lines].join(
          '\n',
        ),
      );
    });
};

/** A line begins with the id, so that sorting the lines sorts by it. */
function exportLine(score: Score): string {
  const reasons = (score.reasons?.raising ?? [])
    .map(({ column, contribution }) => `${column}:${contribution}`)
    .join(';');
  const { subscriptionId, probability, value, priority, quadrant, tableVersion, orgUnit } = score;
  const cells = [
    subscriptionId,
    probability,
    value?.amount,
    value?.currency,
    priority,
    quadrant,
    reasons,
    tableVersion,
    orgUnit,
  ];
  return cells.map((cell) => csvCell(String(cell ?? ''))).join(',');
}

function csvCell(cell: string): string {
  return /[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

function modelLines(models: readonly Model[]): string[] {
  return tableLines(
    ['model', 'name', 'table', 'champion', 'AUC', 'average precision', 'calibration error', 'method'],
    models.map((model) => [
      model.modelId,
      model.name,
      model.table,
      model.champion ? 'yes' : 'no',
      figure(model.validation?.auc),
      figure(model.validation?.averagePrecision),
      figure(model.validation?.calibrationError),
      model.method,
    ]),
  );
}

/** How a model of a table with months was judged; nothing where it is none. */
function forwardLines({ validation }: Model): string[] {
  if (validation === null) return [];
  const { trainingMonths, judgedMonths, lostInGap, recall10, lastMonth } = validation;
  const lines: string[] = [];
  if (judgedMonths.length > 0) {
    const found = recall10 === null ? NOT_AVAILABLE : `${(recall10 * 100).toFixed(0)} %`;
    const learnt = `${trainingMonths[0]} to ${trainingMonths.at(-1)}`;
    lines.push(`judged on ${judgedMonths.join(', ')} after learning from ${learnt}`);
    lines.push(`${lostInGap} churned within the gap; recall in the first tenth: ${found}`);
  }
  if (lastMonth !== null) {
    const { month, realised, meanPrediction, auc } = lastMonth;
    const rates = `${share(realised)} left, ${share(meanPrediction)} predicted`;
    lines.push(`in ${month} ${rates}; AUC of the month ${figure(auc)}`);
  }
  return lines;
}

/** The mean probability of a run, and what it is to be compared with. */
function prevalenceLines({ meanProbability, realised }: Run): string[] {
  const compared = realised === null ? '' : `; in ${realised.month} ${share(realised.share)} left`;
  return [`mean probability ${share(meanProbability)}${compared}`];
}

function noticeLines(notices: readonly FigureNotice[]): string[] {
  return notices.map(({ message }) => `note: ${message}`);
}

const NOT_AVAILABLE = 'not available';

function figure(estimate: Estimate | null | undefined): string {
  return estimate?.mean.toFixed(4) ?? NOT_AVAILABLE;
}

function share(part: number | null): string {
  return part === null ? NOT_AVAILABLE : `${(part * 100).toFixed(2)} %`;
}

interface Leaver {
  subscriptionId: string;
  month: string;
  unit: string;
  probability: number;
  reasons: { causes: Cause[] };
}

function leaverLines(leavers: readonly Leaver[]): string[] {
  return tableLines(
    ['subscription', 'month', 'probability', 'causes', 'unit'],
    leavers.map(({ subscriptionId, month, probability, reasons, unit }) => [
      subscriptionId,
      month,
      probability.toFixed(3),
      causeNames(reasons.causes),
      unit,
    ]),
  );
}

function causeNames(causes: readonly Cause[]): string {
  return causes.map(({ cause }) => cause).join(', ');
}

function scoreLines(scores: readonly Score[]): string[] {
  return tableLines(
    ['subscription', 'probability', 'a month', 'priority', 'quadrant', 'causes', 'first reason', 'unit'],
    scores.map((score) => [
      score.subscriptionId,
      score.probability.toFixed(3),
      score.value === null ? null : `${score.value.amount} ${score.value.currency}`,
      score.priority.toFixed(2),
      score.quadrant,
      causeNames(score.reasons?.causes ?? []) || null,
      score.reasons?.raising[0]?.column ?? null,
      score.orgUnit,
    ]),
  );
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('a whole number is needed');
  return Number(text);
}

function listFormat(text: string): ListOptions['format'] {
  if (text === 'table' || text === 'csv' || text === 'ndjson') return text;
  throw new InvalidArgumentError('table, csv or ndjson');
}
