import { z } from 'zod';

const TABLES_MAX = 200;
const FILES_MAX = 100_000;
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

/** Descriptions are those of docs/extract.md. */
const MANIFEST_FILE = z.object({
  path: filePath.describe('The file, below the extract'),
  rows: rows.describe('Its rows without the header; another count stops the table'),
  sha256: sha256.describe(
    'SHA-256 of its bytes as handed over (of the `.gz`, if packed); another hash stops the table',
  ),
});

export const MANIFEST_TABLE = z.object({
  path: filePath.describe('The file, or the folder of the files, below the extract; `.gz` after a name may be omitted'),
  rows: rows.describe('Rows of all files without the headers; another count stops the table'),
  sha256: sha256.describe('SHA-256 of the bytes of a single file; another hash stops the table'),
  format: z.enum(['csv', 'parquet']).optional().describe('Default: Parquet if a name ends with `.parquet`, else CSV'),
  knownAfter: z
    .string()
    .regex(/^P(?=\d|T\d)(\d+W)?(\d+D)?(T(\d+H)?(\d+M)?)?$/, 'must be a duration such as P1D')
    .optional()
    .describe(
      'From the end of the month or day of a row to its knowledge time, see [Time rule](#time-rule); default `P5D`',
    ),
  rejectShareMax: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('Share of rejected rows above which the extract is held; default 0.02, at least 20 rows'),
  files: z
    .array(MANIFEST_FILE)
    .max(FILES_MAX)
    .refine((files) => new Set(files.map(({ path }) => path)).size === files.length, 'must name each file once')
    .optional()
    .describe('The files of a folder, with `path`, `rows` and `sha256` of each; default: all files below it, by name'),
});

const share = z.number().min(0).max(1);
const factor = z.number().gt(1);
/** Limits above which a difference to the extract before holds it (feature-store, comparison/limits.ts). */
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

export const MANIFEST = z.object({
  formatVersion: z.literal(1).describe('1'),
  operator: z
    .string()
    .min(1)
    .max(64)
    .describe('Name of the operator; `npm start` requires 1 to 31 characters of a-z, 0-9 and -. All ids depend on it'),
  extractId: z.string().min(1).max(64).describe('Name of the extract, for people'),
  sequence: z.int().min(1).describe('Orders extracts; larger than that of every extract before, corrections too'),
  complete: z
    .boolean()
    .default(false)
    .describe('Whether it contains every row of its months, which closes them; default `false`'),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'must be a currency such as CNY')
    .describe('ISO 4217 code of all money'),
  timezone: z
    .string()
    .refine(isTimeZone, 'must be a time zone such as Asia/Shanghai')
    .describe('IANA time zone of months, days and times without an offset'),
  from: month.describe('First month of monthly rows and events'),
  to: month.describe('Last month of monthly rows and events'),
  extractedAt: z.iso
    .datetime({ offset: true })
    .describe('When the extract was written, with an offset; not in the future'),
  limits: limits
    .optional()
    .describe('Limits of differences from the extract before, see [The next version](mapping.md#the-next-version)'),
  tables: z
    .record(z.string().max(64), MANIFEST_TABLE)
    .refine((tables) => Object.keys(tables).length <= TABLES_MAX)
    .describe('The tables by name; a table outside the contract is reported and not read'),
});

const manifest = MANIFEST.refine(({ from, to }) => from <= to, { message: 'must not be after to', path: ['from'] });

export type Manifest = z.output<typeof MANIFEST>;
export type ManifestTable = z.output<typeof MANIFEST_TABLE>;

export interface ManifestFile {
  path: string;
  rows?: number;
  /** Lower case. */
  sha256?: string;
}

/** The manifest in a text, or the first problem with its place. */
export function readManifest(text: string): { manifest: Manifest } | { problem: string } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { problem: 'not JSON' };
  }
  const parsed = manifest.safeParse(json);
  if (parsed.success) return { manifest: parsed.data };
  const [issue] = parsed.error.issues;
  return { problem: `${issue!.path.join('.')}: ${issue!.message}` };
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** Whether a path stays below its folder. */
export function isInside(path: string): boolean {
  if (path === '' || path.startsWith('/') || /[\\\p{Cc}:]/u.test(path)) return false;
  return path
    .split('/')
    .every((segment, at, all) => segment !== '..' && segment !== '.' && (segment !== '' || at === all.length - 1));
}

/**
 * The files of a table in the order of reading, and those that do not exist. A folder without a list has all files below
 * it, by name; a file may be packed, with `.gz` after its name.
 * @param paths of all files of the extract
 */
export function findFiles(
  table: ManifestTable,
  paths: ReadonlySet<string>,
): { files: ManifestFile[]; missing: string[] } {
  const folder = table.path.endsWith('/') ? table.path : `${table.path}/`;
  const below = [...paths].filter((path) => path.startsWith(folder)).sort();
  if (table.files === undefined && below.length > 0) return { files: below.map((path) => ({ path })), missing: [] };
  const files: ManifestFile[] = [];
  const missing: string[] = [];
  for (const { path, rows: count, sha256: hash } of table.files ?? [table]) {
    const name = [path, `${path}.gz`].find((candidate) => paths.has(candidate));
    if (name === undefined) missing.push(path);
    else
      files.push({
        path: name,
        ...(count === undefined ? {} : { rows: count }),
        ...(hash === undefined ? {} : { sha256: hash.toLowerCase() }),
      });
  }
  return { files, missing };
}

/** Whether a table's files are Parquet; by default by their names. */
export function isParquet(table: ManifestTable, files: readonly ManifestFile[]): boolean {
  if (table.format !== undefined) return table.format === 'parquet';
  return files.some(({ path }) => /\.parquet(\.gz)?$/.test(path));
}
