import { readFileSync } from 'node:fs';
import { namedCauses } from '@holdfast/platform/terms';
import type { Cause, Estimate, ListedScore, Model } from '@holdfast/client/gen/operations';
import type { LineOf, RequestOf, ResponseOf } from '@holdfast/client/rest-client';
import { moneyText, percentText, tableLines } from '../output/text.js';
import type { CommandGroup } from './command.js';
import { KEYS, type KeysOption } from './keys.js';
import { example, decimal, featureColumn, formatOption, wholeNumber, type ListFormat } from './options.js';

type Run = ResponseOf<'GET /api/v1/churn-runs/{runId}'>;
type Churner = LineOf<'GET /api/v1/models/{modelId}/validated-churners'>;

type ListRequest = RequestOf<'GET /api/v1/churn-lists'>;
type Kind = NonNullable<ListRequest['kind']>;

interface ListOptions
  extends KeysOption, Pick<ListRequest, 'kind' | 'involuntary' | 'quadrant' | 'city' | 'minProbability'> {
  format: ListFormat;
  limit: number;
}

/** train, import-model, models, churners, score, list, export scores */
export const churnCommands: CommandGroup = (program, context) => {
  program
    .command('train')
    .description('train and validate a model on a table, and wait for it')
    .argument('<table>', 'name, such as subscriber-months')
    .option('--seed <number>', 'seed of everything random', wholeNumber)
    .option('--kind <kind>', 'status, with all other kinds that the table has labels of, or one of these')
    .addHelpText('after', example('train subscriber-months'))
    .action(async (table: string, options: { seed?: number; kind?: Kind }) => {
      const { client, show, finished } = context();
      const { result } = await finished(await client.call('POST /api/v1/models', { body: { table, ...options } }));
      const model = client.call('GET /api/v1/models/{modelId}', { modelId: result['modelId']! });
      await show(model, (found) => [...modelLines([found]), ...forwardLines(found), ...noticeLines(found)]);
    });

  program
    .command('import-model')
    .description('validate a model of XGBoost (JSON) or LightGBM (text) on a table, and wait for it')
    .argument('<table>', 'name, such as subscriber-months')
    .argument('<file>', 'as save_model writes it')
    .option('--column <feature=column...>', 'column of the table for a feature of another name', featureColumn)
    .addHelpText('after', example('import-model subscriber-months model.json --column f0=tenure_months'))
    .action(async (table: string, file: string, { column }: { column?: Record<string, string> }) => {
      const { client, show, finished } = context();
      const content = readFileSync(file, 'utf8');
      const format = content.trimStart().startsWith('{') ? 'xgboost' : 'lightgbm';
      const body = { table, format, content, columns: column ?? {} } as const;
      const { result } = await finished(await client.call('POST /api/v1/models:import', { body }));
      const model = client.call('GET /api/v1/models/{modelId}', { modelId: result['modelId']! });
      await show(model, (found) => [...modelLines([found]), ...forwardLines(found), ...noticeLines(found)]);
    });

  program
    .command('models')
    .description('the models, newest first')
    .option('--table <name>', 'only of this table')
    .addHelpText('after', example('models --table subscriber-months'))
    .action(async (options: { table?: string }) => {
      const { client, show } = context();
      const { models } = await client.call('GET /api/v1/models', options);
      await show(models, modelLines);
    });

  program
    .command('churners')
    .description('out-of-sample predictions of subscribers that then churned')
    .argument('<model>', 'id of the model')
    .addOption(KEYS.option())
    .addHelpText('after', example('churners 80dd706f-29d1-5b5c-8d14-6f1b0f3c2e55'))
    .action(async (modelId: string, keys: KeysOption) => {
      const { client, show } = context();
      const request = { modelId, ...KEYS.query(keys) };
      const churners: Churner[] = [];
      for await (const churner of client.lines('GET /api/v1/models/{modelId}/validated-churners', request))
        churners.push(churner);
      await show(churners, (found) => churnerLines(found, keys));
    });

  program
    .command('score')
    .description('score every subscription of a table with its champion, and wait for it')
    .argument('<table>', 'name, such as subscriber-months')
    .option('--month <month>', 'YYYY-MM; the last one of a table with months')
    .addHelpText('after', example('score subscriber-months --month 2026-09'))
    .action(async (table: string, options: { month?: string }) => {
      const { client, show, finished } = context();
      const { result } = await finished(await client.call('POST /api/v1/scores', { body: { table, ...options } }));
      await show(client.call('GET /api/v1/churn-runs/{runId}', { runId: result['runId']! }), runLines);
    });

  program
    .command('list')
    .description('who is about to leave, by priority')
    .argument('<table>', 'name, such as subscriber-months')
    .option(
      '--kind <kind>',
      'status (to retain), involuntary (arrears, with what can be done about them) or value (bills that fall)',
    )
    .option('--involuntary <which>', 'of the kind status, involuntary churners: exclude, include or only')
    .addOption(formatOption())
    .option('--limit <number>', 'rows of the table', wholeNumber, 20)
    .option('--quadrant <letter>', 'A, B, C or D')
    .option('--city <unit>', 'only of this unit')
    .option('--min-probability <share>', 'from 0 to 1', decimal)
    .addOption(KEYS.option())
    .addHelpText('after', example('list subscriber-months --quadrant C --limit 50'))
    .action(async (table: string, { format, limit, keys = false, ...filters }: ListOptions) => {
      const { client, show, copy } = context();
      const name = 'GET /api/v1/churn-lists';
      if (format === 'table') {
        const request = { table, ...filters, ...KEYS.query({ keys }), pageSize: Math.min(limit, 1_000) };
        const { scores } = await client.call(name, request);
        await show(scores, (found) => scoreLines(found, { keys }));
      } else await copy(client.stream(name, { table, ...filters, ...KEYS.query({ keys }), format }));
    });

  program
    .command('export')
    .description('everything there is, in a stable order, to compare runs')
    .command('scores')
    .argument('<table>', 'name, such as subscriber-months')
    .description('the newest scores of a table as CSV by internal id, without ids of runs and without times')
    .addOption(KEYS.option())
    .addHelpText('after', example('export scores subscriber-months'))
    .action(async (table: string, options: KeysOption) => {
      const { client, terminal } = context();
      const request = { table, involuntary: 'include', pageSize: 1_000, ...KEYS.query(options) } as const;
      const scores = await client.all('GET /api/v1/churn-lists', 'scores', request);
      const columns = 'subscriptionId,probability,value,currency,priority,quadrant,reasons,tableVersion,orgUnit';
      const header = options.keys ? `${columns},key` : columns;
      terminal.print([header, ...scores.map((score) => exportLine(score, options)).sort()].join('\n'));
    });
};

/** A line begins with the id, so that sorting the lines sorts by it. */
function exportLine(score: ListedScore, { keys = false }: KeysOption): string {
  const { subscriptionId, probability, value, priority, quadrant, tableVersion, orgUnit } = score;
  const raising = score.reasons?.raising ?? [];
  const reasons = raising.map(({ column, contribution }) => `${column}:${contribution}`).join(';');
  const money = [value?.amount, value?.currency];
  const cells = [subscriptionId, probability, ...money, priority, quadrant, reasons, tableVersion, orgUnit];
  return [...cells, ...(keys ? [score.key] : [])].map((cell) => csvCell(String(cell ?? ''))).join(',');
}

function csvCell(cell: string): string {
  return /[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

function modelLines(models: readonly Model[]): string[] {
  return tableLines(models, {
    model: 'modelId',
    name: 'name',
    kind: 'kind',
    table: 'table',
    champion: 'champion',
    AUC: ({ validation }) => figure(validation?.auc),
    'precision at capacity': ({ validation }) => capacityText(validation),
    'average precision': ({ validation }) => figure(validation?.averagePrecision),
    'calibration error': ({ validation }) => figure(validation?.calibrationError),
    method: 'method',
    verdict: ({ verdict }) => verdict?.code,
  });
}

/** How a model of a table with months was judged; nothing where it is none. */
function forwardLines({ validation }: Model): string[] {
  if (validation === null) return [];
  const { trainingMonths, judgedMonths, lostInGap, recall10, lastMonth, horizons, baseline, challengers, contacted } =
    validation;
  const lines: string[] = [];
  if (judgedMonths.length > 0) {
    const found = recall10 === null ? NOT_AVAILABLE : `${(recall10 * 100).toFixed(0)} %`;
    const learnt = `${trainingMonths[0]} to ${trainingMonths.at(-1)}`;
    lines.push(`judged on ${judgedMonths.join(', ')} after learning from ${learnt}`);
    lines.push(`${lostInGap} churned within the gap; recall in the first tenth: ${found}`);
  }
  for (const {
    months,
    auc,
    precisionAtCapacity,
    calibrationError,
    calibrationSlope,
    judgedMonths,
    reason,
  } of horizons) {
    const figures = [auc, precisionAtCapacity, calibrationError, calibrationSlope].map(number);
    const worth = `AUC ${figures[0]}, precision at capacity ${figures[1]}, calibration error ${figures[2]}, slope ${figures[3]} on ${judgedMonths.join(', ')}`;
    lines.push(`within ${months} months: ${reason ?? worth}`);
  }
  for (const { method, auc, difference, chosen, reason } of challengers) {
    const against =
      difference === null
        ? NOT_AVAILABLE
        : `${difference.mean.toFixed(4)} (${difference.low?.toFixed(4)} to ${difference.high?.toFixed(4)})`;
    const figures = `AUC ${auc?.toFixed(4) ?? NOT_AVAILABLE}, minus that of the trees ${against}`;
    lines.push(`challenger ${method}: ${reason ?? figures}${chosen ? ', chosen' : ''}`);
  }
  if (contacted !== null) {
    const { rows, share, treatment, comparedWith, auc, comparedAuc, calibrationError, comparedCalibrationError } =
      contacted;
    const figures = [auc, comparedAuc, calibrationError, comparedCalibrationError].map(number);
    lines.push(
      `${rows} rows (${(100 * share).toFixed(1)} %) had been contacted: ${treatment}; on the others AUC ${figures[0]} (${comparedWith} ${figures[1]}), calibration error ${figures[2]} (${figures[3]})`,
    );
  }
  if (baseline !== null) {
    const { auc, averagePrecision, lift10, precisionAtCapacity: precision } = baseline;
    lines.push(
      `ranked by the drop of the bill: AUC ${auc.toFixed(4)}, precision at capacity ${number(precision)}, average precision ${averagePrecision.toFixed(4)}, ` +
        `lift ${lift10.toFixed(2)}`,
    );
  }
  if (lastMonth !== null) {
    const { month, realised, meanPrediction, auc, precisionAtCapacity } = lastMonth;
    const rates = `${share(realised)} left, ${share(meanPrediction)} predicted`;
    lines.push(
      `in ${month} ${rates}; AUC of the month ${figure(auc)}, precision at capacity ${figure(precisionAtCapacity)}`,
    );
  }
  return lines;
}

function runLines(run: Run): string[] {
  const { rows, month, atRisk, meanProbability, realised, involuntary } = run;
  const compared = realised === null ? '' : `; in ${realised.month} ${share(realised.share)} left`;
  return [
    `${rows} scored${month === null ? '' : ` in ${month}`}, ${atRisk.count} at risk ` +
      `(probability of ${atRisk.probabilityMin} or more)`,
    ...atRisk.byCause.map(({ cause, count }) => `  ${cause}  ${count}`),
    ...(atRisk.withoutClearReason === null ? [] : [`  no clear reason  ${atRisk.withoutClearReason}`]),
    ...atRisk.byReason.map(({ column, count }) => `  ${column}  ${count}`),
    ...(involuntary === 0 ? [] : [`${involuntary} are likelier to leave for arrears, and in no list of retention`]),
    `mean probability ${share(meanProbability)}${compared}`,
    ...noticeLines(run),
  ];
}

function noticeLines({ notices }: Pick<Model, 'notices'>): string[] {
  return notices.map(({ message }) => `note: ${message}`);
}

const NOT_AVAILABLE = 'not available';

function figure(estimate: Estimate | null | undefined): string {
  return estimate?.mean.toFixed(4) ?? NOT_AVAILABLE;
}

function number(value: number | null): string {
  return value?.toFixed(4) ?? NOT_AVAILABLE;
}

/** Such as `0.3100 of 100`. */
function capacityText(validation: Model['validation']): string {
  const capacity = validation?.capacity ?? null;
  return capacity === null ? NOT_AVAILABLE : `${figure(capacity.precision)} of ${capacity.contacts}`;
}

function share(part: number | null): string {
  return part === null ? NOT_AVAILABLE : percentText(part);
}

function churnerLines(churners: readonly Churner[], options: KeysOption): string[] {
  return tableLines(churners, {
    subscription: 'subscriptionId',
    ...KEYS.column(options),
    month: 'month',
    probability: ({ probability }) => probability.toFixed(3),
    causes: ({ reasons }) => causeNames(namedCauses(reasons)),
    unit: 'orgUnit',
  });
}

function causeNames(causes: readonly Cause[]): string {
  return causes.map(({ cause }) => cause).join(', ');
}

/** The run, and the model that scored it, are named above its list. */
function scoreLines(scores: readonly ListedScore[], options: KeysOption): string[] {
  const [first] = scores;
  const origin =
    first && `run ${first.runId}, model ${first.model.name}${first.month === null ? '' : `, ${first.month}`}`;
  const rows = tableLines(scores, {
    subscription: 'subscriptionId',
    ...KEYS.column(options),
    probability: ({ probability }) => probability.toFixed(3),
    'a month': ({ value }) => moneyText(value),
    priority: ({ priority }) => priority.toFixed(2),
    quadrant: 'quadrant',
    causes: ({ reasons }) => (reasons === null ? null : causeNames(namedCauses(reasons)) || null),
    'first reason': ({ reasons }) => reasons?.raising[0]?.column,
    ...(scores.some(({ levers }) => levers.length > 0)
      ? { levers: ({ levers }: ListedScore) => levers.map(({ lever }) => lever).join(', ') || null }
      : {}),
    unit: 'orgUnit',
  });
  return origin === undefined ? rows : [origin, ...rows];
}
