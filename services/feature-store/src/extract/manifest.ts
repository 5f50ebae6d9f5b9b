import { z } from 'zod';
import { failure } from '@holdfast/platform/errors';
import { isTimeZone } from '@holdfast/platform/calendar';

const TABLES_MAX = 200;
const FILES_MAX = 100_000;
export const MANIFEST_BYTES_MAX = 16 * 1024 * 1024;
export const MANIFEST_NAME = 'manifest.json';
export const PATH_CHARS_MAX = 400;

const month = z.string().regex(/^(19|20|21)\d\d-(0[1-9]|1[0-2])$/, 'must be a month such as 2026-09');
const filePath = z
  .string()
  .max(PATH_CHARS_MAX)
  .refine(isInside, 'must be a path below the extract, with /, without ..');
const rows = z.int().min(0).optional();
const sha256 = z
  .string()
  .regex(/^[0-9a-fA-F]{64}$/, 'must be 64 hex digits')
  .optional();

const manifestTable = z.object({
  path: filePath,
  rows,
  sha256,
  format: z.enum(['csv', 'parquet']).optional(),
  /** Time from a row's time to its knowledge at the source, an ISO 8601 duration; by default five days. */
  knownAfter: z
    .string()
    .regex(/^P(?=\d|T\d)(\d+W)?(\d+D)?(T(\d+H)?(\d+M)?)?$/, 'must be a duration such as P1D')
    .optional(),
  /** Share of rejected rows above which the extract is held; by default 2 %. */
  rejectShareMax: z.number().min(0).max(1).optional(),
  /** Of a table that is a folder. */
  files: z
    .array(z.object({ path: filePath, rows, sha256 }))
    .max(FILES_MAX)
    .refine((files) => new Set(files.map(({ path }) => path)).size === files.length, 'must name each file once')
    .optional(),
});

const share = z.number().min(0).max(1);
const factor = z.number().gt(1);
/** Limits above which a difference to the extract before holds it (comparison/limits.ts). */
const limits = z
  .object({
    keysKept: share,
    rows: share,
    scale: factor,
    codes: share,
    shift: z.number().min(0),
    missing: share,
    prevalence: factor,
  })
  .partial()
  .transform((given) => Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)));

const manifest = z
  .object({
    formatVersion: z.literal(1),
    operator: z.string().min(1).max(64),
    extractId: z.string().min(1).max(64),
    sequence: z.int().min(1),
    complete: z.boolean().default(false),
    currency: z.string().regex(/^[A-Z]{3}$/, 'must be a currency such as CNY'),
    timezone: z.string().refine(isTimeZone, 'must be a time zone such as Asia/Shanghai'),
    from: month,
    to: month,
    extractedAt: z.iso.datetime({ offset: true }),
    limits: limits.optional(),
    tables: z.record(z.string().max(64), manifestTable).refine((tables) => Object.keys(tables).length <= TABLES_MAX),
  })
  .refine(({ from, to }) => from <= to, { message: 'must not be after to', path: ['from'] });

export type Manifest = z.output<typeof manifest>;
export type ManifestTable = z.output<typeof manifestTable>;

export interface ManifestFile {
  path: string;
  rows?: number;
  /** Lower case. */
  sha256?: string;
}

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
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw manifestMalformed({ problem: 'not JSON' });
  }
  const parsed = manifest.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw manifestMalformed({ problem: `${issue!.path.join('.')}: ${issue!.message}` });
}

/** Whether a path stays below its folder. */
export function isInside(path: string): boolean {
  if (path === '' || path.startsWith('/') || /[\\\p{Cc}:]/u.test(path)) return false;
  return path
    .split('/')
    .every((segment, at, all) => segment !== '..' && segment !== '.' && (segment !== '' || at === all.length - 1));
}

/**
 * The files of a table in the order of reading. A folder without a list has all files below it, by name; a file may be packed,
 * with `.gz` after its name.
 * @param paths of all files of the extract
 * @throws unprocessable for a missing file
 */
export function filesOf(table: ManifestTable, paths: ReadonlySet<string>): ManifestFile[] {
  const found = (path: string): string => {
    const name = [path, `${path}.gz`].find((candidate) => paths.has(candidate));
    if (name === undefined) throw fileMissing({ path });
    return name;
  };
  const described = ({ path, rows: count, sha256: hash }: ManifestFile): ManifestFile => ({
    path: found(path),
    ...(count === undefined ? {} : { rows: count }),
    ...(hash === undefined ? {} : { sha256: hash.toLowerCase() }),
  });
  if (table.files !== undefined) return table.files.map((file) => described(file as ManifestFile));
  const folder = table.path.endsWith('/') ? table.path : `${table.path}/`;
  const below = [...paths].filter((path) => path.startsWith(folder)).sort();
  if (below.length > 0) return below.map((path) => ({ path }));
  return [described(table as ManifestFile)];
}

/** Whether a table's files are Parquet; by default by their names. */
export function isParquet(table: ManifestTable, files: readonly ManifestFile[]): boolean {
  if (table.format !== undefined) return table.format === 'parquet';
  return files.some(({ path }) => /\.parquet(\.gz)?$/.test(path));
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
