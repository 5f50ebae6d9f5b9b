import { EvidenceRegression } from '@holdfast/learning/evidence-regression';
import type { FitContext } from '@holdfast/learning/learner';
import { hashIntegers } from '@holdfast/learning/random';
import type { Table } from '@holdfast/learning/table';
import type { ContactedTreatment } from '../model/contacted.js';

/** Tenths by the probability of a contact. */
const STRATA = 10;
/** A row stands for at most so many: with more, a few rows of a stratum that is nearly all contacted would decide. */
const WEIGHT_MAX = 5;
/** Fewer contacted rows are one stratum: nothing can be learned of their selection. */
const CONTACTED_MIN = 20;

interface TreatedRows {
  readonly table: Table;
  readonly rows: Uint32Array;
  /** By row of the table: 1 was contacted. */
  readonly contacted: Uint8Array;
}

/**
 * The rows that a model learns from. A contact that keeps subscriptions makes them look safer than they are without one:
 * the rows that were not contacted are free of that, if who was contacted depends on what the columns show.
 *
 * `weight` lets them stand for those that were contacted by the inverse probability of not having been (Horvitz and
 * Thompson 1952), estimated as the share in strata of the probability of a contact (Rosenbaum and Rubin, JASA 1984), at
 * most 5. A weight is a number of copies of the row, its fraction rounded up or down by a hash of the row's number: so
 * every learner, calibration and horizon counts it alike.
 */
export async function treatedRows(
  treatment: ContactedTreatment,
  { table, rows, contacted }: TreatedRows,
  context: FitContext,
): Promise<Uint32Array> {
  if (treatment === 'keep') return rows;
  const others = rows.filter((row) => contacted[row] !== 1);
  const count = rows.length - others.length;
  if (treatment === 'exclude' || count === 0 || others.length === 0) return others;
  const order = count < CONTACTED_MIN ? rows : await byContactProbability({ table, rows, contacted }, context);
  const strata = count < CONTACTED_MIN ? 1 : STRATA;
  const copies: number[] = [];
  for (let stratum = 0; stratum < strata; stratum += 1) {
    const [from, to] = [stratum, stratum + 1].map((at) => Math.floor((at * order.length) / strata));
    const members = order.subarray(from, to);
    const kept = members.filter((row) => contacted[row] !== 1);
    const weight = Math.min(WEIGHT_MAX, members.length / kept.length);
    for (const row of kept) {
      const fraction = hashIntegers(context.seed, row) / 2 ** 32;
      const times = Math.floor(weight) + (fraction < weight % 1 ? 1 : 0);
      for (let each = 0; each < times; each += 1) copies.push(row);
    }
  }
  return Uint32Array.from(copies).sort();
}

/** The rows by their probability of a contact, by a regression on weights of evidence; equal ones by number. */
async function byContactProbability(
  { table, rows, contacted }: TreatedRows,
  { seed, groups, months, signal }: FitContext,
): Promise<Uint32Array> {
  const context = { seed, ...(groups && { groups }), ...(months && { months }), ...(signal && { signal }) };
  const model = await new EvidenceRegression().fit(table, contacted, rows, context);
  const logits = model.logits(table, rows);
  const order = Uint32Array.from(rows.keys()).sort((left, right) => logits[left]! - logits[right]! || left - right);
  return order.map((at) => rows[at]!);
}
