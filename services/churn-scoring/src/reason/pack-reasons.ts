import type { Change } from '@holdfast/contracts/churn_scoring/v1/scoring';
import type { Explanation } from '@holdfast/learning/margin-model';
import type { Column, Table } from '@holdfast/learning/table';
import { CAUSES, CHANGE_LEVERS } from '@holdfast/platform/terms';
import { valueAt } from '../table/batch-table.js';
import { columnOf, type TypedColumn } from '../table/typed-column.js';
import { columnsByCause, type CauseColumn } from './cause-columns.js';
import { STRENGTH_MIN, type AssessedCauses, type CauseModel } from './cause-model.js';
import type { Comparisons } from './comparisons.js';
import { PackedWriter } from './packed-bytes.js';
import { CAUSE_CLASSES } from './taxonomy.js';

export const RAISING_MAX = 5;
export const LOWERING_MAX = 3;
/** Columns and facts named of a cause. */
const COLUMNS_MAX = 5;
const EVIDENCE_MAX = 3;

/** In addition to the first reason, a less probable one is not named. */
const FURTHER_PROBABILITY_MIN = 0.2;

/** First byte of packed reasons. No encoded Reasons message, which older runs have, begins with it. */
export const PACKED = 1;
/** Parts of a log-odds of contributions. */
export const CONTRIBUTION_UNITS = 10_000;
/** Parts of 1 of probabilities of causes. */
export const PROBABILITY_UNITS = 1_000_000;
/** The columns of a cause, its facts and whether it is named share a byte. */
export const EVIDENCE_SHIFT = 3;
export const NAMED_BIT = 0x80;
export const COUNT_BITS = 7;

/** Stands for no clear reason among counts by cause. */
export const NO_CAUSE = 'none';

/** The reasons of a row as numbers, for `ReasonReader`, with what is counted of them. */
export interface PackedReasons {
  readonly bytes: Uint8Array;
  /** Column that raises the probability most; empty where none does. */
  readonly firstReason: string;
  /** First named of the seven reasons; NO_CAUSE without a clear one; empty where no column maps to a reason. */
  readonly firstCause: string;
}

/** Explained rows with their causes. */
export interface ExplainedBlock {
  readonly explanation: Explanation;
  readonly assessed: AssessedCauses;
  /** Numbers of rows of the table. */
  readonly rows: Uint32Array;
  /** Of the table, in the order of the explanation. */
  readonly columns: readonly Column[];
}

/**
 * Packs the reasons of rows that one model explained: the strongest contributions with the row's values, and the causes with
 * their evidence, as numbers that refer to the model. Everything else about them follows from the model
 * (`ReasonReader`). A contribution is rounded to 1/10,000, and no smaller; probabilities of causes to millionths that add
 * up to 1.
 */
export class ReasonPacker {
  private readonly byCause: readonly (readonly CauseColumn[])[];
  private readonly hasCauses: boolean;
  private readonly places: ReadonlyMap<string, number>;
  private readonly placesOfTexts: readonly ((text: string) => number)[];
  private readonly writer = new PackedWriter();
  /** By column, the last row whose value was written: each value is written once. */
  private readonly written: Uint32Array;
  private writtenRows = 0;
  private readonly millionths = new Uint32Array(CAUSE_CLASSES.length);

  /** @param columns those of explanations, in their order */
  constructor(
    private readonly columns: readonly TypedColumn[],
    private readonly causes: CauseModel,
    comparisons: Comparisons,
  ) {
    this.byCause = columnsByCause(causes, columns);
    this.hasCauses = this.byCause.some((each) => each.length > 0);
    this.places = new Map(columns.map(({ name }, index) => [name, index]));
    this.placesOfTexts = columns.map(
      ({ name }) =>
        (text) =>
          comparisons.placeOf(name, text),
    );
    this.written = new Uint32Array(columns.length);
  }

  /** Assesses the causes of explained rows. @param rows numbers of the table's, in the order of the explanation */
  block(explanation: Explanation, table: Table, rows: Uint32Array): ExplainedBlock {
    const columns = this.columns.map((column) => columnOf(table, column));
    return { explanation, assessed: this.causes.assess(explanation, table, rows), rows, columns };
  }

  /**
   * Columns without contribution are omitted; equal contributions are in the order of the model's columns.
   * @param at position of the row within the explanation
   */
  pack(block: ExplainedBlock, at: number): PackedReasons {
    const { columns, writer } = this;
    const contributions = block.explanation.contributions.subarray(at * columns.length, (at + 1) * columns.length);
    const raising = strongest(contributions, 1, RAISING_MAX);
    const lowering = strongest(contributions, -1, LOWERING_MAX);
    this.writtenRows += 1;
    writer.byte(PACKED);
    writer.byte(raising.length);
    writer.byte(lowering.length);
    for (const indexes of [raising, lowering]) {
      for (const index of indexes) {
        writer.whole(index);
        writer.signed(unitsOf(contributions[index]!) || (indexes === raising ? 1 : -1));
        this.packValue(index, block, at);
      }
    }
    const firstCause = this.hasCauses ? this.packCauses(block, at, contributions) : '';
    const firstReason = raising.length === 0 ? '' : columns[raising[0]!]!.name;
    return { bytes: writer.finish(), firstReason, firstCause };
  }

  /** The same with what would have to change. */
  withChange({ bytes, ...first }: PackedReasons, { levers, columns, probability }: Change): PackedReasons {
    const { writer } = this;
    writer.byte(CHANGE_LEVERS.reduce((bits, lever, at) => bits | (Number(levers.includes(lever)) << at), 0));
    writer.double(probability);
    writer.whole(columns.length);
    for (const { column, value } of columns) {
      const index = this.places.get(column)!;
      writer.whole(index);
      writer.value(value?.$case === 'text' ? value.text : value?.number, this.placesOfTexts[index]!);
    }
    return { ...first, bytes: Buffer.concat([bytes, writer.finish()]) };
  }

  /** Unless it was written of this row already. */
  private packValue(index: number, { columns, rows }: ExplainedBlock, at: number): void {
    if (this.written[index] === this.writtenRows) return;
    this.written[index] = this.writtenRows;
    this.writer.value(valueAt(columns[index]!, rows[at]!), this.placesOfTexts[index]!);
  }

  /** None is named unless one reaches the threshold; then further ones may be less probable. @returns the first cause */
  private packCauses(block: ExplainedBlock, at: number, contributions: Float64Array): string {
    const { writer, byCause, millionths } = this;
    const { assessed } = block;
    const { shares, threshold } = this.causes.json;
    const cell = at * CAUSE_CLASSES.length;
    const probabilities = assessed.probabilities.subarray(cell, cell + CAUSE_CLASSES.length);
    fillMillionths(probabilities, millionths);
    const strengths = this.causes.strengthsOf(assessed, at);
    const facts = byCause.map((columns, place) =>
      strengths[place]! < STRENGTH_MIN ? NO_FACTS : this.factsOf(columns, assessed, at),
    );
    const isPossible = (place: number): boolean => facts[place]!.length > 0 && probabilities[place]! >= shares[place]!;
    const isClear = byCause.some((_, place) => isPossible(place) && probabilities[place]! >= threshold);
    const leastNamed = isClear ? Math.min(threshold, FURTHER_PROBABILITY_MIN) : Infinity;
    writer.whole(assessed.groups[at]!);
    let first = -1;
    for (let place = 0; place < byCause.length; place += 1) {
      const columns = byCause[place]!;
      const raising = largest(columns.length, COLUMNS_MAX, (column) => contributions[columns[column]!.index]!, 0);
      const named = isPossible(place) && probabilities[place]! >= leastNamed;
      if (named && (first === -1 || millionths[place]! > millionths[first]!)) first = place;
      writer.byte(raising.length | (facts[place]!.length << EVIDENCE_SHIFT) | (named ? NAMED_BIT : 0));
      writer.whole(millionths[place]!);
      writer.signed(unitsOf(assessed.own[cell + place]!));
      for (const column of raising) writer.whole(column);
      for (const { column, strength } of facts[place]!) {
        const { index } = columns[column]!;
        writer.whole(column);
        writer.signed(unitsOf(strength));
        this.packValue(index, block, at);
        writer.byte(this.sinceMonths(columns[column]!, block, at));
      }
    }
    for (let place = byCause.length; place < CAUSE_CLASSES.length; place += 1) writer.whole(millionths[place]!);
    return first === -1 ? NO_CAUSE : CAUSES[first]!;
  }

  /** The facts that raise a cause beyond what is usual in the comparison group, strongest first, by their best columns. */
  private factsOf(columns: readonly CauseColumn[], { strengths }: AssessedCauses, at: number): readonly Fact[] {
    const from = at * this.causes.causal.length;
    const totals: number[] = [];
    const best: number[] = [];
    columns.forEach(({ fact, causal }, column) => {
      const strength = strengths[from + causal]!;
      totals[fact] = (totals[fact] ?? 0) + strength;
      const other = best[fact];
      if (other === undefined || strength > strengths[from + columns[other]!.causal]!) best[fact] = column;
    });
    return largest(totals.length, EVIDENCE_MAX, (fact) => totals[fact]!, STRENGTH_MIN).map((fact) => ({
      column: best[fact]!,
      strength: totals[fact]!,
    }));
  }

  /** 0 where no column shows it. */
  private sinceMonths({ column, index, months }: CauseColumn, block: ExplainedBlock, at: number): number {
    const { groups } = this.causes;
    const group = block.assessed.groups[at]!;
    const valueOf = (place: number) => valueAt(block.columns[place]!, block.rows[at]!);
    const value = valueOf(index);
    if (typeof value !== 'number') return 0;
    const usual = groups.usualValue(group, column.name);
    const direction = Math.sign(value - (typeof usual === 'number' ? usual : 0));
    let since = 0;
    months.forEach((place, lag) => {
      const then = valueOf(place);
      const usualThen = groups.usualValue(group, this.columns[place]!.name);
      if (typeof then !== 'number' || typeof usualThen !== 'number') return;
      if ((then - usualThen) * direction > 0) since = lag + 1;
    });
    return since;
  }
}

interface Fact {
  /** Position among the columns of the cause. */
  readonly column: number;
  /** Log-odds that its columns add to the cause. */
  readonly strength: number;
}

const NO_FACTS: readonly Fact[] = [];

function unitsOf(contribution: number): number {
  return Math.round(contribution * CONTRIBUTION_UNITS);
}

/** What rounding adds to the sum, or takes from it, is that of the largest. */
function fillMillionths(probabilities: Float64Array, millionths: Uint32Array): void {
  let [rest, largestAt] = [PROBABILITY_UNITS, 0];
  for (let place = 0; place < probabilities.length; place += 1) {
    millionths[place] = Math.round(probabilities[place]! * PROBABILITY_UNITS);
    rest -= millionths[place]!;
    if (millionths[place]! > millionths[largestAt]!) largestAt = place;
  }
  millionths[largestAt] = millionths[largestAt]! + rest;
}

/** Positions of the contributions of a sign with the greatest size, equal ones in their order. O(contributions). */
function strongest(contributions: Float64Array, sign: 1 | -1, max: number): number[] {
  const found: number[] = [];
  let above = 0;
  // The same as `largest`, without a call for each of some hundred columns.
  for (let index = 0; index < contributions.length; index += 1) {
    const size = sign * contributions[index]!;
    if (!(size > above)) continue;
    let at = Math.min(found.length, max - 1);
    for (; at > 0 && sign * contributions[found[at - 1]!]! < size; at -= 1) found[at] = found[at - 1]!;
    found[at] = index;
    if (found.length === max) above = sign * contributions[found[max - 1]!]!;
  }
  return found;
}

/** Positions of the largest sizes above a least one, the largest first, equal ones in their order. O(count × max). */
function largest(count: number, max: number, sizeOf: (position: number) => number, above: number): number[] {
  const found: number[] = [];
  for (let position = 0; position < count; position += 1) {
    const size = sizeOf(position);
    if (!(size > above) || (found.length === max && size <= sizeOf(found[max - 1]!))) continue;
    let at = Math.min(found.length, max - 1);
    for (; at > 0 && sizeOf(found[at - 1]!) < size; at -= 1) found[at] = found[at - 1]!;
    found[at] = position;
  }
  return found;
}
