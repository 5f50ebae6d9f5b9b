/** Memory that threads share: what is in it crosses into a thread without a copy. */
export function sharedBytes(bytes: number): SharedArrayBuffer {
  return new SharedArrayBuffer(bytes);
}

/** The numbers in shared memory. */
export function sharedDoubles(values: Float64Array): Float64Array {
  const shared = new Float64Array(sharedBytes(values.byteLength));
  shared.set(values);
  return shared;
}

/** The numbers in shared memory. */
export function sharedIntegers(values: ArrayLike<number>): Uint32Array {
  const shared = new Uint32Array(sharedBytes(4 * values.length));
  shared.set(values);
  return shared;
}
