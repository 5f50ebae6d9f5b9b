import { allRows, type Table } from '@holdfast/learning/table';
import type { LoadedModel } from '../model/model-file.js';
import type { PackedReasons } from '../reason/pack-reasons.js';
import { Pace } from './pace.js';

/** One entry per row of the table. */
interface ScoredRows {
  /** Calibrated. */
  readonly probabilities: Float64Array;
  /** Undefined for rows that are not explained. */
  readonly reasons: (PackedReasons | undefined)[];
  /** Milliseconds, without the waits between blocks. */
  readonly predictingMs: number;
  readonly explainingMs: number;
}

const NO_ROWS = new Uint32Array(0);

/** Of one model. */
export interface Paces {
  readonly predicting: Pace;
  readonly explaining: Pace;
  readonly changing: Pace;
}

export function newPaces(): Paces {
  return { predicting: new Pace(), explaining: new Pace(), changing: new Pace() };
}

interface ScoringOptions {
  readonly signal?: AbortSignal | undefined;
  /** From here on a row is at risk, and what would have to change is looked for; by default for none. */
  readonly atRiskProbabilityMin?: number;
  /** From here on a row is explained, which costs forty times as much as its prediction; 0 for all, the default. */
  readonly explainedProbabilityMin?: number;
  /** Of earlier batches. */
  readonly paces?: Paces;
}

/** Predicts every row, and explains those that it has to. A row's result depends on the row alone. @throws the signal's reason */
export async function scoreRows(
  { model, packer, changes }: LoadedModel,
  table: Table,
  { signal, atRiskProbabilityMin = Infinity, explainedProbabilityMin = 0, paces = newPaces() }: ScoringOptions = {},
): Promise<ScoredRows> {
  const probabilities = new Float64Array(table.rowCount);
  const reasons = new Array<PackedReasons | undefined>(table.rowCount).fill(undefined);
  const groups = new Uint32Array(table.rowCount);
  const all = allRows(table.rowCount);
  const explainsAll = explainedProbabilityMin <= 0;
  // An explanation has the logits of its rows: only rows that may need none are predicted on their own.
  const predictingMs = await paces.predicting.blocks(explainsAll ? NO_ROWS : all, signal, (block) =>
    probabilities.set(model.predict(table, block), block[0]),
  );
  const explained = explainsAll ? all : all.filter((row) => probabilities[row]! >= explainedProbabilityMin);
  let explainingMs = await paces.explaining.blocks(explained, signal, (block) => {
    const explanation = model.explain(table, block);
    if (explainsAll) probabilities.set(model.probabilitiesOf(explanation.logits), block[0]);
    const ofBlock = packer.block(explanation, table, block);
    block.forEach((row, at) => {
      reasons[row] = packer.pack(ofBlock, at);
      groups[row] = ofBlock.assessed.groups[at]!;
    });
  });
  const atRisk = explained.filter(
    (row) => probabilities[row]! >= atRiskProbabilityMin && (reasons[row]?.firstCause ?? '') !== '',
  );
  explainingMs += await paces.changing.blocks(atRisk, signal, (block) => {
    const found = changes.find({ table, rows: block, groups: block.map((row) => groups[row]!) }, atRiskProbabilityMin);
    block.forEach((row, at) => {
      const change = found[at];
      if (change !== undefined) reasons[row] = packer.withChange(reasons[row]!, change);
    });
  });
  return { probabilities, reasons, predictingMs, explainingMs };
}

/** Predicts every row, without explanations. @throws the signal's reason */
export async function probabilitiesOf(
  model: LoadedModel,
  table: Table,
  options: Pick<ScoringOptions, 'signal' | 'paces'>,
): Promise<Float64Array> {
  return (await scoreRows(model, table, { ...options, explainedProbabilityMin: Infinity })).probabilities;
}
