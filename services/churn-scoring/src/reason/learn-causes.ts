import type { Explanation } from '@holdfast/learning/margin-model';
import type { ServedModel } from '@holdfast/learning/served-model';
import { fitCauses } from '@holdfast/learning/cause-regression';
import type { CategoryColumn, Table } from '@holdfast/learning/table';
import { valueAt } from '../table/batch-table.js';
import type { TypedColumn } from '../table/typed-column.js';
import {
  CauseModel,
  OWN_WEIGHT,
  causesOfTerms,
  evidenceOf,
  meanTerms,
  quietOf,
  withShares,
  withSigns,
  withoutCodes,
  type CauseModelJson,
} from './cause-model.js';
import { learnGroups } from './comparison-groups.js';
import { contributionScale, type OutOfFoldLogits } from './contribution-scale.js';
import { crossFit, type CodedLeavers, type FittedCauses } from './cross-fit.js';
import { learnFacts } from './facts.js';
import { CAUSE_CLASSES, SAME_CODE_AS, TAXONOMY, candidatesOf, namesCause } from './taxonomy.js';
import { chooseTerms } from './telling-terms.js';

/** With fewer churners whose code names a cause, shares are all that could be learned, and those badly. */
const CODED_MIN = 40;
/** More add little, and cost time. */
const LEAVERS_MAX = 4_000;
/** Rows that are explained for what is usual. */
const USUAL_ROWS_MAX = 2_000;
/** Share of wrong codes; with 0 a few wrong codes would deny strong evidence. */
const WRONG_SHARE = 0.1;
/** Churners that the product's own shares weigh as much as. */
const SHARES_ROWS = 5;
const NO_VALUES = new Float64Array();

/** What the causes are learned from. */
export interface CauseSource {
  readonly model: Pick<ServedModel, 'explain' | 'probabilitiesOf'>;
  /** Of the rows, by models that had not seen them; undefined where there are none. */
  readonly outOfFold?: OutOfFoldLogits | undefined;
  /** Of the model, in its order. */
  readonly columns: readonly TypedColumn[];
  readonly table: Table;
  /** Rows that the model learned from. */
  readonly rows: Uint32Array;
  readonly labels: Uint8Array;
  /** Undefined where the table has no codes. */
  readonly leaveReasons: CategoryColumn | undefined;
  readonly seed: number;
}

/**
 * Learns the causes of churn from churners with a code, else from none. The penalty, the calibration, the weight of the
 * regression against the shares alone and the least probability of a named reason are those that churners held out of
 * each fold require: the shares, if nothing does better.
 */
export function learnCauses(source: CauseSource): CauseModelJson {
  const { model, columns, table, rows, labels, leaveReasons, seed } = source;
  const usual = spread(rows, USUAL_ROWS_MAX);
  const explanation = model.explain(table, usual);
  const groups = learnGroups(explanation, table, usual, columns);
  const leavers = rows.filter((row) => labels[row] === 1);
  const isCoded = (row: number): boolean => leaveReasons !== undefined && candidatesAt(leaveReasons, row) !== 0;
  const coded = spread(leavers.filter(isCoded), LEAVERS_MAX);
  const candidates = Uint32Array.from(coded, (row) => candidatesAt(leaveReasons!, row));
  const codedLeavers = candidates.filter(namesCause).length;
  const learnedFrom = codedLeavers < CODED_MIN ? spread(leavers, LEAVERS_MAX) : coded;
  const seen = { rows: learnedFrom, explanation: model.explain(table, learnedFrom) };
  const scale = contributionScale(model, seen, { rows: usual, explanation }, source.outOfFold);
  const explained = scaled(seen.explanation, scale.ofTraining);
  const unlearned = { ...withoutCodes(groups, learnFacts(table, usual, columns)), scale: scale.calibrated };
  const evidenceOfThem = (json: CauseModelJson): Float64Array =>
    new CauseModel(json, columns).ownEvidence(explained, table, learnedFrom, NO_VALUES).hazards;
  if (codedLeavers < CODED_MIN) {
    const known = withShares(unlearned, evidenceOfThem(unlearned));
    return withSigns(known, columns, { explanation: explained, table, rows: learnedFrom });
  }
  const start = { ...unlearned, quiet: quietOf(sharesOf(candidates)) };
  const own = evidenceOfThem(start);
  const of: CodedLeavers = { columns, table, rows: coded, candidates, own, explanation: explained, start, usual };
  const chosen = crossFit(of, seed, fitOn);
  const { lambda, ...figures } = chosen;
  return { ...start, codedLeavers, ...fitOn(of, [...coded.keys()])(lambda), ...figures };
}

function scaled(explanation: Explanation, factor: number): Explanation {
  return { ...explanation, contributions: explanation.contributions.map((each) => factor * each) };
}

export function candidatesAt(leaveReasons: CategoryColumn, row: number): number {
  const code = valueAt(leaveReasons, row);
  return candidatesOf(typeof code === 'string' ? code : undefined);
}

/** Prepares the regression of some coded churners for any penalty. @param places of those that are learned from */
function fitOn(of: CodedLeavers, places: readonly number[]): (lambda: number) => FittedCauses {
  const { columns, table, own, usual } = of;
  const classes = CAUSE_CLASSES.length;
  const rows = Uint32Array.from(places, (at) => of.rows[at]!);
  const candidates = Uint32Array.from(places, (at) => of.candidates[at]!);
  const ownOfThem = new Float64Array(places.length * classes);
  places.forEach((at, to) => ownOfThem.set(own.subarray(at * classes, (at + 1) * classes), to * classes));
  const shares = sharesOf(candidates);
  const terms = chooseTerms(columns, table, rows, candidates);
  const known = { candidates, byChance: byChance(candidates) };
  const evidence = evidenceOf(ownOfThem, terms, table, rows);
  const usualTerms = meanTerms(terms, table, usual);
  return (lambda) => {
    const { weights } = fitCauses(evidence, known, {
      sameCodeAs: SAME_CODE_AS,
      onlyOf: causesOfTerms(terms, columns),
      intercepts: Float64Array.from(shares, Math.log),
      ownWeight: OWN_WEIGHT,
      lambda,
      wrongShare: WRONG_SHARE,
    });
    return { shares, terms, weights: [...weights], usualTerms };
  };
}

/** Shares of the causes by expectation-maximisation, as a code may stand for several; the product's own count a little. */
export function sharesOf(candidates: Uint32Array): number[] {
  const usual = CAUSE_CLASSES.map((cause) => TAXONOMY[cause].usualShare);
  const counts = new Map<number, number>();
  for (const bits of candidates) counts.set(bits, (counts.get(bits) ?? 0) + 1);
  let shares = usual;
  for (let round = 0; round < 50; round += 1) {
    const expected = usual.map((share) => SHARES_ROWS * share);
    for (const [bits, count] of counts) {
      const isIn = (place: number): boolean => ((bits >>> place) & 1) === 1;
      const sum = shares.reduce((total, share, place) => total + (isIn(place) ? share : 0), 0);
      shares.forEach((share, place) => {
        if (isIn(place)) expected[place] = expected[place]! + (count * share) / sum;
      });
    }
    const total = expected.reduce((sum, each) => sum + each, 0);
    shares = expected.map((each) => each / total);
  }
  return shares;
}

/** By row, the share of its code. */
function byChance(candidates: Uint32Array): Float64Array {
  const counts = new Map<number, number>();
  for (const bits of candidates) counts.set(bits, (counts.get(bits) ?? 0) + 1);
  return Float64Array.from(candidates, (bits) => counts.get(bits)! / candidates.length);
}

/** At most about so many of the rows, spread evenly. */
export function spread(rows: Uint32Array, rowsMax: number): Uint32Array {
  const step = Math.max(1, Math.ceil(rows.length / rowsMax));
  return rows.filter((_, at) => at % step === 0);
}
