import { ApiError, JobFailedError } from '@holdfast/client/errors';
import type { Import, Job, Model, Queue, Table } from '@holdfast/client/gen/operations';
import { jobDone } from '@holdfast/client/jobs';
import type { Language, RequestOf, RestClient } from '@holdfast/client/rest-client';
import { sleep } from '@holdfast/client/sleep';
import {
  LIST_FIELDS,
  type ListEntry,
  type ModelSummary,
  type Run,
  type ScriptSummary,
  type Summary,
  type TrainedSummary,
} from '../output/summary.js';
import { countsText } from '../output/text.js';
import { watchMonth, type Report, type StepName, type Steps } from './month-watch.js';
import { pick } from './pick.js';

interface Learned extends Pick<Summary, 'model'> {
  trained: TrainedSummary | null;
  run: Run | null;
}

interface Findings extends Learned, Pick<Summary, 'list' | 'script'> {
  report: Import;
  table: Table | null;
}

const QUEUE_SECONDS_MAX = 300;
const QUEUE_LOOK_EVERY_MS = 100;
const LIST_ENTRIES = 5;
const AGENT = 'main-job';
const NONE = 'none, the queue is empty';
/** What the summary calls a step that is not available; lists of extracts are those of campaigns. */
const UNAVAILABLE_AS: Partial<Record<StepName, string>> = {
  ...{ profiles: 'profiles', view: 'features', training: 'model', scoring: 'scores' },
  ...{ fits: 'plan fit', households: 'households', effect: 'effect' },
};
const NOTED_AS: Partial<Record<StepName, string>> = {
  ...{ profiles: 'profiles', view: 'features', training: 'train', scoring: 'score' },
  ...{ fits: 'plan fit', households: 'households' },
};
const EXPECTED: ReadonlySet<string> = new Set(['month.needs', 'training.monthLearned']);

/**
 * What a main job does with a system over REST: watching the steps of a month, waiting for a list, reading the first
 * script. It names its work by content, so that after a crash it goes on where it was, and a second time it changes
 * nothing.
 */
export class SystemWork {
  readonly unavailable: Summary['unavailable'] = [];
  readonly seconds: Record<string, number> = {};

  constructor(
    readonly client: RestClient,
    private readonly report: Report,
    private readonly signal?: AbortSignal,
    /** Called after every step. */
    private readonly onStep: (name: string, seconds: number) => void = () => undefined,
  ) {}

  say(text: string): void {
    this.report({ text });
  }

  async step<T>(name: string, work: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    try {
      return await work();
    } finally {
      this.seconds[name] = Math.round((performance.now() - startedAt) / 100) / 10;
      this.onStep(name, this.seconds[name]);
    }
  }

  /** Waits for the steps that the services do by themselves; notes those that the input does not allow. */
  async watch(month: string, table: string | null): Promise<Steps> {
    const steps = await watchMonth(
      this.client,
      { month, table },
      { report: this.report, onDone: (step, seconds) => this.noteStep(step, seconds), signal: this.signal },
    );
    for (const { step, state, code, message } of steps.values()) {
      const what = UNAVAILABLE_AS[step];
      // What a missing step prevents is not named again.
      if (state === 'not_available' && what !== undefined && !EXPECTED.has(code ?? ''))
        this.unavailable.push({ what, needs: message ?? '' });
    }
    return steps;
  }

  /** The step as this program names it; the import is measured with its upload. */
  private noteStep(step: StepName, seconds: number): void {
    const name = NOTED_AS[step];
    if (name === undefined) return;
    this.seconds[name] = seconds;
    this.onStep(name, seconds);
  }

  /** The run of scores, the model that scored, and the model that was trained in the month. */
  async learned(steps: Steps): Promise<Learned> {
    const [runId, trainedId] = [resultOf(steps, 'scoring', 'runId'), resultOf(steps, 'training', 'modelId')];
    const run = runId === undefined ? null : await this.client.call('GET /api/v1/churn-runs/{runId}', { runId });
    const trained = trainedId === undefined ? null : await this.model(trainedId);
    const scored = run === null || run.modelId === trainedId ? trained : await this.model(run.modelId);
    return { run, model: scored && modelSummary(scored), trained: trained && trainedSummary(trained) };
  }

  private model(modelId: string): Promise<Model> {
    return this.client.call('GET /api/v1/models/{modelId}', { modelId });
  }

  /** The queue of a name once its list is built, from the given run if there is one. */
  async queueOf(name: string, run?: Pick<Run, 'runId'>): Promise<Queue | null> {
    this.say('building the list');
    const giveUpAtMs = Date.now() + QUEUE_SECONDS_MAX * 1_000;
    for (;;) {
      const { queues } = await this.client.call('GET /api/v1/agent-queues');
      const built = queues.find((each) => each.queue === name && (run === undefined || each.runId === run.runId));
      if (built !== undefined) return built;
      if (Date.now() > giveUpAtMs) {
        this.unavailable.push({
          what: 'list',
          needs: 'The service campaign has not built the queue; its log has the reason.',
        });
        return null;
      }
      await sleep(QUEUE_LOOK_EVERY_MS, this.signal);
    }
  }

  async firstOf({ queue }: Queue): Promise<ListEntry[]> {
    const request = { queue, pageSize: LIST_ENTRIES };
    const { items } = await this.client.call('GET /api/v1/agent-queues/{queue}/items', request);
    return items.map((item) => pick(item, ...LIST_FIELDS));
  }

  /** Leases the next piece of work, reads its script in both languages and gives the work back. */
  async scriptOf({ queue }: Queue, first: ListEntry): Promise<ScriptSummary> {
    this.say('leasing work and reading its script');
    const request = { queue, body: { agent: AGENT } };
    const { lease, passedOver } = await this.client.call('POST /api/v1/agent-queues/{queue}/leases', request);
    if (lease === null) {
      const needs = `No subscription may be contacted now (passed over: ${countsText(passedOver) || NONE}).`;
      this.unavailable.push({ what: 'lease', needs });
      return this.readScript({ subscription: first.subscriptionId }, first.subscriptionId, null);
    }
    const { leaseId, item } = lease;
    try {
      return await this.readScript({ lease: leaseId }, item.subscriptionId, leaseId);
    } finally {
      await this.client.call('DELETE /api/v1/leases/{leaseId}', { leaseId });
    }
  }

  private async readScript(
    whose: RequestOf<'GET /api/v1/scripts/current'>,
    subscriptionId: string,
    leaseId: string | null,
  ): Promise<ScriptSummary> {
    const name = 'GET /api/v1/scripts/current';
    const textIn = (lang: Language) => this.client.text(name, { ...whose, lang, format: 'text' });
    const { sections } = await this.client.call(name, { ...whose, lang: 'en' });
    return { subscriptionId, leaseId, text: { 'zh-CN': await textIn('zh-CN'), en: await textIn('en') }, sections };
  }

  /** The ids of what a job made; undefined, and noted, where its input does not allow it. */
  async orUnavailable(what: string, start: () => Promise<Job>): Promise<Record<string, string> | undefined> {
    return this.available(what, async () => (await this.finished(await start())).result);
  }

  /** What a step gives; undefined, and noted, where its input does not allow it. */
  async available<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      const needs = unmetNeed(error);
      if (needs === undefined) throw error;
      this.unavailable.push({ what, needs });
      return undefined;
    }
  }

  readonly finished = ({ jobId }: Pick<Job, 'jobId'>): Promise<Job> =>
    jobDone(this.client, jobId, {
      onChange: ({ kind, phase, progress }) =>
        this.report({ text: phase === '' ? kind : `${kind}: ${phase}`, fraction: progress }),
    });

  /** What a main job found; `table` is null if nothing could be learnt from. */
  async summary({ report, table, model, trained, run, list, script }: Findings): Promise<Summary> {
    const columns = [
      ...(run?.atRisk.byReason ?? []).map(({ column }) => column),
      ...list.flatMap(({ firstReason }) => firstReason ?? []),
    ];
    return {
      imports: importCounts(report),
      importNotices: importNotices(report),
      model,
      trained,
      atRisk: run && riskOf(run),
      list,
      script,
      columnLabels: table === null ? {} : labelsOf(table, columns),
      curl: table === null ? [] : await this.curlCommands(table, list[0]),
      unavailable: this.unavailable,
      seconds: this.seconds,
    };
  }

  private async curlCommands({ table }: Table, first: ListEntry | undefined): Promise<string[]> {
    const token = await this.client.accessToken();
    const paths = [
      `tables/${table}`,
      `churn-lists?table=${table}&pageSize=5`,
      ...(first === undefined
        ? []
        : [
            `subscriptions/${first.subscriptionId}/churn`,
            `scripts/current?subscription=${first.subscriptionId}&format=text&lang=zh-CN`,
          ]),
    ];
    return paths.map((at) => `curl -s -H "Authorization: Bearer ${token}" "${this.client.baseUrl}/api/v1/${at}"`);
  }
}

/** The counts of an import, each with the id that `rejects` needs. */
function importCounts({ tables, importId }: Import): Summary['imports'] {
  return tables.map((counts) => ({ ...pick(counts, 'table', 'read', 'accepted', 'rejected', 'duplicates'), importId }));
}

/** What its owner should know of an import: its notices, and what differs from the version before without holding it. */
function importNotices({ notices, findings }: Import): string[] {
  return [...notices, ...findings.filter(({ holds }) => !holds)].map(({ message }) => message);
}

/** What the input lacks, where that is why a step was refused or failed. */
function unmetNeed(error: unknown): string | undefined {
  if (error instanceof ApiError && (error.status === 412 || error.status === 422))
    return error.problem?.detail ?? error.message;
  if (error instanceof JobFailedError && ['precondition', 'unprocessable'].includes(error.job.error?.kind ?? '')) {
    return error.job.error!.message;
  }
  return undefined;
}

function modelSummary(model: Model): ModelSummary | null {
  const { validation } = model;
  if (validation === null) return null;
  return {
    ...pick(model, 'kind', 'modelId', 'method', 'excluded', 'notices'),
    ...pick(validation, 'scheme', 'rows', 'judgedMonths', 'auc', 'lastMonth', 'challengers', 'causes', 'contacted'),
    version: model.name,
    averagePrecision: validation.averagePrecision?.mean ?? null,
    lift10: validation.lift10?.mean ?? null,
    calibrationError: validation.calibrationError?.mean ?? null,
    calibrationErrorIdealP95: validation.calibrationErrorIdeal.p95,
    capacity: validation.capacity,
  };
}

function trainedSummary({ modelId, name, validation, verdict }: Model): TrainedSummary {
  return { modelId, version: name, auc: validation?.auc ?? null, verdict };
}

/** An id that a step has made; undefined where it was not done. */
export function resultOf(steps: Steps, step: StepName, name: string): string | undefined {
  const found = steps.get(step);
  return found?.state === 'done' ? found.result[name] : undefined;
}

function labelsOf(table: Table, columns: readonly string[]): NonNullable<Summary['columnLabels']> {
  const labelled = table.columns.filter(
    ({ name, label }) => columns.includes(name) && (label.en !== null || label['zh-CN'] !== null),
  );
  return Object.fromEntries(labelled.map(({ name, label }) => [name, label]));
}

function riskOf({ atRisk, meanProbability, notices }: Run): NonNullable<Summary['atRisk']> {
  return {
    ...pick(atRisk, 'count', 'probabilityMin'),
    meanProbability,
    notices,
    byReason: Object.fromEntries(atRisk.byReason.map(({ column, count }) => [column, count])),
  };
}
