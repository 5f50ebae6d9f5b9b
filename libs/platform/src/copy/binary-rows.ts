const CHUNK_BYTES = 64 * 1024;
/** Signature, flags and length of the header's extension. */
const HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const TRAILER = Buffer.from([0xff, 0xff]);
const NULL = -1;
const DASH = 0x2d;

const NUMERIC_NEGATIVE = 0x4000;
const NUMERIC_INFINITY = 0xd000;
const NUMERIC_MINUS_INFINITY = 0xf000;
/** Decimal digits of a digit of `numeric`. */
const NUMERIC_DIGITS = 4;

/**
 * Rows in PostgreSQL's binary COPY format: `row`, then its cells in the order of the columns. For millions of rows: no text
 * is made of a number here, nor read there.
 */
export class BinaryRows {
  private bytes = Buffer.allocUnsafe(2 * CHUNK_BYTES);
  private length = HEADER.copy(this.bytes);
  /** Of an amount below HUNDREDTHS_MAX. */
  private readonly digits = new Int16Array(5);

  row(cells: number): void {
    this.reserve(2);
    this.length = this.bytes.writeInt16BE(cells, this.length);
  }

  null(): void {
    this.reserve(4);
    this.length = this.bytes.writeInt32BE(NULL, this.length);
  }

  /** A smallint. */
  int2(value: number): void {
    this.reserve(6);
    this.length = this.bytes.writeInt32BE(2, this.length);
    this.length = this.bytes.writeInt16BE(value, this.length);
  }

  /** A double precision; NaN is NULL. */
  float8(value: number): void {
    if (Number.isNaN(value)) {
      this.null();
      return;
    }
    this.reserve(12);
    this.length = this.bytes.writeInt32BE(8, this.length);
    this.length = this.bytes.writeDoubleBE(value, this.length);
  }

  /** A uuid from its text form. */
  uuid(text: string): void {
    this.reserve(20);
    this.length = this.bytes.writeInt32BE(16, this.length);
    for (let at = 0; at < text.length; at += 2) {
      if (text.charCodeAt(at) === DASH) at += 1;
      this.bytes[this.length] = (nibbleOf(text.charCodeAt(at)) << 4) | nibbleOf(text.charCodeAt(at + 1));
      this.length += 1;
    }
  }

  /** A bytea, or a text in UTF-8. */
  raw(value: Uint8Array): void {
    this.reserve(4 + value.length);
    this.length = this.bytes.writeInt32BE(value.length, this.length);
    this.bytes.set(value, this.length);
    this.length += value.length;
  }

  /** A numeric with the digits of the number's shortest text; NaN is NULL. */
  numeric(value: number): void {
    if (Number.isNaN(value)) {
      this.null();
      return;
    }
    const hundredths = Math.round(Math.abs(value) * 100);
    if (hundredths < HUNDREDTHS_MAX && hundredths / 100 === Math.abs(value)) {
      this.hundredths(hundredths, value < 0 ? NUMERIC_NEGATIVE : 0);
      return;
    }
    const { sign, weight, scale, digits } = numericOf(value);
    this.reserve(12 + 2 * digits.length);
    this.length = this.bytes.writeInt32BE(8 + 2 * digits.length, this.length);
    this.length = this.bytes.writeInt16BE(digits.length, this.length);
    this.length = this.bytes.writeInt16BE(weight, this.length);
    this.length = this.bytes.writeUInt16BE(sign, this.length);
    this.length = this.bytes.writeInt16BE(scale, this.length);
    for (const digit of digits) this.length = this.bytes.writeInt16BE(digit, this.length);
  }

  /** Money, without a detour by text. */
  private hundredths(hundredths: number, sign: number): void {
    const { digits } = this;
    const fraction = hundredths % 100;
    let count = digits.length;
    digits[count - 1] = fraction * 100;
    let [first, weight] = [count - 1, -1];
    for (let whole = Math.floor(hundredths / 100); whole > 0; whole = Math.floor(whole / 10_000)) {
      first -= 1;
      weight += 1;
      digits[first] = whole % 10_000;
    }
    while (count > first && digits[count - 1] === 0) count -= 1;
    this.reserve(12 + 2 * (count - first));
    this.length = this.bytes.writeInt32BE(8 + 2 * (count - first), this.length);
    this.length = this.bytes.writeInt16BE(count - first, this.length);
    this.length = this.bytes.writeInt16BE(count === first ? 0 : weight, this.length);
    this.length = this.bytes.writeUInt16BE(sign, this.length);
    this.length = this.bytes.writeInt16BE(fraction === 0 ? 0 : fraction % 10 === 0 ? 1 : 2, this.length);
    for (let at = first; at < count; at += 1) this.length = this.bytes.writeInt16BE(digits[at]!, this.length);
  }

  get isFull(): boolean {
    return this.length >= CHUNK_BYTES;
  }

  /** What was written since the last call. */
  take(): Buffer {
    const taken = this.bytes.subarray(0, this.length);
    this.bytes = Buffer.allocUnsafe(2 * CHUNK_BYTES);
    this.length = 0;
    return taken;
  }

  /** The rest, with the end of the format. */
  end(): Buffer {
    this.reserve(TRAILER.length);
    this.bytes.set(TRAILER, this.length);
    this.length += TRAILER.length;
    return this.take();
  }

  private reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.length + count, 2 * this.bytes.length));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }
}

/** Whole numbers up to it are exact, and so are their hundredths as decimals. */
const HUNDREDTHS_MAX = 1e15;

interface Numeric {
  readonly sign: number;
  /** Of the first digit, as a power of 10,000. */
  readonly weight: number;
  /** Decimal digits after the point. */
  readonly scale: number;
  /** To the base of 10,000. */
  readonly digits: readonly number[];
}

/** Of a hexadecimal digit, of either case. */
function nibbleOf(code: number): number {
  return code <= 0x39 ? code - 0x30 : (code & 0x1f) + 9;
}

function numericOf(value: number): Numeric {
  if (Math.abs(value) === Infinity) {
    return { sign: value > 0 ? NUMERIC_INFINITY : NUMERIC_MINUS_INFINITY, weight: 0, scale: 0, digits: [] };
  }
  const [mantissa = '', exponent = '0'] = String(Math.abs(value)).split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  // The point moves by the exponent.
  const moved = Number(exponent);
  const point = whole.length + moved;
  const all = `${'0'.repeat(Math.max(0, -point))}${whole}${fraction}`.padEnd(point, '0');
  const places = Math.max(0, point);
  const scale = all.length - places;
  const before = all.slice(0, places);
  const after = all.slice(places);
  const left = before.padStart(Math.ceil(before.length / NUMERIC_DIGITS) * NUMERIC_DIGITS, '0');
  const text = left + after.padEnd(Math.ceil(after.length / NUMERIC_DIGITS) * NUMERIC_DIGITS, '0');
  const digits: number[] = [];
  for (let at = 0; at < text.length; at += NUMERIC_DIGITS) digits.push(Number(text.slice(at, at + NUMERIC_DIGITS)));
  let weight = left.length / NUMERIC_DIGITS - 1;
  while (digits[0] === 0) {
    digits.shift();
    weight -= 1;
  }
  while (digits.at(-1) === 0) digits.pop();
  if (digits.length === 0) weight = 0;
  return { sign: value < 0 ? NUMERIC_NEGATIVE : 0, weight, scale, digits };
}
