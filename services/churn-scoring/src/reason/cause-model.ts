import { fillCauseProbabilities, type CauseWeights, type EvidenceRows } from '@holdfast/learning/cause-regression';
import { fillCalibrated, type CauseCalibrationJson } from '@holdfast/learning/cause-calibration';
import type { Explanation } from '@holdfast/learning/margin-model';
import { buildDesign, termCountOf, type ColumnTerms } from '@holdfast/learning/design-matrix';
import type { Table } from '@holdfast/learning/table';
import type { TypedColumn } from '../table/typed-column.js';
import { ComparisonGroups, type ComparisonGroupsJson } from './comparison-groups.js';
import { CAUSE_CLASSES, TAXONOMY } from './taxonomy.js';

/** Weight of own evidence where no codes teach another: they are log-hazards. */
export const OWN_WEIGHT = 1;
/** Standardised values are this much smaller than log-odds, so that one penalty fits both. */
const TERM_SCALE = 0.3;
/** Least part of the usual hazard that a cause is thought to have. */
const QUIET_MIN = 0.05;
/** Of proportional fitting; the shares are then met to a thousandth. */
const SHARE_ROUNDS = 20;
const NO_VALUES = new Float64Array();
const ZEROS: readonly number[] = CAUSE_CLASSES.map(() => 0);
/** A fact or a cause's evidence counts from here on, in log-odds of the cause against others: it raises them by a tenth. */
export const STRENGTH_MIN = 0.1;
/** Without codes: a less probable reason is not named. */
const USUAL_THRESHOLD = 0.2;
/** A sign is what three in four churners for other causes have less of. */
const SIGN_QUANTILE = 0.75;

/** JSON; stored with the model. */
export interface CauseModelJson {
  /** Churners with a code that names a cause, which it learned from; 0: the product's own shares × evidence. */
  readonly codedLeavers: number;
  /** Shares of the causes among churners, by position in CAUSE_CLASSES. */
  readonly shares: readonly number[];
  /** By position in CAUSE_CLASSES: the part of the usual hazard that is the cause's, see `logHazard`. */
  readonly quiet: readonly number[];
  /** Of contributions, for log-odds as they are calibrated. */
  readonly scale: number;
  /** Weight of the calibrated regression against the shares alone, 0 to 1. */
  readonly blend: number;
  /** Of the regression's probabilities, from churners held out of it. */
  readonly calibration: CauseCalibrationJson;
  /** A reason that is less probable than this is not named. */
  readonly threshold: number;
  /** Columns of the regression. */
  readonly terms: readonly ColumnTerms[];
  /** See CauseWeights. */
  readonly weights: readonly number[];
  /** Mean of each term over all subscriptions. */
  readonly usualTerms: readonly number[];
  /** By position in CAUSE_CLASSES: strength of the own columns that most churners for other causes have. */
  readonly signs: readonly number[];
  readonly groups: ComparisonGroupsJson;
  /** Groups of correlated cause columns, by position in `groups.columns`: one fact each. */
  readonly facts: readonly number[];
}

/** What the causes of some rows are. */
export interface AssessedCauses {
  /** By row and class of CAUSE_CLASSES: probability of the cause if the subscription leaves. */
  readonly probabilities: Float64Array;
  /** By row and class: evidence of the cause beyond that of the comparison group, log-odds of leaving. */
  readonly own: Float64Array;
  /** The same as log-hazards of the causes, see `logHazard`. */
  readonly hazards: Float64Array;
  /** By row and cause column, in the order of `CauseModel.causal`: log-odds that it adds to its cause against others. */
  readonly strengths: Float64Array;
  /** By row: its comparison group. */
  readonly groups: Uint32Array;
}

/** A column that a view assigns to a cause. */
export interface CausalColumn {
  /** Its place among the columns of explanations. */
  readonly index: number;
  /** Its place among those whose usual is known. */
  readonly usual: number;
  /** Position of its cause in CAUSE_CLASSES. */
  readonly place: number;
  /** Terms of the regression, from the first to before the last. */
  readonly terms: readonly [number, number];
}

/**
 * P(cause | leaves, row): competing hazards, each with own evidence beyond the usual of subscriptions of
 * the same tenure and plan, and with what else distinguishes causes among past churners with a code; calibrated on churners
 * held out, and shrunk to the operator's shares as far as those require it.
 */
export class CauseModel {
  readonly groups: ComparisonGroups;
  readonly causal: readonly CausalColumn[];
  private readonly weights: CauseWeights;
  /** By class and term: its weight beyond that of other causes, which count by their shares. */
  private readonly contrasts: Float64Array;

  /** @param columns those of explanations, in their order */
  constructor(
    readonly json: CauseModelJson,
    columns: readonly TypedColumn[],
  ) {
    this.groups = new ComparisonGroups(json.groups);
    const count = termsOf(json.terms);
    this.weights = { classes: CAUSE_CLASSES.length, columns: count, weights: Float64Array.from(json.weights) };
    this.contrasts = contrastsOf(this.weights, json.shares);
    const terms = placesOfTerms(json.terms);
    this.causal = columns.flatMap(({ name, cause }, index): CausalColumn[] => {
      if (cause === undefined) return [];
      const place = CAUSE_CLASSES.indexOf(cause);
      return [{ usual: this.groups.place(name), index, place, terms: terms.get(name) ?? [0, 0] }];
    });
  }

  /** @param rows the explained rows, numbers of the table's */
  assess(explanation: Explanation, table: Table, rows: Uint32Array): AssessedCauses {
    const { shares, blend, terms, calibration } = this.json;
    const classes = CAUSE_CLASSES.length;
    const values = denseTerms(terms, table, rows);
    const evidence = this.ownEvidence(explanation, table, rows, values);
    const probabilities = new Float64Array(rows.length * classes);
    for (let at = 0; at < rows.length; at += 1) {
      const of = probabilities.subarray(at * classes, (at + 1) * classes);
      fillCauseProbabilities(this.weights, { own: evidence.hazards, values }, at, of);
      fillCalibrated(calibration, shares, of, of);
      for (let place = 0; place < classes; place += 1) of[place] = blend * of[place]! + (1 - blend) * shares[place]!;
    }
    return { probabilities, ...evidence };
  }

  /** The probabilities of one of the assessed rows, by position in CAUSE_CLASSES. */
  row({ probabilities }: AssessedCauses, at: number): Float64Array {
    return probabilities.slice(at * CAUSE_CLASSES.length, (at + 1) * CAUSE_CLASSES.length);
  }

  /**
   * Log-odds that the own columns of each cause add to it against others, beyond the usual and beyond what most churners
   * for other causes have: what all churners do before they leave is a sign, not a cause. By position in CAUSE_CLASSES.
   */
  strengthsOf({ strengths }: AssessedCauses, at: number): Float64Array {
    const { signs } = this.json;
    const sums = new Float64Array(signs.length);
    for (let place = 0; place < signs.length; place += 1) sums[place] = -signs[place]!;
    const from = at * this.causal.length;
    for (let each = 0; each < this.causal.length; each += 1) {
      const { place } = this.causal[each]!;
      sums[place] = sums[place]! + strengths[from + each]!;
    }
    return sums;
  }

  /** Sums of contributions by cause beyond the usual of the comparison group, and what each column adds to its cause. */
  ownEvidence(
    { columns, contributions }: Explanation,
    table: Table,
    rows: Uint32Array,
    values: Float64Array,
  ): Omit<AssessedCauses, 'probabilities'> {
    const classes = CAUSE_CLASSES.length;
    const groups = new Uint32Array(rows.length);
    const own = new Float64Array(rows.length * classes);
    const beyond = new Float64Array(rows.length * this.causal.length);
    const groupOf = this.groups.placerOf(table);
    for (let at = 0; at < rows.length; at += 1) {
      const group = groupOf(rows[at]!);
      groups[at] = group;
      const usual = this.groups.usualContributions(group);
      for (let each = 0; each < this.causal.length; each += 1) {
        const { usual: known, index, place } = this.causal[each]!;
        const contribution = contributions[at * columns.length + index]! - usual[known]!;
        beyond[at * this.causal.length + each] = contribution;
        own[at * classes + place] = own[at * classes + place]! + contribution;
      }
    }
    const { scale, quiet } = this.json;
    const hazards = own.map((sum, cell) => logHazard(scale * sum, quiet[cell % classes]!));
    return { own, hazards, strengths: this.strengthsByColumn(own, hazards, beyond, values), groups };
  }

  /** Each column has the part of its cause's log-hazard that it has of the sum of contributions, and that of its terms. */
  private strengthsByColumn(
    own: Float64Array,
    hazards: Float64Array,
    beyond: Float64Array,
    values: Float64Array,
  ): Float64Array {
    const { blend, calibration, usualTerms } = this.json;
    const { weights } = this.weights;
    const [count, classes, columns] = [usualTerms.length, CAUSE_CLASSES.length, this.causal.length];
    const scale = blend * calibration.temperature;
    const strengths = new Float64Array(beyond.length);
    for (let at = 0, cell = 0; cell < beyond.length; at += 1) {
      for (let each = 0; each < columns; each += 1, cell += 1) {
        const { place, terms } = this.causal[each]!;
        const sum = own[at * classes + place]!;
        const perContribution = sum === 0 ? 1 : hazards[at * classes + place]! / sum;
        let strength = weights[place * (count + 2) + 1]! * perContribution * beyond[cell]!;
        for (let term = terms[0]; term < terms[1]; term += 1) {
          strength += this.contrasts[place * count + term]! * (values[at * count + term]! - usualTerms[term]!);
        }
        strengths[cell] = scale * strength;
      }
    }
    return strengths;
  }
}

/**
 * Log of the factor by which the hazard of one cause is raised where contributions raise the hazard of leaving, the sum
 * over all causes, by exp(own). A rare cause must be raised more than a common one for that: with q its part of the
 * usual hazard, 1 + (exp(own) − 1) / q. Contributions that lower the risk show less, and are taken as they are.
 * @param own log-odds of leaving
 */
function logHazard(own: number, quiet: number): number {
  return own > 0 ? Math.log1p(Math.expm1(own) / quiet) : own;
}

/** Parts of the usual hazard of causes with these shares among churners; of rare causes the part is not known better. */
export function quietOf(shares: readonly number[]): number[] {
  return shares.map((share) => Math.max(QUIET_MIN, share));
}

function contrastsOf({ classes, columns, weights }: CauseWeights, shares: readonly number[]): Float64Array {
  const contrasts = new Float64Array(classes * columns);
  const weightOf = (place: number, term: number): number => weights[place * (columns + 2) + 2 + term]!;
  for (let term = 0; term < columns; term += 1) {
    const mean = shares.reduce((sum, share, place) => sum + share * weightOf(place, term), 0);
    shares.forEach((share, place) => {
      const others = (mean - share * weightOf(place, term)) / (1 - share);
      contrasts[place * columns + term] = weightOf(place, term) - others;
    });
  }
  return contrasts;
}

/** By column: its terms, from the first to before the last. */
function placesOfTerms(terms: readonly ColumnTerms[]): Map<string, readonly [number, number]> {
  let first = 0;
  return new Map(
    terms.map((column) => {
      const from = first;
      first += termCountOf(column);
      return [column.column, [from, first] as const];
    }),
  );
}

/** Without codes: the product's own shares, and evidence as it is. */
export function withoutCodes(groups: ComparisonGroupsJson, facts: readonly number[]): CauseModelJson {
  const shares = CAUSE_CLASSES.map((cause) => TAXONOMY[cause].usualShare);
  const weights = shares.flatMap((share) => [Math.log(share), OWN_WEIGHT]);
  return {
    ...{
      codedLeavers: 0,
      shares,
      quiet: quietOf(shares),
      scale: 1,
      blend: 1,
      calibration: { temperature: 1, biases: ZEROS },
    },
    ...{ threshold: USUAL_THRESHOLD, terms: [], weights, usualTerms: [], signs: ZEROS, groups, facts },
  };
}

/**
 * Of a model file that has the usual sums of causes of all rows alone.
 * @param usual by cause, log-odds
 */
export function ofUsual(usual: Readonly<Record<string, number>>, columns: readonly TypedColumn[]): CauseModelJson {
  const causal = columns.filter(({ cause }) => cause !== undefined);
  // A sum was kept, not its parts: the first column of a cause stands for all.
  const contributions = causal.map(({ cause }, at) =>
    causal.findIndex((other) => other.cause === cause) === at ? (usual[cause!] ?? 0) : 0,
  );
  const group = { rows: 0, contributions, values: causal.map(() => null) };
  const frame = { tenureColumn: null, tenureCuts: [], planColumn: null, plans: [] };
  const groups = { ...frame, columns: causal.map(({ name }) => name), groups: [group, group] };
  return withoutCodes(groups, [...causal.keys()]);
}

/**
 * The same with intercepts that give past churners, on average, the shares. Evidence that all of them have, such as calls
 * to rivals, is a sign of leaving: it shows no cause.
 * @param own log-hazards of past churners, by row and class
 */
export function withShares(json: CauseModelJson, own: Float64Array): CauseModelJson {
  const classes = CAUSE_CLASSES.length;
  const rows = own.length / classes;
  const weights = [...json.weights];
  const p = new Float64Array(classes);
  for (let round = 0; round < SHARE_ROUNDS; round += 1) {
    const means = new Float64Array(classes);
    const model = { classes, columns: 0, weights: Float64Array.from(weights) };
    for (let row = 0; row < rows; row += 1) {
      fillCauseProbabilities(model, { own, values: NO_VALUES }, row, p);
      for (let place = 0; place < classes; place += 1) means[place] = means[place]! + p[place]! / rows;
    }
    json.shares.forEach((share, place) => {
      weights[2 * place] = weights[2 * place]! + Math.log(share / Math.max(1e-6, means[place]!));
    });
  }
  return { ...json, weights };
}

/** The same with the strengths that most churners for other causes have. */
export function withSigns(json: CauseModelJson, columns: readonly TypedColumn[], of: AssessedLeavers): CauseModelJson {
  const model = new CauseModel(json, columns);
  const assessed = model.assess(of.explanation, of.table, of.rows);
  const strengths = Array.from(of.rows, (_, at) => model.strengthsOf(assessed, at));
  const classes = CAUSE_CLASSES.length;
  const signs = CAUSE_CLASSES.map((_, place) =>
    weightedQuantile(
      Array.from(of.rows, (_, at) => {
        return { value: strengths[at]![place]!, weight: 1 - assessed.probabilities[at * classes + place]! };
      }),
      SIGN_QUANTILE,
    ),
  );
  return { ...json, signs: signs.map((sign) => Math.max(0, sign)) };
}

function weightedQuantile(entries: { value: number; weight: number }[], quantile: number): number {
  entries.sort((left, right) => left.value - right.value);
  const total = entries.reduce((sum, { weight }) => sum + weight, 0);
  let below = 0;
  return entries.find(({ weight }) => (below += weight) >= quantile * total)?.value ?? 0;
}

interface AssessedLeavers {
  readonly explanation: Explanation;
  readonly table: Table;
  readonly rows: Uint32Array;
}

/** The evidence of rows for the regression. */
export function evidenceOf(
  own: Float64Array,
  terms: readonly ColumnTerms[],
  table: Table,
  rows: Uint32Array,
): EvidenceRows {
  return { rowCount: rows.length, columns: termsOf(terms), values: denseTerms(terms, table, rows), own };
}

/** By term, the cause that its column is assigned to; -1 without one. */
export function causesOfTerms(terms: readonly ColumnTerms[], columns: readonly TypedColumn[]): Int32Array {
  const causeOf = new Map(columns.map(({ name, cause }) => [name, cause]));
  return Int32Array.from(
    terms.flatMap((column) => {
      const cause = causeOf.get(column.column);
      const place = cause === undefined ? -1 : CAUSE_CLASSES.indexOf(cause);
      return new Array<number>(termCountOf(column)).fill(place);
    }),
  );
}

/** Mean of each term over some rows. */
export function meanTerms(terms: readonly ColumnTerms[], table: Table, rows: Uint32Array): number[] {
  const count = termsOf(terms);
  const values = denseTerms(terms, table, rows);
  const sums = new Float64Array(count);
  values.forEach((value, cell) => (sums[cell % count] = sums[cell % count]! + value));
  return Array.from(sums, (sum) => sum / rows.length);
}

function termsOf(terms: readonly ColumnTerms[]): number {
  return terms.reduce((sum, column) => sum + termCountOf(column), 0);
}

function denseTerms(terms: readonly ColumnTerms[], table: Table, rows: Uint32Array): Float64Array {
  const { rowStart, term, value, termCount } = buildDesign(terms, table, rows);
  const dense = new Float64Array(rows.length * termCount);
  for (let at = 0; at < rows.length; at += 1) {
    for (let entry = rowStart[at]!; entry < rowStart[at + 1]!; entry += 1) {
      dense[at * termCount + term[entry]!] = TERM_SCALE * value[entry]!;
    }
  }
  return dense;
}
