import type { Credentials } from '@holdfast/client/access-token';
import type { Import } from '@holdfast/client/gen/operations';
import { RestClient } from '@holdfast/client/rest-client';
import { uploadTable } from '@holdfast/client/uploads';
import type { Summary } from '../output/summary.js';
import { loadedReport } from './held-import.js';
import { pick } from './pick.js';
import { SystemWork, type Report } from './system-work.js';

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
  const table = await client.call('GET /api/v1/tables/{table}', pick(imported, 'table', 'version'));
  const model = await work.step('train', () => work.train(table));
  const run = await work.step('score', () => work.score(table));
  const queue = run === null ? null : await work.step('list', () => work.queueOf(run.table, run));
  const list = queue === null ? [] : await work.firstOf(queue);
  const script = list.length === 0 ? null : await work.step('script', () => work.scriptOf(queue!, list[0]!));
  return work.summary({ report: imported.report, table, model, run, list, script });
}

async function setConsentDefault(client: RestClient, allowed: boolean): Promise<void> {
  const parameter = { service: 'customer-profile', key: 'consent.marketingDefault' } as const;
  const { value } = await client.call('GET /api/v1/parameters/{service}/{key}', parameter);
  if (value === allowed) return;
  await client.call('PUT /api/v1/parameters/{service}/{key}', { ...parameter, body: { value: allowed } });
}

async function importTable(
  work: SystemWork,
  { tableFile, mappingFile, confirm = false }: MainJobOptions,
): Promise<{ table: string; version: string; report: Import }> {
  work.say('uploading');
  const { result } = await work.finished(await uploadTable(work.client, tableFile, mappingFile));
  const report = await loadedReport(work.client, result['importId']!, { confirm, finished: work.finished });
  // Not the job's: it has none for an import that was held.
  return { table: result['table']!, version: report.tables[0]!.version!, report };
}
