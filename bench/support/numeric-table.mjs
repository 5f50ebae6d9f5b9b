import { RandomStream } from '@holdfast/learning/random';
import { Table } from '@holdfast/learning/table';

/**
 * Rows of `featureCount` numbers, all exact in 32 bits so that a peer can take the same values. Ten features cause the
 * label, bent and in pairs; the rest is noise. One value in fifty is missing.
 * @param {number} rowCount
 * @param {number} featureCount
 * @param {number} seed
 */
export function numericTable(rowCount, featureCount, seed) {
  const random = new RandomStream(seed, 0xbe9c);
  const columns = Array.from({ length: featureCount }, (_, at) => ({
    kind: /** @type {const} */ ('number'),
    name: `feature ${at}`,
    values: new Float64Array(rowCount),
  }));
  const labels = new Uint8Array(rowCount);
  const x = new Float64Array(featureCount);
  for (let row = 0; row < rowCount; row += 1) {
    for (let at = 0; at < featureCount; at += 1) {
      const sum = random.next() + random.next() + random.next() - 1.5; // nearly normal, deviation one half
      x[at] = Math.fround(at % 5 === 4 ? Math.exp(2 * sum) : 2 * sum); // every fifth is skewed, like money
      columns[at].values[row] = random.next() < 0.02 ? Number.NaN : x[at];
    }
    const logit =
      0.8 * x[0] - 0.5 * x[1] + 0.6 * x[2] * x[3] + 0.4 * Math.log(x[4]) + (x[5] > 0.5 ? 0.7 : 0) +
      0.5 * Math.sin(2 * x[6]) - 0.4 * Math.abs(x[7]) + 0.3 * x[8] * (x[9] > 1 ? 1 : -1) - 0.8;
    labels[row] = random.next() < 1 / (1 + Math.exp(-logit)) ? 1 : 0;
  }
  return { table: new Table(columns), labels };
}

/**
 * The same numbers row by row in 32 bits, as Python's peers read them.
 * @param {Table} table
 * @param {Uint32Array} rows
 */
export function rowMajor(table, rows) {
  const featureCount = table.columns.length;
  const matrix = new Float32Array(rows.length * featureCount);
  table.columns.forEach((column, at) => {
    if (column.kind !== 'number') throw new TypeError(`${column.name} is no number`);
    for (let row = 0; row < rows.length; row += 1) matrix[row * featureCount + at] = column.values[rows[row]];
  });
  return matrix;
}
