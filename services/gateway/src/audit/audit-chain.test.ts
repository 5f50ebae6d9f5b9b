import { CHAIN_START, ChainCheck, hashAfter, type ChainedEntry } from './audit-chain.js';

const entry = (sequence: number, parts: Partial<ChainedEntry> = {}): ChainedEntry => ({
  sequence,
  auditId: `01936a45-7c10-7d2e-8a53-3d6a2f5b8c1${sequence}`,
  at: new Date('2026-11-03T02:10:00.000Z'),
  client: 'console',
  onBehalfOf: null,
  operation: 'POST /api/v1/customers:resolve',
  subjectIds: ['a'],
  subjectCount: 1,
  status: 200,
  accessReason: null,
  traceId: 't',
  ...parts,
});

function chainOf(entries: readonly ChainedEntry[]): (ChainedEntry & { hash: Buffer })[] {
  let { hash } = CHAIN_START;
  return entries.map((each) => ({ ...each, hash: (hash = hashAfter(hash, each)) }));
}

const chain = chainOf([entry(1), entry(2), entry(3), entry(4)]);
const head = chain.at(-1)!;

function faultOf(entries: typeof chain, after = CHAIN_START) {
  const check = new ChainCheck(after);
  check.follow(entries.slice(0, 2));
  check.follow(entries.slice(2));
  check.end(head);
  return check.fault;
}

test('the entries of a chain are intact, from the start and from any of them', () => {
  expect(faultOf(chain)).toBeUndefined();
  expect(faultOf(chain.slice(1), chain[0])).toBeUndefined();
});

test.each<[keyof ChainedEntry, unknown]>([
  ['auditId', '01936a45-7c10-7d2e-8a53-3d6a2f5b8c99'],
  ['at', new Date('2026-11-03T02:10:00.001Z')],
  ['client', 'other'],
  ['onBehalfOf', 'agent-7'],
  ['operation', 'GET /api/v1/audit'],
  ['subjectIds', []],
  ['subjectIds', ['a', 'b']],
  ['subjectCount', null],
  ['status', 403],
  ['accessReason', 'complaint 4711'],
  ['traceId', 'u'],
])('another %s is found', (field, value) => {
  const changed = chain.with(1, { ...chain[1]!, [field]: value });
  expect(faultOf(changed)).toMatchObject({ kind: 'changed', sequence: 2 });
});

test('an entry that was changed together with its hash is found at the next one', () => {
  const changed = entry(2, { client: 'other' });
  const rehashed = { ...changed, hash: hashAfter(chain[0]!.hash, changed) };
  expect(faultOf(chain.with(1, rehashed))).toMatchObject({ kind: 'changed', sequence: 3 });
});

test('a chain that was replaced from an entry on is found at the head', () => {
  const replaced = chainOf([entry(1), entry(2), entry(3), entry(4, { client: 'other' })]);
  expect(faultOf(replaced)).toEqual({ kind: 'changed', sequence: 4, auditId: null });
});

test.each([
  ['in the middle', chain.toSpliced(1, 1), 2],
  ['at the start', chain.slice(1), 1],
  ['at the end', chain.slice(0, -1), 4],
  ['all', [], 1],
])('removed %s', (_where, entries, sequence) => {
  expect(faultOf(entries)).toEqual({ kind: 'removed', sequence, auditId: null });
});

test.each([
  ['in the middle', chain.toSpliced(2, 0, chain[1]!), 2],
  ['at the end', [...chain, { ...entry(5), hash: hashAfter(head.hash, entry(5)) }], 5],
])('inserted %s', (_where, entries, sequence) => {
  expect(faultOf(entries)).toMatchObject({ kind: 'inserted', sequence });
});
