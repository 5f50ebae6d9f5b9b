/** A member of a JSON document whose values, lists of numbers all, are stored as bytes. */
export interface PackedMember {
  /** Names of the members on the way to it, without positions in lists, joined by points. */
  readonly path: string;
  readonly type: NumberType;
  /** How many numbers all of its lists have. */
  readonly count: number;
}

interface PackedJson {
  /** The document, with the length of a list in its place. */
  readonly document: unknown;
  readonly members: readonly PackedMember[];
  /** Of each member, all of its lists one after another in the order of the document, little-endian. */
  readonly sections: readonly Uint8Array[];
}

const numberTypes = {
  u8: { bytes: 1, min: 0, max: 255 },
  i16: { bytes: 2, min: -32_768, max: 32_767 },
  i32: { bytes: 4, min: -2_147_483_648, max: 2_147_483_647 },
  f64: { bytes: 8, min: -Infinity, max: Infinity },
} as const;
type NumberType = keyof typeof numberTypes;

/**
 * Moves the lists of numbers of a JSON document into typed sections, each member's into the smallest type that has all of
 * its numbers exactly. A member that holds anything else, too, stays as it is. Equal documents give equal bytes. O(size).
 */
export function packJson(value: unknown): PackedJson {
  const listsByPath = new Map<string, (readonly number[])[] | null>();
  collect(value, '');
  const packed = [...listsByPath].flatMap(([path, lists]) => (lists === null ? [] : [{ path, numbers: lists.flat() }]));
  const members = packed.map(({ path, numbers }) => ({ path, type: typeOf(numbers), count: numbers.length }));
  const paths = new Set(members.map(({ path }) => path));
  return {
    document: replaceAt(value, '', (each, path) => {
      return paths.has(path) && isNumbers(each) ? each.length : undefined;
    }),
    members,
    sections: packed.map(({ numbers }, at) => sectionOf(numbers, members[at]!.type)),
  };

  function collect(each: unknown, path: string): void {
    if (isNumbers(each)) {
      const lists = listsByPath.get(path);
      if (lists === undefined) listsByPath.set(path, [each]);
      else lists?.push(each);
    } else if (Array.isArray(each)) {
      for (const item of each) collect(item, path);
    } else if (typeof each === 'object' && each !== null) {
      for (const [name, member] of Object.entries(each)) collect(member, joined(path, name));
    } else {
      listsByPath.set(path, null);
    }
  }
}

/** What was given to `packJson`. */
export function unpackJson(
  document: unknown,
  members: readonly PackedMember[],
  sections: readonly Uint8Array[],
): unknown {
  const readers = new Map(
    members.map(({ path, type }, at) => [path, { read: readerOf(sections[at]!, type), from: 0 }]),
  );
  return replaceAt(document, '', (each, path) => {
    const reader = readers.get(path);
    if (reader === undefined || typeof each !== 'number') return undefined;
    const from = reader.from;
    reader.from += each;
    return Array.from({ length: each }, (_, at) => reader.read(from + at));
  });
}

export function sectionBytes({ type, count }: PackedMember): number {
  return numberTypes[type].bytes * count;
}

/** A copy with some values replaced by others; undefined keeps one. */
function replaceAt(value: unknown, path: string, replacement: (value: unknown, path: string) => unknown): unknown {
  const replaced = replacement(value, path);
  if (replaced !== undefined) return replaced;
  if (Array.isArray(value)) return value.map((item) => replaceAt(item, path, replacement));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(entries.map(([name, each]) => [name, replaceAt(each, joined(path, name), replacement)]));
}

/** Lists without entries stay, too: a list of lists may be empty. */
function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'number');
}

function joined(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function typeOf(numbers: readonly number[]): NumberType {
  const isWhole = numbers.every((number) => Number.isInteger(number) && !Object.is(number, -0));
  if (!isWhole) return 'f64';
  const types = Object.keys(numberTypes) as NumberType[];
  return types.find((type) => {
    return numbers.every((number) => number >= numberTypes[type].min && number <= numberTypes[type].max);
  })!;
}

function sectionOf(numbers: readonly number[], type: NumberType): Uint8Array {
  const { bytes } = numberTypes[type];
  const view = new DataView(new ArrayBuffer(bytes * numbers.length));
  numbers.forEach((number, at) => {
    if (type === 'u8') view.setUint8(at, number);
    else if (type === 'i16') view.setInt16(bytes * at, number, true);
    else if (type === 'i32') view.setInt32(bytes * at, number, true);
    else view.setFloat64(bytes * at, number, true);
  });
  return new Uint8Array(view.buffer);
}

function readerOf(section: Uint8Array, type: NumberType): (at: number) => number {
  const { bytes } = numberTypes[type];
  const view = new DataView(section.buffer, section.byteOffset, section.byteLength);
  switch (type) {
    case 'u8':
      return (at) => view.getUint8(at);
    case 'i16':
      return (at) => view.getInt16(bytes * at, true);
    case 'i32':
      return (at) => view.getInt32(bytes * at, true);
    case 'f64':
      return (at) => view.getFloat64(bytes * at, true);
  }
}
