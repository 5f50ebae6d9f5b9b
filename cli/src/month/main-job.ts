import type { Import } from '@holdfast/client/gen/operations';
import type { RestClient } from '@holdfast/client/rest-client';
import { uploadTable } from '@holdfast/client/uploads';
import { clientOf, type Connection } from './connection.js';
import type { Summary } from '../output/summary.js';
import { loadedReport } from './held-import.js';
import { pick } from './pick.js';
import type { Report } from './month-watch.js';
import { SystemWork } from './system-work.js';

export type MainJobOptions = Connection & {
  tableFile: string;
  mappingFile: string;
  /** Month of all rows, `YYYY-MM`; by default that of the mapping. */
  asOf?: string | undefined;
  /** Publishes a held import; otherwise it stays held, and the job fails with `HeldImportError`. */
  confirm?: boolean;
  report?: Report;
  signal?: AbortSignal;
  /** Allows marketing without a decision of the customer; omitted: the operator's setting stays. */
  marketingConsentDefault?: boolean;
  /** Whether to lease the first piece of work and read its script; default yes. */
  readScript?: boolean;
};

/**
 * The product's main job over REST alone: import a table, wait until it is trained on and scored and its list is built,
 * lease the first piece of work and read its script. Running it again after success changes nothing.
 */
export async function runMainJob(options: MainJobOptions): Promise<Summary> {
  const client = clientOf(options);
  const work = new SystemWork(client, options.report ?? (() => undefined), options.signal);
  if (options.marketingConsentDefault !== undefined) await setConsentDefault(client, options.marketingConsentDefault);
  const imported = await work.step('import', () => importTable(work, options));
  const table = await client.call('GET /api/v1/tables/{table}', pick(imported, 'table', 'version'));
  const learned = await work.learned(await work.watch(table.months.at(-1)!, table.table));
  const { run } = learned;
  const queue = run === null ? null : await work.step('list', () => work.queueOf(run.table, run));
  const list = queue === null ? [] : await work.firstOf(queue);
  const script =
    list.length === 0 || options.readScript === false
      ? null
      : await work.step('script', () => work.scriptOf(queue!, list[0]!));
  return work.summary({ report: imported.report, table, ...learned, list, script });
}

async function setConsentDefault(client: RestClient, allowed: boolean): Promise<void> {
  const parameter = { service: 'customer-profile', key: 'consent.marketingDefault' } as const;
  const { value } = await client.call('GET /api/v1/parameters/{service}/{key}', parameter);
  if (value === allowed) return;
  await client.call('PUT /api/v1/parameters/{service}/{key}', { ...parameter, body: { value: allowed } });
}

async function importTable(
  work: SystemWork,
  { tableFile, mappingFile, asOf, confirm = false }: MainJobOptions,
): Promise<{ table: string; version: string; report: Import }> {
  work.say('uploading');
  const { result } = await work.finished(await uploadTable(work.client, tableFile, mappingFile, { asOf }));
  const report = await loadedReport(work.client, result['importId']!, { confirm, finished: work.finished });
  // Not the job's: it has none for an import that was held.
  return { table: result['table']!, version: report.tables[0]!.version!, report };
}
