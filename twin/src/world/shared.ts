/** Arrays that worker threads share without a copy. */
export function sharedFloats(length: number): Float32Array {
  return new Float32Array(new SharedArrayBuffer(length * 4));
}

export function sharedDoubles(length: number): Float64Array {
  return new Float64Array(new SharedArrayBuffer(length * 8));
}

export function sharedInts(length: number, fill = 0): Int32Array {
  return new Int32Array(new SharedArrayBuffer(length * 4)).fill(fill);
}

export function sharedShorts(length: number, fill = 0): Int16Array {
  return new Int16Array(new SharedArrayBuffer(length * 2)).fill(fill);
}

export function sharedBytes(length: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(length));
}

export function sharedIntsOf(values: readonly number[]): Int32Array {
  const array = sharedInts(values.length);
  array.set(values);
  return array;
}
