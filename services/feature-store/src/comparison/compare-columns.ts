import { personalForm } from '../column/personal-values.js';
import { figure, finding, percent, type Finding } from './finding.js';
import { ROWS_MIN, type Limits } from './limits.js';
import type { ColumnSummary, VersionSummary } from './summary.js';

/** Population stability index from which on a shift is reported. */
const SHIFT_REPORTED = 0.25;
/** Reported rise of the share of missing values. */
const MISSING_REPORTED = 0.1;
/** Reported factor between shares of positive labels. */
const PREVALENCE_REPORTED = 1.5;
/** Standard errors that a difference of shares must exceed. */
const STANDARD_ERRORS = 4;
/** Deciles that follow the same factor, within this one, have the same shape. */
const SAME_SHAPE_FACTOR = 1.5;
/** More codes are treated as texts and not shown. */
const CODES_SHOWN_MAX = 20;

interface Compared {
  table: string;
  /** Before the names of columns, if findings are about several tables. */
  prefix?: string;
  before: VersionSummary;
  now: VersionSummary;
  limits: Limits;
  /** Of a column of the version before: shares of the new values up to its edges, where both are numbers. */
  sharesNow: ReadonlyMap<string, readonly number[]>;
}

/** Differences between two versions of a table, apart from keys. */
export function compareColumns(compared: Compared): Finding[] {
  const { table, prefix = '', before, now, limits } = compared;
  const byName = new Map(now.columns.map((column) => [column.name, column]));
  const known = new Set(before.columns.map(({ name }) => name));
  const added = now.columns.filter(({ name, role }) => !known.has(name) && role !== 'excluded');
  const findings: Finding[] = [];
  if (before.rows >= ROWS_MIN && Math.abs(now.rows - before.rows) > limits.rows * before.rows)
    findings.push(finding('rows.changed', { table, holds: true }, { rows: now.rows, before: before.rows }));
  for (const column of before.columns) {
    const matters = column.isUsed || ['value', 'label', 'unit', 'personal'].includes(column.role);
    const successor = byName.get(column.name);
    if (successor === undefined) {
      if (matters || column.role === 'feature') findings.push(gone(compared, column, added, matters));
    } else if (matters && successor.role !== 'excluded') {
      findings.push(...compareColumn(compared, column, successor));
    }
  }
  findings.push(
    ...added.map(({ name }) => finding('column.added', { table, column: `${prefix}${name}`, holds: false })),
  );
  findings.push(...comparePrevalence(compared));
  return findings;
}

function gone(
  { table, prefix = '' }: Compared,
  column: ColumnSummary,
  added: readonly ColumnSummary[],
  matters: boolean,
): Finding {
  // A later month is often scored before its churn is known.
  const of = { table, column: `${prefix}${column.name}`, holds: matters && column.role !== 'label' };
  const other = added.find((candidate) => isAlike(column, candidate));
  return other === undefined ? finding('column.gone', of) : finding('column.renamed', of, { other: other.name });
}

function isAlike(one: ColumnSummary, other: ColumnSummary): boolean {
  if (one.type !== other.type) return false;
  if (one.codes !== undefined && other.codes !== undefined) return overlap(one.codes, other.codes) > 0.8;
  const [left, right] = [one.edges ?? [], other.edges ?? []];
  if (left.length === 0 || left.length !== right.length) return false;
  return left.every((edge, at) => Math.abs(right[at]! - edge) <= 0.2 * Math.max(Math.abs(edge), 1e-9));
}

function compareColumn(compared: Compared, before: ColumnSummary, now: ColumnSummary): Finding[] {
  const { table, prefix = '', limits } = compared;
  const of = { table, column: `${prefix}${before.name}` };
  const isLabel = before.role === 'label';
  if (before.rows < ROWS_MIN || now.rows < ROWS_MIN) return [];
  const rise = now.missing / now.rows - before.missing / before.rows;
  if (rise >= MISSING_REPORTED) {
    const shares = { now: percent(now.missing / now.rows), before: percent(before.missing / before.rows) };
    const isEmpty = now.missing === now.rows;
    const holds = (isEmpty || rise >= limits.missing) && !isLabel;
    if (isEmpty) return [finding('column.missing', { ...of, holds }, shares)];
    return [finding('column.missing', { ...of, holds }, shares), ...compareValues(compared, before, now)];
  }
  return compareValues(compared, before, now);
}

function compareValues(compared: Compared, before: ColumnSummary, now: ColumnSummary): Finding[] {
  const { table, prefix = '', limits } = compared;
  const of = { table, column: `${prefix}${before.name}` };
  if (before.isUsed && now.type !== before.type && now.excluded !== 'empty') {
    // A declared type is intended.
    return [finding('column.retyped', { ...of, holds: !now.isDeclared }, { before: before.type, now: now.type })];
  }
  if (before.isUsed && !now.isUsed && now.excluded !== undefined && now.excluded !== 'suspected_leak') {
    const wasAlmostConstant = now.excluded === 'constant' && majority(before) >= 0.8;
    return [finding('column.unusable', { ...of, holds: !wasAlmostConstant }, { reason: now.excluded })];
  }
  if (before.codes !== undefined && now.codes !== undefined) return compareCodes(compared, before, now);
  const scaled = scaleFactor(before.nonZero ?? [], now.nonZero ?? [], limits.scale);
  const medians = { before: figure(median(before)), now: figure(median(now)) };
  if (scaled !== undefined)
    return [finding('column.rescaled', { ...of, holds: true }, { factor: figure(scaled), ...medians })];
  const sharesNow = compared.sharesNow.get(before.name);
  if (before.shares === undefined || sharesNow === undefined) return [];
  const psi = stabilityIndex(binsOf(before.shares), binsOf(sharesNow), [before, now]);
  if (psi < SHIFT_REPORTED) return [];
  return [finding('column.shifted', { ...of, holds: psi >= limits.shift }, { psi: figure(psi), ...medians })];
}

function compareCodes({ table, prefix = '', limits }: Compared, before: ColumnSummary, now: ColumnSummary): Finding[] {
  const [codesBefore, codesNow] = [before.codes!, now.codes!];
  const share = Math.min(overlap(codesBefore, codesNow), overlap(codesNow, codesBefore));
  const of = { table, column: `${prefix}${before.name}` };
  if (share < limits.codes) {
    const shown = { share: percent(share), before: shownCodes(codesBefore), now: shownCodes(codesNow) };
    return [finding('column.recoded', { ...of, holds: true }, shown)];
  }
  // The share of positive labels is a separate finding; org units grow and shrink.
  if (before.role === 'label' || before.role === 'unit') return [];
  const codes = [...new Set([...Object.keys(codesBefore), ...Object.keys(codesNow)])];
  const shares = (of: Record<string, number>): number[] =>
    codes.map((code) => (Object.hasOwn(of, code) ? of[code]! : 0));
  const psi = stabilityIndex(shares(codesBefore), shares(codesNow), [before, now]);
  return psi < SHIFT_REPORTED ? [] : [finding('column.codesShifted', { ...of, holds: false }, { psi: figure(psi) })];
}

/** Of the rows with a stored code of `of`: the share whose code is in `other`, too. */
function overlap(of: Record<string, number>, other: Record<string, number>): number {
  let [all, shared] = [0, 0];
  for (const [code, share] of Object.entries(of)) {
    all += share;
    if (Object.hasOwn(other, code)) shared += share;
  }
  return all === 0 ? 1 : shared / all;
}

function shownCodes(codes: Record<string, number>): string {
  const sorted = Object.entries(codes).sort(([, left], [, right]) => right - left);
  // A few texts may be people, such as the agents of a hall.
  if (sorted.length > CODES_SHOWN_MAX || sorted.some(([code]) => personalForm(code) !== undefined))
    return String(sorted.length);
  const shown = sorted.slice(0, 4).map(([code]) => code.slice(0, 30));
  return [...shown, ...(sorted.length > 4 ? ['…'] : [])].join(', ');
}

function comparePrevalence({ table, before, now, limits }: Compared): Finding[] {
  const label = before.columns.find(({ role }) => role === 'label');
  const isKnown = before.labelledRows >= ROWS_MIN && now.labelledRows >= ROWS_MIN;
  if (label === undefined || !isKnown || !now.columns.some(({ role }) => role === 'label')) return [];
  const [old, fresh] = [before.positiveRows / before.labelledRows, now.positiveRows / now.labelledRows];
  const pooled = (before.positiveRows + now.positiveRows) / (before.labelledRows + now.labelledRows);
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / before.labelledRows + 1 / now.labelledRows));
  const factor = Math.max(old, fresh) / Math.min(old, fresh); // infinite where there was none
  if (old === fresh || Math.abs(fresh - old) < STANDARD_ERRORS * error || factor < PREVALENCE_REPORTED) return [];
  const of = { table, column: label.name, holds: factor >= limits.prevalence };
  return [finding('label.prevalence', of, { before: percent(old), now: percent(fresh) })];
}

/** The factor between two columns of values, if it reaches the limit and their shape is the same; deciles without 0. */
function scaleFactor(before: readonly number[], now: readonly number[], limit: number): number | undefined {
  if (before.length === 0 || before.length !== now.length) return undefined;
  const ratios = before.map((value, at) => now[at]! / value);
  if (ratios.some((ratio) => !(ratio > 0) || !Number.isFinite(ratio))) return undefined;
  const logs = ratios.map(Math.log).sort((left, right) => left - right);
  const middle = logs[Math.floor(logs.length / 2)]!;
  const spreads = logs.map((each) => Math.abs(each - middle)).sort((left, right) => left - right);
  const isSameShape = spreads[Math.floor(spreads.length / 2)]! <= Math.log(SAME_SHAPE_FACTOR);
  return isSameShape && Math.abs(middle) >= Math.log(limit) ? Math.exp(middle) : undefined;
}

function binsOf(upTo: readonly number[]): number[] {
  const bins = upTo.map((share, at) => share - (upTo[at - 1] ?? 0));
  return [...bins, 1 - (upTo.at(-1) ?? 0)];
}

/**
 * Population stability index (Kullback's symmetric divergence of two binned distributions), less what chance makes of it:
 * its expectation and three standard deviations, as 2n times it follows a chi-square distribution.
 */
function stabilityIndex(
  before: readonly number[],
  now: readonly number[],
  of: readonly [Pick<ColumnSummary, 'rows' | 'missing'>, Pick<ColumnSummary, 'rows' | 'missing'>],
): number {
  const floor = 1e-4;
  const index = before.reduce((sum, share, at) => {
    const [old, fresh] = [Math.max(share, floor), Math.max(now[at]!, floor)];
    return sum + (fresh - old) * Math.log(fresh / old);
  }, 0);
  const inverseRows = of.reduce((sum, { rows, missing }) => sum + 1 / Math.max(1, rows - missing), 0);
  const freedom = Math.max(1, before.length - 1);
  return Math.max(0, index - inverseRows * (freedom + 3 * Math.sqrt(2 * freedom)));
}

function majority({ shares, codes }: ColumnSummary): number {
  if (codes !== undefined) return Math.max(0, ...Object.values(codes));
  return shares === undefined ? 0 : Math.max(...binsOf(shares));
}

function median({ edges, shares }: ColumnSummary): number | undefined {
  const at = shares?.findIndex((share) => share >= 0.5) ?? -1;
  return at < 0 ? edges?.at(-1) : edges?.[at];
}
