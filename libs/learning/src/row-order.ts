import { MISSING_CATEGORY, type Column, type Table } from './table.js';

// taken once: inside a test runner's sandbox every look-up of the global Math costs more than the call
const { imul } = Math;

/**
 * The given rows in an order that depends on their values and not on their position, so that a model does not
 * change with the order of the input file. Rows are sorted by a 53-bit hash of their values and label; rows that are
 * equal in everything have any order, which no algorithm can notice. The hash of a row is a sum over columns,
 * each salted with its name, so that the order of the columns does not matter either.
 * O(rows × columns + rows log rows), for further calls of the same table O(rows log rows).
 */
export function canonicalRowOrder(table: Table, labels: Uint8Array, rows: Uint32Array): Uint32Array {
  const { high, low } = rowHashes(table);
  const keyByPosition = new Float64Array(rows.length);
  const positions = new Uint32Array(rows.length);
  for (let at = 0; at < rows.length; at += 1) {
    const row = rows[at]!;
    const top = mix(high[row]! + labels[row]!, 0x68bc21eb);
    keyByPosition[at] = (top >>> 11) * 4294967296 + mix(low[row]!, 0x02e5be93);
    positions[at] = at;
  }
  positions.sort((left, right) => keyByPosition[left]! - keyByPosition[right]!);
  return positions.map((position) => rows[position]!);
}

interface RowHashes {
  readonly high: Uint32Array;
  readonly low: Uint32Array;
}

/** Every fit on rows of a table needs them. */
const hashesOfTable = new WeakMap<Table, RowHashes>();

/** By row of the table, without its label. */
function rowHashes(table: Table): RowHashes {
  let hashes = hashesOfTable.get(table);
  if (hashes === undefined) {
    hashes = { high: new Uint32Array(table.rowCount), low: new Uint32Array(table.rowCount) };
    for (const column of table.columns) addColumnHash(column, hashes);
    hashesOfTable.set(table, hashes);
  }
  return hashes;
}

function addColumnHash(column: Column, { high, low }: RowHashes): void {
  const salt = hashText(column.name);
  if (column.kind === 'category') {
    const hashByCode = Uint32Array.from(column.categories, (category) => mix(hashText(category), salt));
    for (let row = 0; row < high.length; row += 1) {
      const code = column.codes[row]!;
      const hash = code === MISSING_CATEGORY ? salt : hashByCode[code]!;
      high[row] = high[row]! + hash;
      low[row] = low[row]! + mix(hash, 0x5bd1e995);
    }
    return;
  }
  const number = new Float64Array(1);
  const bits = new Uint32Array(number.buffer);
  for (let row = 0; row < high.length; row += 1) {
    const value = column.values[row]!;
    number[0] = Number.isNaN(value) ? Number.NaN : value + 0; // + 0 makes −0 the same number as 0
    const hash = mix(mix(bits[0]!, salt), bits[1]!);
    high[row] = high[row]! + hash;
    low[row] = low[row]! + mix(hash, 0x5bd1e995);
  }
}

/** FNV-1a over UTF-16 code units. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

function mix(value: number, salt: number): number {
  let mixed = imul(value ^ salt ^ (value >>> 15), 0x85ebca6b);
  mixed = imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
