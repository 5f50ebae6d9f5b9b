import { MONTH_PATTERN } from '@holdfast/platform/calendar';
import { createHash } from 'node:crypto';
import { parseDocument, visit, type Document } from 'yaml';
import { z } from 'zod';
import { failure, type FieldFailure, type Texts } from '@holdfast/platform/errors';
import { COLUMN_TYPES, MONOTONE } from '../column/column.js';
import { UNSTORABLE } from '../csv/csv.js';
import { HINTS } from './mapping-hints.js';
import { linesIn, tokenProblem } from './mapping-tokens.js';

/** Most characters of a mapping file. */
const MAPPING_CHARS_MAX = 256 * 1024;
/** A failure travels in the trailer of a call, which has a few kilobytes. */
const PROBLEMS_MAX = 20;
const POINTER_CHARS_MAX = 100;

/** `label.from` if churn is inferred from missing rows. */
const DISAPPEARANCE = 'disappearance';

// The file is read with all scalars as texts (`positive: 1.0` stays "1.0"), since cells are texts too.
const isStorable = (text: string): boolean => !UNSTORABLE.test(text) && !/\p{Surrogate}/u.test(text);
const storable = z.string().max(200).refine(isStorable);
const column = storable.trim().min(1);
const cell = storable.trim();
const columns = z.array(column).max(2_000);
/** A text, or several of one meaning. */
const cells = z.union([cell.min(1).transform((text) => [text]), z.array(cell.min(1)).min(1).max(100)]);
const ONE_LINE = /^\P{Cc}*$/u;
/** Short enough for a sentence. */
const labelText = z.string().trim().min(1).max(60).regex(ONE_LINE);
const DECIMAL = /^\d{1,6}(\.\d{1,6})?$/;
const decimal = z.string().trim().regex(DECIMAL).transform(Number);
const share = decimal.refine((given) => given <= 1);
const factor = decimal.refine((given) => given > 1);
/** Limits above which a change holds a version (comparison/limits.ts). */
const limits = {
  keysKept: share.optional(),
  rows: share.optional(),
  scale: factor.optional(),
  codes: share.optional(),
  shift: decimal.optional(),
  missing: share.optional(),
  prevalence: factor.optional(),
};
const columnLabel = z
  .strictObject({ en: labelText.optional(), 'zh-CN': labelText.optional() })
  .refine((texts) => Object.keys(texts).length > 0);

/** Most months that a label looks ahead. */
const LEAD_MONTHS_MAX = 12;
const COUNT = /^\d{1,2}$/;
const months = (min: number) => {
  const isPossible = (count: number): boolean => count >= min && count <= LEAD_MONTHS_MAX;
  return z.string().regex(COUNT).transform(Number).refine(isPossible).optional();
};

const CONSENT_PURPOSES = ['marketing', 'profiling', 'research'] as const;
const CONSENT_CHANNELS = ['call', 'sms', 'email', 'app', 'hall', 'any'] as const;
/** Characters of a reference to a proof, as customer-profile stores it. */
const EVIDENCE_CHARS_MAX = 200;
const consentOf = z.strictObject({
  column,
  granted: cells,
  refused: cells.optional(),
  purpose: z.enum(CONSENT_PURPOSES).optional(),
  channel: z.enum(CONSENT_CHANNELS).optional(),
  since: column.optional(),
  evidence: z.string().trim().min(1).max(EVIDENCE_CHARS_MAX).regex(ONE_LINE).refine(isStorable).optional(),
});

const CURRENCY = /^[A-Z]{3}$/;

const schema = z.strictObject({
  table: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/),
  key: column.optional(),
  asOf: z.union([z.string().regex(MONTH_PATTERN), z.strictObject({ column })]).optional(),
  label: z
    .strictObject({ column, positive: cells, negative: cells.optional(), lead: months(1), gap: months(0) })
    .optional(),
  value: column.optional(),
  currency: z.string().regex(CURRENCY).default('CNY'),
  unit: column.optional(),
  personal: z.record(z.string().regex(/^(?!key$)[a-z][A-Za-z0-9]{0,30}$/), column).default({}),
  exclude: columns.default([]),
  keep: columns.default([]),
  types: z.record(column, z.enum(COLUMN_TYPES)).default({}),
  // No default: the hash of a mapping without labels stays what it was.
  labels: z.record(column, columnLabel).optional(),
  // No default, either.
  monotone: z.record(column, z.enum(MONOTONE)).optional(),
  missing: z.array(cell).max(100).default([]),
  split: z.strictObject({ column, train: cell.min(1), test: cell.min(1) }).optional(),
  experiment: z.strictObject({ arm: column, control: cell.min(1), outcomes: columns }).optional(),
  delimiter: z.enum([',', ';', '\t', '|']).optional(),
  // No default: the cells decide.
  decimal: z.enum(['.', ',']).optional(),
  // Written as `label: { from: disappearance, … }`, see `withDisappearance`.
  disappearance: z
    .strictObject({ from: z.literal(DISAPPEARANCE), lead: months(1), gap: months(0), absentMonths: months(1) })
    .optional(),
  // No defaults below: the hash of a mapping that does not have them stays what it was.
  keySpace: z.enum(['table', 'operator']).optional(),
  rejectShareMax: share.optional(),
  limits: z.strictObject(limits).optional(),
  // No default: the hash of a mapping without it stays what it was.
  consent: z
    .union([
      z.strictObject({ column, granted: cell.min(1) }),
      z
        .array(consentOf)
        .min(1)
        .max(CONSENT_PURPOSES.length * CONSENT_CHANNELS.length),
    ])
    .optional(),
});

/** The meaning of a plain table's columns; docs/mapping.md describes it for users. */
export type Mapping = z.output<typeof schema>;

/** If a month is given, too. */
const AS_OF_COLUMN: Texts = {
  en: 'names a column of months, so that no month can be given with the file',
  'zh-CN': '指定了月份列，因此上传时不能再指定月份',
};

const mappingUnreadable = failure('invalid', 'mapping.unreadable', {
  en: 'The mapping is neither YAML nor JSON: line {line} cannot be read.',
  'zh-CN': '映射文件既不是 YAML 也不是 JSON：第 {line} 行无法读取。',
});
const mappingInvalid = failure('invalid', 'mapping.invalid', {
  en: 'The mapping is wrong. {problems}',
  'zh-CN': '映射文件有误。{problems}',
});

/**
 * Reads a mapping file.
 * @param text YAML or JSON.
 * @param asOf month of all rows, which replaces that of the mapping; empty for the mapping's
 * @throws invalid, with every problem as a field.
 */
export function parseMapping(text: string, asOf = ''): Mapping {
  if (text.length > MAPPING_CHARS_MAX) throw invalid([problemAt('', { en: 'too long', 'zh-CN': '内容过长' })]);
  const unread = tokenProblem(text);
  if (unread !== undefined) throw invalid([lineProblem(unread.line, unread.text)]);
  // The library's check for repeated keys is quadratic, and so are its messages: seconds for a hostile file.
  const document = parseDocument(text, { schema: 'failsafe', uniqueKeys: false, prettyErrors: false });
  const [fault] = document.errors;
  if (fault !== undefined) throw mappingUnreadable({ line: 1 + linesIn(text.slice(0, fault.pos[0])) });
  checkNodes(document);
  const written: unknown = document.toJS();
  const given = new Set(Object.keys(written ?? {}));
  if (given.has('disappearance')) throw invalid([unknownKey('/disappearance', 'disappearance', given)]);
  const parsed = schema.safeParse(withAsOf(withDisappearance(written), asOf));
  if (!parsed.success) throw invalid(parsed.error.issues.flatMap((issue) => problemsOf(issue, given)));
  const { data } = parsed;
  const wrong = [columnsUsedTwice, labelProblems, consentProblems, monotoneProblems].flatMap((check) => check(data));
  if (wrong.length > 0) throw invalid(wrong);
  return data;
}

/** A label without a column has other keys and a separate schema, so that a fault has its exact place. */
function withDisappearance(written: unknown): unknown {
  if (typeof written !== 'object' || written === null || !('label' in written)) return written;
  const { label, ...rest } = written;
  return typeof label === 'object' && label !== null && 'from' in label ? { ...rest, disappearance: label } : written;
}

function withAsOf(written: unknown, asOf: string): unknown {
  if (asOf === '' || typeof written !== 'object' || written === null) return written;
  if ('asOf' in written && typeof written.asOf === 'object') throw invalid([problemAt('/asOf', AS_OF_COLUMN)]);
  return { ...written, asOf };
}

/** How one column states consents to one purpose by one channel. */
export interface ConsentColumn {
  column: string;
  granted: readonly string[];
  /** Other cells are unreadable, and count as refusals; without it they all are refusals. */
  refused?: readonly string[] | undefined;
  purpose: (typeof CONSENT_PURPOSES)[number];
  channel: (typeof CONSENT_CHANNELS)[number];
  /** Column with the time of the decision; empty for none. */
  since: string;
  /** Reference to the proof of the consents; without one no cell gives a consent. */
  evidence: string;
}

export function consentColumns({ consent }: Mapping): ConsentColumn[] {
  if (consent === undefined) return [];
  const marketing = { purpose: 'marketing', channel: 'any', since: '', evidence: '' } as const;
  if (!Array.isArray(consent)) return [{ ...marketing, column: consent.column, granted: [consent.granted] }];
  return consent.map(({ column: of, granted, refused, purpose, channel, since, evidence }) => ({
    ...{ column: of, granted, refused },
    purpose: purpose ?? marketing.purpose,
    channel: channel ?? marketing.channel,
    since: since ?? '',
    evidence: evidence ?? '',
  }));
}

const MONOTONE_CATEGORY: Texts = {
  en: 'is a category in types, which has no order that churn could follow',
  'zh-CN': '在 types 中为类别列，没有大小顺序，不能指定单调方向',
};

function monotoneProblems({ monotone = {}, types }: Mapping): FieldFailure[] {
  return Object.keys(monotone)
    .filter((name) => Object.hasOwn(types, name) && types[name] === 'category')
    .map((name) => problemAt(`/monotone/${name}`, MONOTONE_CATEGORY));
}

/** Two columns may not decide about the same purpose and channel. */
function consentProblems(mapping: Mapping): FieldFailure[] {
  const seen = new Set<string>();
  return consentColumns(mapping).flatMap(({ purpose, channel }, at) => {
    const about = `${purpose} ${channel}`;
    if (!seen.has(about)) {
      seen.add(about);
      return [];
    }
    return [problemAt(`/consent/${at}`, { en: `is about ${about} again`, 'zh-CN': `重复说明 ${about}` })];
  });
}

/** The months after a row's month that its label is about: from `gap` + 1 to `lead`. */
export function labelMonths({ label, disappearance }: Mapping): { lead: number; gap: number } {
  const { lead, gap = 0 } = label ?? disappearance ?? {};
  return { lead: lead ?? gap + 1, gap };
}

function labelProblems(mapping: Mapping): FieldFailure[] {
  const { lead, gap } = labelMonths(mapping);
  const lacksMonths = mapping.asOf === undefined || mapping.key === undefined;
  const ofGap = {
    en: `must be fewer months than lead, which is ${lead} of at most ${LEAD_MONTHS_MAX}`,
    'zh-CN': `应小于 lead（现为 ${lead}，最多 ${LEAD_MONTHS_MAX} 个月）`,
  };
  const ofMonths = {
    en: 'needs key and asOf: { column: NAME }, or the month of each file: missing rows are found by month',
    'zh-CN': '需要 key 与 asOf: { column: 列名 } 或每个文件的月份：只有按月才能看出谁已消失',
  };
  return [
    ...(gap >= lead || lead > LEAD_MONTHS_MAX ? [problemAt('/label/gap', ofGap)] : []),
    ...(mapping.disappearance !== undefined && lacksMonths ? [problemAt('/label/from', ofMonths)] : []),
  ];
}

/** Refuses repeated keys. */
function checkNodes(document: Document.Parsed): void {
  visit(document, {
    Map: (_, map) => {
      const seen = new Set<string>();
      for (const { key } of map.items) {
        const name = String(key);
        if (seen.has(name)) throw invalid([problemAt(`/${name}`, { en: 'occurs twice', 'zh-CN': '重复出现' })]);
        seen.add(name);
      }
    },
  });
}

/** Hash of a mapping, independent of the order and layout of its file. */
export function mappingHash(mapping: Mapping): string {
  const content = JSON.stringify(sorted(mapping));
  return createHash('sha256').update(content).digest('hex');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}

/** Complete by its type. */
const hints: Readonly<Record<keyof Mapping, Texts>> = HINTS;

/** @param given the keys that the mapping has */
function problemsOf(issue: z.core.$ZodIssue, given: ReadonlySet<string>): FieldFailure[] {
  const pointer = `/${issue.path.map(String).join('/')}`.replace(/^\/disappearance(?=\/|$)/, '/label');
  const hint: Texts | undefined = hints[String(issue.path[0]) as keyof Mapping];
  if (issue.code === 'unrecognized_keys') {
    const outer = pointer.split('/')[1]!;
    // No more than are reported: a hostile file has tens of thousands.
    return issue.keys.slice(0, PROBLEMS_MAX).map((key) => {
      if (hint === undefined) return unknownKey(`/${key}`, key, given);
      const en = `is not a key of ${outer}, which must be ${hint.en}`;
      return problemAt(`${pointer}/${key}`, { en, 'zh-CN': `不是 ${outer} 的键，${outer} 应为${hint['zh-CN']}` });
    });
  }
  if (hint === undefined) return [problemAt('', { en: 'must be a list of "key: value"', 'zh-CN': '应为“键: 值”列表' })];
  return [problemAt(pointer, { en: `must be ${hint.en}`, 'zh-CN': `应为${hint['zh-CN']}` })];
}

function unknownKey(pointer: string, key: string, given: ReadonlySet<string>): FieldFailure {
  const free = Object.keys(schema.shape).filter((known) => !given.has(known) && known !== 'disappearance');
  const near = nearest(key, free);
  return problemAt(pointer, {
    en: near === undefined ? 'is not a key of a mapping' : `is not a key of a mapping; did you mean ${near}?`,
    'zh-CN': near === undefined ? '不是映射文件的键' : `不是映射文件的键；是否想写 ${near}？`,
  });
}

function problemAt(pointer: string, texts: Texts): FieldFailure {
  return { pointer: pointer.slice(0, POINTER_CHARS_MAX), key: 'mapping.field', text: texts };
}

function lineProblem(line: number, { en, 'zh-CN': zh }: Texts): FieldFailure {
  return problemAt('', { en: `line ${line}: ${en}`, 'zh-CN': `第 ${line} 行：${zh}` });
}

function invalid(all: FieldFailure[]): Error {
  const problems = all.slice(0, PROBLEMS_MAX);
  const said = problems.map(({ pointer, text }) => `${pointer || '/'}: ${text.en}`).join('; ');
  return mappingInvalid({ problems: said.endsWith('?') ? said : `${said}.` }, { fields: problems });
}

/** A column has one use; `exclude`, `keep` and `types` are not uses. */
function columnsUsedTwice(mapping: Mapping): FieldFailure[] {
  const uses: [string, string | undefined][] = [
    ['/key', mapping.key],
    ['/asOf/column', typeof mapping.asOf === 'object' ? mapping.asOf.column : undefined],
    ['/label/column', mapping.label?.column],
    ['/value', mapping.value],
    ['/unit', mapping.unit],
    ['/split/column', mapping.split?.column],
    ...Object.entries(mapping.personal).map(([name, used]): [string, string] => [`/personal/${name}`, used]),
  ];
  const seen = new Map<string, string>();
  return uses.flatMap(([pointer, used]) => {
    if (used === undefined) return [];
    const before = seen.get(used);
    seen.set(used, pointer);
    if (before === undefined) return [];
    return [problemAt(pointer, { en: `names the same column as ${before}`, 'zh-CN': `与 ${before} 指向同一列` })];
  });
}

const NEAR_CHARS_MAX = 64;

/** The most similar name; long ones are not compared, since that takes the product of their lengths. */
export function nearest(name: string, candidates: readonly string[], distanceMax = 2): string | undefined {
  let near: { candidate: string; distance: number } | undefined;
  for (const candidate of candidates) {
    if (Math.max(candidate.length, name.length) > NEAR_CHARS_MAX || Math.abs(candidate.length - name.length) > 2)
      continue;
    const distance = editDistance(candidate.toLowerCase(), name.toLowerCase());
    if (distance <= distanceMax && (near === undefined || distance < near.distance)) near = { candidate, distance };
  }
  return near?.candidate;
}

/** Levenshtein's distance; O(left × right), for short names. */
export function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, at) => at);
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const substitution = row[j - 1]! + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[right.length]!;
}
