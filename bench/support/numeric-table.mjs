import { probabilityOf } from '@holdfast/learning/logistic';
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
  for (let row = 0; row < rowCount; row += 1) {
    const x = columns.map(({ values }, at) => {
      const sum = random.next() + random.next() + random.next() - 1.5; // nearly normal, deviation one half
      const value = Math.fround(at % 5 === 4 ? Math.exp(2 * sum) : 2 * sum); // every fifth is skewed, like money
      values[row] = random.next() < 0.02 ? Number.NaN : value;
      return value;
    });
    labels[row] = random.next() < probabilityOf(logitOfCauses(x)) ? 1 : 0;
  }
  return { table: new Table(columns), labels };
}

/** @param {number[]} x */
function logitOfCauses([a = 0, b = 0, c = 0, d = 0, e = 1, f = 0, g = 0, h = 0, i = 0, j = 0]) {
  const straight = 0.8 * a - 0.5 * b + 0.4 * Math.log(e) - 0.8;
  const bent = (f > 0.5 ? 0.7 : 0) + 0.5 * Math.sin(2 * g) - 0.4 * Math.abs(h);
  const paired = 0.6 * c * d + 0.3 * i * (j > 1 ? 1 : -1);
  return straight + bent + paired;
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
    if (column.kind !== 'number') throw new TypeError(`${column.name} is not a number`);
    rows.forEach((row, position) => (matrix[position * featureCount + at] = column.values[row] ?? Number.NaN));
  });
  return matrix;
}
