import { failure, type Failure } from '@holdfast/platform/errors';
import { personalForm } from './personal-values.js';

/** Values in a message; a column with more distinct ones may contain anything, personal data included. */
const VALUES_SHOWN_MAX = 10;
/** A value of fewer rows may be that of a person: callers with jobs:read see the message. */
const ROWS_SHOWN_MIN = 5;
const DISTINCT_SHOWN_MAX = 20;
const VALUE_CHARS_MAX = 40;

const labelNeverPositive = failure('unprocessable', 'label.neverPositive', {
  en: 'No row of column {column} has the value {positive} that is positive in the mapping. Mind capitals.{there}',
  'zh-CN': '列 {column} 中没有任何一行等于映射文件所写的正类取值 {positive}，请注意大小写。{there}',
});
const severalPositive = failure('unprocessable', 'label.severalPositive', {
  en: 'Column {column} has values that look equal to {positive}: {others}. Without an entry in the mapping they would count as stayed. Set label.positive: [{positive}, {others}] if these subscribers churned, or list them in label.negative if they stayed.',
  'zh-CN':
    '列 {column} 中除 {positive} 外还有看似同义的取值：{others}。映射文件未说明时，它们会被视为未流失。若属于流失，请写 label.positive: [{positive}, {others}]；若未流失，请在 label.negative 中列出。',
});

/** A value of a label's column. */
export interface LabelValue {
  text: string;
  rows: number;
}

/** Texts of the label in the mapping. */
export interface LabelValues {
  positive: string[];
  negative?: string[] | undefined;
}

const YES = ['1', 'yes', 'y', 'true', 't', '是', '有'];

/**
 * The failure if the positive value of a label does not occur, or if others look like it.
 * @param values of the column, the most frequent first
 */
export function labelProblem(
  column: string,
  values: readonly LabelValue[],
  { positive, negative = [] }: LabelValues,
  hasPositive: boolean,
): Failure | undefined {
  if (values.length === 0) return undefined;
  const isShown = values.length <= DISTINCT_SHOWN_MAX;
  if (!hasPositive)
    return labelNeverPositive({ column, positive: positive.join(', '), there: isShown ? ` (${listed(values)})` : '' });
  const declared = new Set([...positive, ...negative]);
  const others = values.filter(({ text }) => !declared.has(text) && positive.some((known) => looksLike(text, known)));
  // With `negative` in the mapping, other values are rejected row by row.
  if (others.length === 0 || negative.length > 0) return undefined;
  return severalPositive({ column, positive: positive.join(', '), others: isShown ? listed(others) : '…' });
}

/** Values for a message, without those that may be personal. */
function listed(values: readonly LabelValue[]): string {
  const common = values.filter(({ text, rows }) => rows >= ROWS_SHOWN_MIN && personalForm(text) === undefined);
  const shown = common.slice(0, VALUES_SHOWN_MAX).map(({ text }) => text.slice(0, VALUE_CHARS_MAX));
  return [...shown, ...(values.length > shown.length ? ['…'] : [])].join(', ');
}

/** Whether two values look the same: `YES` and `yes`, `1.0` and `1`, `Churned - competitor` and `Churned`. */
export function looksLike(value: string, positive: string): boolean {
  const [left, right] = [plain(value), plain(positive)];
  if (left === right || (YES.includes(left) && YES.includes(right))) return true;
  if (isNumeric(left) && isNumeric(right)) return Number(left) === Number(right);
  const [long, short] = left.length > right.length ? [left, right] : [right, left];
  return (
    /\p{L}{2}/u.test(short) && long.startsWith(short) && /^(\p{sc=Han}|[^\p{L}\p{N}])/u.test(long.slice(short.length))
  );
}

function plain(text: string): string {
  return text.normalize('NFKC').toLowerCase().trim();
}

function isNumeric(text: string): boolean {
  return /^[-+]?\d+(\.\d+)?$/.test(text);
}
