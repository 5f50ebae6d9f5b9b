import type { ThresholdGrid } from './kernels.js';

/** More cells cost more of the first-level cache than the steps that they save. */
const cellsMax = 1_024;

/**
 * A uniform grid over ascending thresholds with the least number of cells that have at most one threshold each, or with
 * `cellsMax`. Thresholds whose range is 0 or infinite get one cell, which makes a plain binary search.
 * O(cells + thresholds).
 *
 * Here and in the kernel the cell of a value is computed by the same operations on doubles, each of them monotone. So a
 * threshold in a lower cell is below the value, one in a higher cell is not, and only those in the same cell need
 * comparing.
 *
 * @param thresholds  at most `kernelLimits.thresholds`
 */
export function gridOf(thresholds: Float64Array): ThresholdGrid {
  const [first, last] = [thresholds[0] ?? 0, thresholds[thresholds.length - 1] ?? 0];
  const range = last - first;
  for (let cells = 64; cells <= cellsMax; cells *= 2) {
    const scale = (cells - 1) / range;
    if (!(range > 0 && range < Infinity && scale > 0 && scale < Infinity)) break;
    const grid = gridWith(thresholds, { low: first, high: last, scale }, cells);
    if (grid.steps === 1 || cells === cellsMax) return grid;
  }
  return gridWith(thresholds, { low: 0, high: 0, scale: 0 }, 1);
}

function gridWith(
  thresholds: Float64Array,
  range: Pick<ThresholdGrid, 'low' | 'high' | 'scale'>,
  cells: number,
): ThresholdGrid {
  const countByCell = new Uint32Array(cells + 1);
  for (const threshold of thresholds) {
    const cell = cellOf(threshold, range);
    countByCell[cell] = countByCell[cell]! + 1;
  }
  const firstBins = new Uint8Array(cells + 1); // cell 0 is that of NaN
  let [below, most] = [0, 1];
  for (let cell = 1; cell <= cells; cell += 1) {
    firstBins[cell] = below + 1;
    below += countByCell[cell]!;
    most = Math.max(most, countByCell[cell]!);
  }
  const steps = 32 - Math.clz32(most);
  const padded = new Float64Array(thresholds.length + 2 ** steps).fill(Infinity);
  padded.set(thresholds);
  return { ...range, steps, thresholds: padded, firstBins };
}

/** As the kernel computes it; numbers from 1 on. */
function cellOf(value: number, { low, high, scale }: Pick<ThresholdGrid, 'low' | 'high' | 'scale'>): number {
  const clamped = Math.min(Math.max(value, low), high);
  return Math.trunc((clamped - low) * scale + 1);
}
