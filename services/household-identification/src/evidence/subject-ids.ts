export const ID_BYTES = 16;
/** Bytes of a UUID that a float64 holds exactly. */
const KEY_BYTES = 6;

/**
 * Numbers subscriptions 0, 1, … in the order of their ids, and finds the number of an id: 28 bytes a subscription, where a
 * map of texts takes some 150, and nothing is turned into text for each of millions of rows.
 */
export class SubjectIds {
  private readonly high: Float64Array;

  /** @param bytes 16 a subscription, ascending, without repetition */
  constructor(readonly bytes: Buffer) {
    this.high = new Float64Array(bytes.length / ID_BYTES);
    for (let at = 0; at < this.high.length; at += 1) {
      this.high[at] = bytes.readUIntBE(at * ID_BYTES, KEY_BYTES);
      if (at > 0 && bytes.compare(bytes, (at - 1) * ID_BYTES, at * ID_BYTES, at * ID_BYTES, (at + 1) * ID_BYTES) <= 0)
        throw new RangeError('ids are to be ascending, each once');
    }
  }

  get count(): number {
    return this.high.length;
  }

  /** The number of the id at a place of a packed column; -1 where it is not one of these. O(log count). */
  find(column: Buffer, row: number): number {
    const from = row * ID_BYTES;
    const key = column.readUIntBE(from, KEY_BYTES);
    let low = 0;
    let high = this.high.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.high[middle]! < key) low = middle + 1;
      else high = middle;
    }
    for (; low < this.high.length && this.high[low] === key; low += 1) {
      if (this.bytes.compare(column, from, from + ID_BYTES, low * ID_BYTES, (low + 1) * ID_BYTES) === 0) return low;
    }
    return -1;
  }

  /** Text form. */
  textOf(subject: number): string {
    const hex = this.bytes.toString('hex', subject * ID_BYTES, (subject + 1) * ID_BYTES);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }

  /** A packed UUID column of some of them. */
  pack(subjects: Int32Array): Buffer {
    const packed = Buffer.allocUnsafe(subjects.length * ID_BYTES);
    subjects.forEach((subject, row) =>
      this.bytes.copy(packed, row * ID_BYTES, subject * ID_BYTES, (subject + 1) * ID_BYTES),
    );
    return packed;
  }
}
