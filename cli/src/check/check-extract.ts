import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import {
  MANIFEST_NAME,
  findFiles,
  isParquet,
  readManifest,
  type Manifest,
  type ManifestFile,
  type ManifestTable,
} from '@holdfast/extract-contract/manifest';
import { PLAUSIBLE, implausibleTime } from '@holdfast/extract-contract/plausible';
import { contractTableOf } from '@holdfast/extract-contract/tables';
import { checkFile } from './check-file.js';
import type { Problem } from './problem.js';

export interface ExtractCheck {
  tables: number;
  files: number;
  problems: Problem[];
}

const TO_MANIFEST = 'Correct the manifest, or deliver the file that it describes.';

/** Checks the folder of an extract. @param sampleRows rows of each file whose cells are checked */
export async function checkExtract(folder: string, sampleRows: number): Promise<ExtractCheck> {
  const text = await readFile(path.join(folder, MANIFEST_NAME), 'utf8');
  const read = readManifest(text);
  if ('problem' in read) {
    const remedy = 'docs/extract.md has every field.';
    return { tables: 0, files: 0, problems: [{ isError: true, file: MANIFEST_NAME, text: read.problem, remedy }] };
  }
  const paths = await pathsBelow(folder);
  const check: ExtractCheck = { tables: 0, files: 0, problems: implausible(read.manifest) };
  for (const [name, table] of Object.entries(read.manifest.tables)) {
    check.tables += 1;
    const { files, problems } = await checkTable(folder, paths, read.manifest, name, table, sampleRows);
    check.files += files;
    check.problems.push(...problems);
  }
  return check;
}

/** What the import refuses with the defaults of its parameters. */
function implausible(manifest: Manifest): Problem[] {
  const { sequence } = manifest;
  const { sequenceFirstMax, sequenceGapMax } = PLAUSIBLE;
  const time = implausibleTime(manifest, PLAUSIBLE);
  const of = { isError: true, file: MANIFEST_NAME };
  const texts = [
    ...(sequence > sequenceFirstMax
      ? [
          `sequence: ${sequence} is not plausible: at most ${sequenceFirstMax} for a first extract, and at most ` +
            `${sequenceGapMax} more than the one before for a later one.`,
        ]
      : []),
    ...(time === undefined ? [] : [`${time.field}: ${time.value} is not plausible.`]),
  ];
  return texts.map((text) => ({ ...of, text, remedy: 'Correct it; the import refuses the extract.' }));
}

async function checkTable(
  folder: string,
  paths: ReadonlySet<string>,
  manifest: Manifest,
  name: string,
  described: ManifestTable,
  sampleRows: number,
): Promise<{ files: number; problems: Problem[] }> {
  const { files, missing } = findFiles(described, paths);
  const problems = missing.map((file): Problem => ({ isError: true, file, text: 'missing.', remedy: TO_MANIFEST }));
  const contract = contractTableOf(name);
  if (contract === undefined) {
    const text = `table ${name} is not in the contract; it is not read.`;
    problems.push({
      isError: false,
      file: MANIFEST_NAME,
      text,
      remedy: 'docs/extract.md has the names of all tables.',
    });
    return { files: files.length, problems };
  }
  let total: number | undefined = 0;
  for (const file of files) {
    problems.push(...(await checkHash(folder, file)));
    if (isParquet(described, files)) {
      total = undefined;
      continue;
    }
    const countsRows = file.rows !== undefined || described.rows !== undefined;
    const checked = await checkFile(contract, file, { folder, manifest, sampleRows, countsRows });
    problems.push(...checked.problems, ...rowsProblem(file.path, file.rows, checked.rows));
    total = total === undefined || checked.rows === undefined ? undefined : total + checked.rows;
  }
  const isCountedByFile = files.length === 1 && files[0]!.rows !== undefined;
  if (missing.length === 0 && !isCountedByFile) problems.push(...rowsProblem(described.path, described.rows, total));
  return { files: files.length, problems };
}

function rowsProblem(file: string, stated: number | undefined, found: number | undefined): Problem[] {
  if (stated === undefined || found === undefined || stated === found) return [];
  const text = `${found} rows; the manifest specifies ${stated}.`;
  return [{ isError: true, file, text, remedy: TO_MANIFEST }];
}

async function checkHash(folder: string, { path: file, sha256 }: ManifestFile): Promise<Problem[]> {
  if (sha256 === undefined) return [];
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path.join(folder, file))) hash.update(chunk as Buffer);
  if (hash.digest('hex') === sha256) return [];
  return [{ isError: true, file, text: 'the SHA-256 differs from that of the manifest.', remedy: TO_MANIFEST }];
}

/** Files of a folder with `/` between names. */
async function pathsBelow(folder: string): Promise<Set<string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return new Set(
    files.map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join('/')),
  );
}
