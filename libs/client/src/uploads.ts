/** Uploads from the disk, for Node only. */
import { openAsBlob } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Job } from './gen/operations.js';
import type { RestClient } from './rest-client.js';

/**
 * Uploads a table with its mapping, streamed from the disk; gives the job, the first one for a repeated upload.
 * @param dryRun whether to check and compare only
 * @param asOf month of all rows, `YYYY-MM`; by default that of the mapping
 */
export async function uploadTable(
  client: RestClient,
  tableFile: string,
  mappingFile: string,
  { dryRun = false, asOf }: { dryRun?: boolean; asOf?: string | undefined } = {},
): Promise<Job> {
  const body = new FormData();
  // The mapping first: the gateway reads the file as it arrives.
  body.append('mapping', await readFile(mappingFile, 'utf8'));
  body.append('file', await openAsBlob(tableFile), path.basename(tableFile));
  return client.call('POST /api/v1/tables', { dryRun: dryRun ? 'true' : 'false', asOf, body });
}

/** Streams all files of an extract from the disk; gives the job, the first one for a repeated extract. */
export async function uploadExtract(client: RestClient, folder: string, dryRun = false): Promise<Job> {
  const body = new FormData();
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  for (const file of files.sort()) {
    body.append('files', await openAsBlob(file), path.relative(folder, file).split(path.sep).join('/'));
  }
  return client.call('POST /api/v1/imports', { dryRun: dryRun ? 'true' : 'false', body });
}
