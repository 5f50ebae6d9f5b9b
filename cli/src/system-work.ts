import { setTimeout as sleep } from 'node:timers/promises';
import type { Job, Lease, LeaseAnswer, Model, Queue, Run, Table, WorkItem } from './answers.js';
import { ApiError, RestClient } from './client.js';
import { JobFailedError, jobDone } from './job-watch.js';
import type { Language, ListEntry, ModelSummary, ScriptSummary, Summary } from './table-summary.js';

export type Report = (progress: { text: string; fraction?: number }) => void;

const QUEUE_SECONDS_MAX = 300;
const QUEUE_LOOK_EVERY_MS = 100;
const LIST_ENTRIES = 5;
const AGENT = 'main-job';

/**
 * What a main job does with a system over REST: training, scoring, waiting for a list, reading the first script. Every
 * step names its work by content, so that after a crash it goes on where it was, and a second time it changes nothing.
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

  async train(table: Table): Promise<ModelSummary | null> {
    if (table.labelledRows === 0) {
      this.unavailable.push({ what: 'model', needs: 'a label in the mapping' });
      return null;
    }
    const result = await this.orUnavailable('model', () =>
      this.client.post<Job>('/api/v1/models', { table: table.table, version: table.version }),
    );
    if (result === undefined) return null;
    const model = await this.client.get<Model>(`/api/v1/models/${result['modelId']}`);
    return modelSummary(model);
  }

  async score(table: Table): Promise<Run | null> {
    const result = await this.orUnavailable('scores', () =>
      this.client.post<Job>('/api/v1/scores', { table: table.table, version: table.version }),
    );
    return result === undefined ? null : this.client.get<Run>(`/api/v1/churn-runs/${result['runId']}`);
  }

  /** The queue of a name once its list is built, from the given run if there is one. */
  async queueOf(name: string, run?: Pick<Run, 'runId'>): Promise<Queue | null> {
    this.say('building the list');
    const giveUpAtMs = Date.now() + QUEUE_SECONDS_MAX * 1_000;
    for (;;) {
      const { queues } = await this.client.get<{ queues: Queue[] }>('/api/v1/agent-queues');
      const drawn = queues.find((each) => each.queue === name && (run === undefined || each.runId === run.runId));
      if (drawn !== undefined) return drawn;
      if (Date.now() > giveUpAtMs) {
        this.unavailable.push({ what: 'list', needs: 'campaign to build the queue; its log has the reason' });
        return null;
      }
      await sleep(QUEUE_LOOK_EVERY_MS, undefined, this.signal === undefined ? {} : { signal: this.signal });
    }
  }

  async firstOf({ queue }: Queue): Promise<ListEntry[]> {
    const { items } = await this.client.get<{ items: WorkItem[] }>(`/api/v1/agent-queues/${queue}/items`, {
      query: { pageSize: LIST_ENTRIES },
    });
    return items.map(({ rank, subscriptionId, probability, value, priority, quadrant, firstReason, orgUnit }) => ({
      rank,
      subscriptionId,
      probability,
      value,
      priority,
      quadrant,
      firstReason,
      orgUnit,
    }));
  }

  /** Leases the next piece of work, reads its script in both languages and gives the work back. */
  async scriptOf({ queue }: Queue, first: ListEntry): Promise<ScriptSummary> {
    this.say('leasing work and reading its script');
    const { lease, passedOver } = await this.client.post<LeaseAnswer>(`/api/v1/agent-queues/${queue}/leases`, {
      agent: AGENT,
    });
    if (lease === null) {
      const reasons = Object.entries(passedOver).map(([reason, count]) => `${reason} ${count}`);
      const passed = reasons.join(', ') || 'none, the queue is empty';
      const needs = `a subscription that may be contacted now (passed over: ${passed})`;
      this.unavailable.push({ what: 'lease', needs });
      return this.readScript({ subscription: first.subscriptionId }, first.subscriptionId, null);
    }
    try {
      return await this.readScript({ lease: lease.leaseId }, lease.item.subscriptionId, lease);
    } finally {
      await this.client.delete(`/api/v1/leases/${lease.leaseId}`);
    }
  }

  private async readScript(
    whose: Record<string, string>,
    subscriptionId: string,
    lease: Lease | null,
  ): Promise<ScriptSummary> {
    const textIn = (lang: Language) =>
      this.client.text('/api/v1/scripts/current', { query: { ...whose, lang, format: 'text' } });
    const { sections } = await this.client.get<{ sections: unknown[] }>('/api/v1/scripts/current', {
      query: { ...whose, lang: 'en' },
    });
    return {
      subscriptionId,
      leaseId: lease?.leaseId ?? null,
      text: { 'zh-CN': await textIn('zh-CN'), en: await textIn('en') },
      sections,
    };
  }

  /** The ids of what a job made; undefined, and noted, where its input does not allow it. */
  async orUnavailable(what: string, start: () => Promise<Job>): Promise<Record<string, string> | undefined> {
    try {
      return (await this.finished(await start())).result;
    } catch (error) {
      const needs = unmetNeed(error);
      if (needs === undefined) throw error;
      this.unavailable.push({ what, needs });
      return undefined;
    }
  }

  finished(job: Job): Promise<Job> {
    return jobDone(this.client, job.jobId, ({ kind, phase, progress }) => {
      this.report({ text: phase === '' ? kind : `${kind}: ${phase}`, fraction: progress });
    });
  }

  async curlCommands({ table }: Table, first: ListEntry | undefined): Promise<string[]> {
    const token = await this.client.accessToken();
    const curl = (at: string): string => `curl -s -H "Authorization: Bearer ${token}" "${this.client.baseUrl}${at}"`;
    const ofFirst =
      first === undefined
        ? []
        : [
            curl(`/api/v1/subscriptions/${first.subscriptionId}/churn`),
            curl(`/api/v1/scripts/current?subscription=${first.subscriptionId}&format=text&lang=zh-CN`),
          ];
    return [curl(`/api/v1/tables/${table}`), curl(`/api/v1/churn-lists?table=${table}&pageSize=5`), ...ofFirst];
  }
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
    kind: model.kind,
    version: model.name,
    modelId: model.modelId,
    method: model.method,
    scheme: validation.scheme,
    rows: validation.rows,
    judgedMonths: validation.judgedMonths,
    auc: validation.auc,
    averagePrecision: validation.averagePrecision?.mean ?? null,
    lift10: validation.lift10?.mean ?? null,
    calibrationError: validation.calibrationError?.mean ?? null,
    calibrationErrorIdealP95: validation.calibrationErrorIdeal.p95,
    excluded: model.excluded,
    lastMonth: validation.lastMonth,
    notices: model.notices,
  };
}

export function reasonsOf(list: readonly ListEntry[]): string[] {
  return list.flatMap(({ firstReason }) => firstReason ?? []);
}

export function labelsOf(table: Table, columns: readonly string[]): NonNullable<Summary['columnLabels']> {
  const labelled = table.columns.filter(
    ({ name, label }) => columns.includes(name) && (label.en !== null || label['zh-CN'] !== null),
  );
  return Object.fromEntries(labelled.map(({ name, label }) => [name, label]));
}

export function riskOf({ atRisk, meanProbability, notices }: Run): NonNullable<Summary['atRisk']> {
  return {
    count: atRisk.count,
    probabilityMin: atRisk.probabilityMin,
    meanProbability,
    notices,
    byReason: Object.fromEntries(atRisk.byReason.map(({ column, count }) => [column, count])),
  };
}
