import { createHash, hash, randomBytes } from 'node:crypto';

/** Number of logical shards; fixed, since stored rows depend on it. */
export const SHARDS = 256;

/** Namespace of all derived ids; fixed, since stored ids depend on it. */
const NAMESPACE = Buffer.from('6f1d0a52b3c84f0e9a4b7c6d5e8f9012', 'hex');

/**
 * UUIDv5 (RFC 9562) of a kind and a natural key within one operator: the same input gives the same id in every
 * service and every run, so that loading twice changes nothing.
 */
export function derivedId(kind: string, operator: string, naturalKey: string): string {
  const digest = createHash('sha1').update(NAMESPACE).update(`${kind}\0${operator}\0${naturalKey}`).digest();
  return formatUuid(digest.subarray(0, 16), 5);
}

export function customerId(operator: string, key: string): string {
  return derivedId('customer', operator, key);
}

export function accountId(operator: string, key: string): string {
  return derivedId('account', operator, key);
}

export function subscriptionId(operator: string, key: string): string {
  return derivedId('subscription', operator, key);
}

/** Within what an external key names one subject. */
export type KeySpace =
  /** The operator's own identifiers, shared by all extracts. */
  | { of: 'operator' }
  /** The keys of one table, in all its versions. */
  | { of: 'table'; table: string }
  /** Numbers of rows, which mean nothing outside one version of one table. */
  | { of: 'row'; table: string; version: string };

/** What precedes the keys of a space. No key has a NUL (they are refused), so that no two spaces can share a natural key. */
function keyPrefix(space: KeySpace): string {
  switch (space.of) {
    case 'operator':
      return '';
    case 'table':
      return `table\0${space.table}\0`;
    case 'row':
      return `row\0${space.table}\0${space.version}\0`;
  }
}

/** The natural key, unique within the operator, of a key of a space: what ids are derived from. */
export function naturalKey(space: KeySpace, key: string): string {
  return `${keyPrefix(space)}${key}`;
}

/** `derivedId` in DuckDB, as UUID, of a text expression with the keys of a space; NULL of NULL. */
export function derivedIdInDuckDb(
  kind: string,
  operator: string,
  expression: string,
  space: KeySpace = { of: 'operator' },
): string {
  const prefix = Buffer.concat([NAMESPACE, Buffer.from(`${kind}\0${operator}\0${keyPrefix(space)}`)]).toString('hex');
  const digest = `sha1(unhex('${prefix}') || encode(${expression}))`;
  // Version 5 is digit 12; the two high bits of digit 16 mark an RFC 9562 UUID. DuckDB's translate() takes as long as all
  // the rest.
  const variant = `substr('89ab89ab89ab89ab', instr('0123456789abcdef', substr(${digest}, 17, 1)), 1)`;
  return `(substr(${digest}, 1, 12) || '5' || substr(${digest}, 14, 3) || ${variant} || substr(${digest}, 18, 15))::uuid`;
}

const COUNTER_MAX = 0xfff;
let lastMs = 0;
let counter = 0;

/**
 * UUIDv7, for what has no natural key. Ids of a process rise in the order in which they are made: within a millisecond by
 * a counter of 12 bits that begins at a random place in its lower half (RFC 9562, section 6.2, method 1).
 */
export function newId(): string {
  const bytes = randomBytes(16);
  const nowMs = Date.now();
  if (nowMs > lastMs) {
    lastMs = nowMs;
    counter = bytes.readUInt16BE(6) & (COUNTER_MAX >> 1);
  } else if (counter === COUNTER_MAX) {
    lastMs += 1;
    counter = 0;
  } else {
    counter += 1;
  }
  bytes.writeUIntBE(lastMs, 0, 6);
  bytes.writeUInt16BE(counter, 6);
  return formatUuid(bytes, 7);
}

function formatUuid(bytes: Buffer, version: number): string {
  bytes[6] = (bytes[6]! & 0x0f) | (version << 4);
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Sorts before all other UUIDs. */
export const NIL_UUID = '00000000-0000-0000-0000-000000000000';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** A parameter that finds no row where the text is not a UUID. */
export function uuidOrNull(text: string): string | null {
  return isUuid(text) ? text : null;
}

/** Logical shard of a subscription, 0 to 255: the first 8 hex digits of md5 modulo 256, the same in every engine. */
export function shardOf(subscription: string): number {
  return hash('md5', subscription, 'buffer')[3]!;
}

/** The logical shards of a piece; all pieces together cover each shard once. */
export function shardsOfPiece(piece: number, pieces: number): { from: number; to: number } {
  return { from: Math.floor((piece * SHARDS) / pieces), to: Math.floor(((piece + 1) * SHARDS) / pieces) };
}

/** `shardOf` in PostgreSQL, of a text expression. */
export function shardInPostgres(expression: string): string {
  return `(('x' || substr(md5(${expression}), 1, 8))::bit(32)::bigint % ${SHARDS})::int`;
}

/** `shardOf` in DuckDB, of a text expression. */
export function shardInDuckDb(expression: string): string {
  return `(('0x' || substr(md5(${expression}), 1, 8))::bigint % ${SHARDS})::integer`;
}
