import { setImmediate as nextTurn } from 'node:timers/promises';
import { allRows, type Table } from '@holdfast/learning/table';
import type { LoadedModel } from '../model/model-file.js';
import type { PackedReasons } from '../reason/pack-reasons.js';

/** One entry per row of the table. */
interface ScoredRows {
  /** Calibrated. */
  readonly probabilities: Float64Array;
  /** Undefined for rows that are not explained. */
  readonly reasons: (PackedReasons | undefined)[];
}

/**
 * Between blocks the process answers others. What a row costs differs a hundredfold between models, so a block grows
 * and shrinks towards this time; results do not depend on it.
 */
const BLOCK_MS = 20;
const BLOCK_ROWS_MIN = 4;
const BLOCK_ROWS_MAX = 512;

interface ScoringOptions {
  readonly signal?: AbortSignal | undefined;
  /** From here on a row is at risk, and what would have to change is looked for; by default for none. */
  readonly atRiskProbabilityMin?: number;
  /** From here on a row is explained, which costs forty times as much as its prediction; 0 for all, the default. */
  readonly explainedProbabilityMin?: number;
}

/** Predicts every row, and explains those that it has to. A row's result depends on the row alone. @throws the signal's reason */
export async function scoreRows(
  { model, packer, changes }: LoadedModel,
  table: Table,
  { signal, atRiskProbabilityMin = Infinity, explainedProbabilityMin = 0 }: ScoringOptions = {},
): Promise<ScoredRows> {
  const probabilities = new Float64Array(table.rowCount);
  const reasons = new Array<PackedReasons | undefined>(table.rowCount).fill(undefined);
  const groups = new Uint32Array(table.rowCount);
  const all = allRows(table.rowCount);
  const explainsAll = explainedProbabilityMin <= 0;
  let blockRows = BLOCK_ROWS_MIN;
  for (let from = 0; from < all.length;) {
    await nextTurn();
    signal?.throwIfAborted();
    const startedAtMs = performance.now();
    const block = all.subarray(from, from + blockRows);
    // An explanation has the logits of its rows: only rows that may need none are predicted on their own.
    if (!explainsAll) probabilities.set(model.predict(table, block), from);
    const rows = explainsAll ? block : block.filter((row) => probabilities[row]! >= explainedProbabilityMin);
    if (rows.length > 0) {
      const explanation = model.explain(table, rows);
      if (explainsAll) probabilities.set(model.probabilitiesOf(explanation.logits), from);
      const explained = packer.block(explanation, table, rows);
      rows.forEach((row, at) => {
        reasons[row] = packer.pack(explained, at);
        groups[row] = explained.assessed.groups[at]!;
      });
    }
    from += block.length;
    blockRows = nextBlockRows(blockRows, performance.now() - startedAtMs);
  }
  const atRisk = all.filter(
    (row) => probabilities[row]! >= atRiskProbabilityMin && (reasons[row]?.firstCause ?? '') !== '',
  );
  for (let from = 0; from < atRisk.length; from += BLOCK_ROWS_MAX) {
    await nextTurn();
    signal?.throwIfAborted();
    const block = atRisk.subarray(from, from + BLOCK_ROWS_MAX);
    const found = changes.find({ table, rows: block, groups: block.map((row) => groups[row]!) }, atRiskProbabilityMin);
    block.forEach((row, at) => {
      const change = found[at];
      if (change !== undefined) reasons[row] = packer.withChange(reasons[row]!, change);
    });
  }
  return { probabilities, reasons };
}

function nextBlockRows(blockRows: number, tookMs: number): number {
  if (tookMs < BLOCK_MS / 2) return Math.min(BLOCK_ROWS_MAX, blockRows * 2);
  return tookMs > BLOCK_MS * 2 ? Math.max(BLOCK_ROWS_MIN, blockRows >> 1) : blockRows;
}
