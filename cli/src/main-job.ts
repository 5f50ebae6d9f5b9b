import { openAsBlob } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type {
  ImportReport,
  Job,
  Lease,
  LeaseAnswer,
  Model,
  Parameter,
  Queue,
  Run,
  Table,
  WorkItem,
} from './answers.js';
import { ApiError, RestClient, type Credentials } from './client.js';
import { JobFailedError, jobDone } from './job-watch.js';
import type { Language, ListEntry, ModelSummary, ScriptSummary, Summary } from './summary.js';

export interface MainJobOptions {
  /** Where the gateway is. */
  baseUrl: string;
  credentials: Credentials;
  tableFile: string;
  mappingFile: string;
  report?: (progress: { text: string; fraction?: number }) => void;
  signal?: AbortSignal;
  /** Says that marketing is allowed where a customer has said nothing; left out, the operator's setting stays. */
  marketingConsentDefault?: boolean;
  /** How long to wait for a system that does not answer, as while a service restarts. */
  patienceSeconds?: number;
}

const QUEUE_SECONDS_MAX = 300;
const QUEUE_LOOK_EVERY_MS = 500;
const LIST_ENTRIES = 5;
const AGENT = 'main-job';

/**
 * The product's main job over REST alone: import a table, train, score, wait for the list, lease its first piece of
 * work and read its script. Every step names its work by content, so running it again after a crash goes on where it was,
 * and running it again after success changes nothing.
 */
export async function runMainJob(options: MainJobOptions): Promise<Summary> {
  return new MainJob(options).run();
}

class MainJob {
  private readonly client: RestClient;
  private readonly report: NonNullable<MainJobOptions['report']>;
  private readonly unavailable: Summary['unavailable'] = [];
  private readonly seconds: Record<string, number> = {};

  constructor(private readonly options: MainJobOptions) {
    this.client = new RestClient(options);
    this.report = options.report ?? (() => undefined);
  }

  async run(): Promise<Summary> {
    if (this.options.marketingConsentDefault !== undefined)
      await this.setConsentDefault(this.options.marketingConsentDefault);
    const imported = await this.step('import', () => this.importTable());
    const table = await this.client.get<Table>(`/api/v1/tables/${imported.table}`, {
      query: { version: imported.version },
    });
    const model = await this.step('train', () => this.train(table));
    const run = await this.step('score', () => this.score(table));
    const queue = run === null ? null : await this.step('list', () => this.queueOf(run));
    const list = queue === null ? [] : await this.firstOf(queue);
    const script = list.length === 0 ? null : await this.step('script', () => this.scriptOf(queue!, list[0]!));
    return {
      imports: imported.report.tables.map(({ table: name, read, accepted, rejected, duplicates }) => ({
        table: name,
        read,
        accepted,
        rejected,
        duplicates,
        importId: imported.report.importId,
      })),
      model,
      atRisk: run === null ? null : riskOf(run),
      list,
      script,
      columnLabels: labelsOf(table, [...(run?.atRisk.byReason ?? []).map(({ column }) => column), ...reasonsOf(list)]),
      curl: await this.curlCommands(table, list[0]),
      unavailable: this.unavailable,
      seconds: this.seconds,
    };
  }

  private async step<T>(name: string, work: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    try {
      return await work();
    } finally {
      this.seconds[name] = Math.round((performance.now() - startedAt) / 100) / 10;
    }
  }

  private async setConsentDefault(allowed: boolean): Promise<void> {
    const path = '/api/v1/parameters/customer-profile/consent.marketingDefault';
    const { value } = await this.client.get<Parameter>(path);
    if (value !== allowed) await this.client.put(path, { value: allowed });
  }

  private async importTable(): Promise<{ table: string; version: string; report: ImportReport }> {
    const { tableFile, mappingFile } = this.options;
    this.report({ text: 'uploading' });
    const job = await uploadTable(this.client, tableFile, mappingFile);
    const { result } = await this.finished(job);
    const report = await this.client.get<ImportReport>(`/api/v1/imports/${result['importId']}`);
    return { table: result['table']!, version: result['version']!, report };
  }

  private async train(table: Table): Promise<ModelSummary | null> {
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

  private async score(table: Table): Promise<Run | null> {
    const result = await this.orUnavailable('scores', () =>
      this.client.post<Job>('/api/v1/scores', { table: table.table, version: table.version }),
    );
    return result === undefined ? null : this.client.get<Run>(`/api/v1/churn-runs/${result['runId']}`);
  }

  /** The queue once it is drawn from the run, or from a later one. */
  private async queueOf(run: Run): Promise<Queue | null> {
    this.report({ text: 'drawing the list' });
    const giveUpAtMs = Date.now() + QUEUE_SECONDS_MAX * 1_000;
    for (;;) {
      const { queues } = await this.client.get<{ queues: Queue[] }>('/api/v1/agent-queues');
      const drawn = queues.find(({ queue, runId }) => queue === run.table && runId === run.runId);
      if (drawn !== undefined) return drawn;
      if (Date.now() > giveUpAtMs) {
        this.unavailable.push({ what: 'list', needs: 'campaign to draw the queue; its log says why it has not' });
        return null;
      }
      await sleep(
        QUEUE_LOOK_EVERY_MS,
        undefined,
        this.options.signal === undefined ? {} : { signal: this.options.signal },
      );
    }
  }

  private async firstOf({ queue }: Queue): Promise<ListEntry[]> {
    const { items } = await this.client.get<{ items: WorkItem[] }>(`/api/v1/agent-queues/${queue}/items`, {
      query: { pageSize: LIST_ENTRIES },
    });
    return items.map(({ rank, subscriptionId, probability, value, priority, quadrant, firstReason, unit }) => ({
      rank,
      subscriptionId,
      probability,
      value,
      priority,
      quadrant,
      firstReason,
      unit,
    }));
  }

  /** Leases the next piece of work, reads its script in both languages and gives the work back. */
  private async scriptOf({ queue }: Queue, first: ListEntry): Promise<ScriptSummary> {
    this.report({ text: 'leasing work and reading its script' });
    const { lease, passedOver } = await this.client.post<LeaseAnswer>(`/api/v1/agent-queues/${queue}/leases`, {
      agent: AGENT,
    });
    if (lease === null) {
      const reasons = Object.entries(passedOver).map(([reason, count]) => `${reason} ${count}`);
      const passed = reasons.join(', ') || 'none, the queue is empty';
      const needs = `somebody whom the gate allows to call now (passed over: ${passed})`;
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
  private async orUnavailable(what: string, start: () => Promise<Job>): Promise<Record<string, string> | undefined> {
    try {
      return (await this.finished(await start())).result;
    } catch (error) {
      const needs = unmetNeed(error);
      if (needs === undefined) throw error;
      this.unavailable.push({ what, needs });
      return undefined;
    }
  }

  private finished(job: Job): Promise<Job> {
    return jobDone(this.client, job.jobId, ({ kind, phase, progress }) => {
      this.report({ text: phase === '' ? kind : `${kind}: ${phase}`, fraction: progress });
    });
  }

  private async curlCommands({ table }: Table, first: ListEntry | undefined): Promise<string[]> {
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

/** Uploads a table with its mapping, streamed from the disk; gives the job, the first one if it was there already. */
export async function uploadTable(client: RestClient, tableFile: string, mappingFile: string): Promise<Job> {
  const form = new FormData();
  // The mapping first: the gateway reads the file as it arrives.
  form.append('mapping', await readFile(mappingFile, 'utf8'));
  form.append('file', await openAsBlob(tableFile), path.basename(tableFile));
  return client.post<Job>('/api/v1/tables', form);
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
    auc: validation.auc,
    averagePrecision: validation.averagePrecision.mean,
    lift10: validation.lift10.mean,
    calibrationError: validation.calibrationError.mean,
    calibrationErrorIdealP95: validation.calibrationErrorIdeal.p95,
    leftOut: model.leftOut,
  };
}

function reasonsOf(list: readonly ListEntry[]): string[] {
  return list.flatMap(({ firstReason }) => firstReason ?? []);
}

function labelsOf(table: Table, columns: readonly string[]): NonNullable<Summary['columnLabels']> {
  const labelled = table.columns.filter(
    ({ name, label }) => columns.includes(name) && (label.en !== null || label['zh-CN'] !== null),
  );
  return Object.fromEntries(labelled.map(({ name, label }) => [name, label]));
}

function riskOf({ atRisk }: Run): NonNullable<Summary['atRisk']> {
  return {
    count: atRisk.count,
    probabilityMin: atRisk.probabilityMin,
    byReason: Object.fromEntries(atRisk.byReason.map(({ column, count }) => [column, count])),
  };
}
