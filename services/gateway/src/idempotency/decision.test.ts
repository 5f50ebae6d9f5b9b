import { decideOnTakenKey, settles } from './decision.js';
import { fingerprintOf } from './idempotency.js';
import { Sealing } from './sealing.js';

const one = fingerprintOf('POST /a', '/a', { x: 1 });
const other = fingerprintOf('POST /a', '/a', { x: 2 });

test.each([
  [{ fingerprint: one, status: 200 }, 'replay'],
  [{ fingerprint: one, status: null }, 'inFlight'],
  [{ fingerprint: other, status: 200 }, 'mismatch'],
  [{ fingerprint: other, status: null }, 'mismatch'],
])('%p', (kept, decision) => {
  expect(decideOnTakenKey(kept, one)).toBe(decision);
});

test.each([
  [200, true],
  [409, true],
  [422, true],
  [429, false],
  [500, false],
  [503, false],
])('an answer with status %d settles its key: %p', (status, expected) => {
  expect(settles(status)).toBe(expected);
});

test('a path parameter is part of what is asked', () => {
  expect(fingerprintOf('POST /a/{id}', '/a/1', {})).not.toEqual(fingerprintOf('POST /a/{id}', '/a/2', {}));
});

test('a sealed answer opens only where it belongs', () => {
  const sealing = new Sealing('s'.repeat(32));
  const sealed = sealing.seal(Buffer.from('answer'), 'client key');
  expect(sealing.open(sealed, 'client key').toString()).toBe('answer');
  expect(() => sealing.open(sealed, 'another')).toThrow('unable to authenticate data');
  expect(() => new Sealing('t'.repeat(32)).open(sealed, 'client key')).toThrow('unable to authenticate data');
});
