import { openAsBlob } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ImportReport, Job, Parameter, Table } from './answers.js';
import { RestClient, type Credentials } from './client.js';
import { loadedReport } from './held-import.js';
import type { Summary } from './table-summary.js';
import { SystemWork, labelsOf, reasonsOf, riskOf, type Report } from './system-work.js';

export interface MainJobOptions {
  /** Where the gateway is. */
  baseUrl: string;
  credentials: Credentials;
  tableFile: string;
  mappingFile: string;
  /** Publishes a held import; otherwise it stays held, and the job fails with `HeldImportError`. */
  confirm?: boolean;
  report?: Report;
  signal?: AbortSignal;
  /** Allows marketing without a decision of the customer; omitted: the operator's setting stays. */
  marketingConsentDefault?: boolean;
  /** How long to retry while the system does not answer, e.g. while a service restarts. */
  retrySeconds?: number;
}

/**
 * The product's main job over REST alone: import a table, train, score, wait for the list, lease its first piece of
 * work and read its script. Running it again after success changes nothing.
 */
export async function runMainJob(options: MainJobOptions): Promise<Summary> {
  const client = new RestClient(options);
  const work = new SystemWork(client, options.report ?? (() => undefined), options.signal);
  if (options.marketingConsentDefault !== undefined) await setConsentDefault(client, options.marketingConsentDefault);
  const imported = await work.step('import', () => importTable(work, options));
  const table = await client.get<Table>(`/api/v1/tables/${imported.table}`, { query: { version: imported.version } });
  const model = await work.step('train', () => work.train(table));
  const run = await work.step('score', () => work.score(table));
  const queue = run === null ? null : await work.step('list', () => work.queueOf(run.table, run));
  const list = queue === null ? [] : await work.firstOf(queue);
  const script = list.length === 0 ? null : await work.step('script', () => work.scriptOf(queue!, list[0]!));
  return {
    imports: importCounts(imported.report),
    importNotices: importNotices(imported.report),
    model,
    atRisk: run === null ? null : riskOf(run),
    list,
    script,
    columnLabels: labelsOf(table, [...(run?.atRisk.byReason ?? []).map(({ column }) => column), ...reasonsOf(list)]),
    curl: await work.curlCommands(table, list[0]),
    unavailable: work.unavailable,
    seconds: work.seconds,
  };
}

/** The counts of an import, each with the id that `rejects` needs. */
export function importCounts(report: ImportReport): Summary['imports'] {
  return report.tables.map(({ table, read, accepted, rejected, duplicates }) => ({
    table,
    read,
    accepted,
    rejected,
    duplicates,
    importId: report.importId,
  }));
}

/** What its owner should know of an import: its notices, and what differs from the version before without holding it. */
export function importNotices({ notices, findings }: ImportReport): string[] {
  return [...notices, ...findings.filter(({ holds }) => !holds)].map(({ message }) => message);
}

async function setConsentDefault(client: RestClient, allowed: boolean): Promise<void> {
  const at = '/api/v1/parameters/customer-profile/consent.marketingDefault';
  const { value } = await client.get<Parameter>(at);
  if (value !== allowed) await client.put(at, { value: allowed });
}

async function importTable(
  work: SystemWork,
  { tableFile, mappingFile, confirm = false }: MainJobOptions,
): Promise<{ table: string; version: string; report: ImportReport }> {
  work.say('uploading');
  const { result } = await work.finished(await uploadTable(work.client, tableFile, mappingFile));
  const finished = (job: Job): Promise<Job> => work.finished(job);
  const report = await loadedReport(work.client, result['importId']!, { confirm, finished });
  // Not the job's: it has none for an import that was held.
  return { table: result['table']!, version: report.tables[0]!.version!, report };
}

/** Uploads a table with its mapping, streamed from the disk; gives the job, the first one for a repeated upload. */
export async function uploadTable(client: RestClient, tableFile: string, mappingFile: string): Promise<Job> {
  const form = new FormData();
  // The mapping first: the gateway reads the file as it arrives.
  form.append('mapping', await readFile(mappingFile, 'utf8'));
  form.append('file', await openAsBlob(tableFile), path.basename(tableFile));
  return client.post<Job>('/api/v1/tables', form);
}
