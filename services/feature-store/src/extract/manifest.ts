import { failure } from '@holdfast/platform/errors';
import {
  findFiles,
  readManifest,
  type Manifest,
  type ManifestFile,
  type ManifestTable,
} from '@holdfast/extract-contract/manifest';

export const MANIFEST_BYTES_MAX = 16 * 1024 * 1024;

const manifestMalformed = failure('invalid', 'manifest.malformed', {
  en: 'manifest.json cannot be read: {problem}',
  'zh-CN': '无法读取 manifest.json：{problem}',
});
const fileMissing = failure('unprocessable', 'extract.fileMissing', {
  en: 'The manifest names {path}, which does not exist.',
  'zh-CN': '清单中的文件 {path} 不存在。',
});

/** @throws invalid, with the place of the problem */
export function parseManifest(text: string): Manifest {
  const read = readManifest(text);
  if ('problem' in read) throw manifestMalformed({ problem: read.problem });
  return read.manifest;
}

/**
 * The files of a table in the order of reading, see `findFiles`.
 * @throws unprocessable for a missing file
 */
export function filesOf(table: ManifestTable, paths: ReadonlySet<string>): ManifestFile[] {
  const { files, missing } = findFiles(table, paths);
  if (missing.length > 0) throw fileMissing({ path: missing[0]! });
  return files;
}

const KNOWN_AFTER_DEFAULT_S = 5 * 86_400;
const UNIT_S: Record<string, number> = { W: 604_800, D: 86_400, H: 3600, M: 60 };

/** Seconds from the end of a row's month or day to its knowledge at the source. */
export function knownAfterSeconds({ knownAfter }: Pick<ManifestTable, 'knownAfter'>): number {
  if (knownAfter === undefined) return KNOWN_AFTER_DEFAULT_S;
  return [...knownAfter.matchAll(/(\d+)([WDHM])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * UNIT_S[unit!]!,
    0,
  );
}
