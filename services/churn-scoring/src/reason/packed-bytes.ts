const CHUNK_BYTES = 512;
const decoder = new TextDecoder();

/** Kinds of values; a greater first byte is a small whole number by itself. */
const MISSING = 0;
const DOUBLE = 1;
const TEXT = 2;
const PLACE = 3;
const WHOLE = 4;
const HUNDREDTHS = 5;
const FLOAT = 6;
const SMALL_FROM = 16;
const SMALL_COUNT = 256 - SMALL_FROM;
/** Beyond it hundredths take as much room as a double. */
const UNITS_MAX = 2 ** 45;

/** Writes numbers one after another, each in as few bytes as it needs. */
export class PackedWriter {
  private bytes = new Uint8Array(CHUNK_BYTES);
  private view = new DataView(this.bytes.buffer);
  private length = 0;

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.length] = value;
    this.length += 1;
  }

  /** @param value a whole number from 0 to below 2^53; 7 bits a byte */
  whole(value: number): void {
    this.reserve(8);
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) {
      this.bytes[this.length] = (rest % 128) + 128;
      this.length += 1;
    }
    this.bytes[this.length] = rest;
    this.length += 1;
  }

  /** @param value a whole number of a size below 2^52 */
  signed(value: number): void {
    this.whole(value < 0 ? -2 * value - 1 : 2 * value);
  }

  double(value: number): void {
    this.reserve(8);
    this.view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  /** A value without loss. @param placeOf place of a text in a list that the reader has, too; -1 where it is not in it */
  value(value: number | string | undefined, placeOf: (text: string) => number): void {
    if (value === undefined) this.byte(MISSING);
    else if (typeof value === 'number') this.number(value);
    else this.text(value, placeOf(value));
  }

  private number(value: number): void {
    const isWhole = Number.isInteger(value) && !Object.is(value, -0);
    const hundredths = Math.round(value * 100);
    const isHundredths = hundredths !== 0 && hundredths / 100 === value && Math.abs(hundredths) < UNITS_MAX;
    if (isWhole && value >= 0 && value < SMALL_COUNT) {
      this.byte(SMALL_FROM + value);
    } else if (isWhole && Math.abs(value) < UNITS_MAX) {
      this.byte(WHOLE);
      this.signed(value);
    } else if (isHundredths) {
      this.byte(HUNDREDTHS);
      this.signed(hundredths);
    } else if (Object.is(Math.fround(value), value)) {
      this.byte(FLOAT);
      this.reserve(4);
      this.view.setFloat32(this.length, value, true);
      this.length += 4;
    } else {
      this.byte(DOUBLE);
      this.double(value);
    }
  }

  private text(text: string, place: number): void {
    if (place >= 0) {
      this.byte(PLACE);
      this.whole(place);
      return;
    }
    const encoded = Buffer.from(text, 'utf8');
    this.byte(TEXT);
    this.whole(encoded.length);
    this.reserve(encoded.length);
    this.bytes.set(encoded, this.length);
    this.length += encoded.length;
  }

  /** What was written since the last call. */
  finish(): Uint8Array {
    const written = this.bytes.slice(0, this.length);
    this.length = 0;
    return written;
  }

  private reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(this.length + count, 2 * this.bytes.length));
    larger.set(this.bytes);
    this.bytes = larger;
    this.view = new DataView(larger.buffer);
  }
}

/** Reads what a PackedWriter wrote, by the same calls in the same order. */
export class PackedReader {
  private readonly view: DataView;
  private at = 0;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  byte(): number {
    this.at += 1;
    return this.view.getUint8(this.at - 1);
  }

  whole(): number {
    let [value, unit] = [0, 1];
    for (;;) {
      const byte = this.byte();
      value += (byte & 127) * unit;
      if (byte < 128) return value;
      unit *= 128;
    }
  }

  signed(): number {
    const value = this.whole();
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
  }

  double(): number {
    this.at += 8;
    return this.view.getFloat64(this.at - 8, true);
  }

  /** @param textAt the text at a place of the writer's list */
  value(textAt: (place: number) => string): number | string | undefined {
    const kind = this.byte();
    switch (kind) {
      case MISSING:
        return undefined;
      case DOUBLE:
        return this.double();
      case TEXT: {
        const length = this.whole();
        this.at += length;
        return decoder.decode(this.bytes.subarray(this.at - length, this.at));
      }
      case PLACE:
        return textAt(this.whole());
      case WHOLE:
        return this.signed();
      case HUNDREDTHS:
        return this.signed() / 100;
      case FLOAT:
        this.at += 4;
        return this.view.getFloat32(this.at - 4, true);
      default:
        return kind - SMALL_FROM;
    }
  }
}
