import type { Caller } from '@holdfast/platform/caller';
import { decideOnTakenKey, settles } from './decision.js';
import { fingerprintOf } from './idempotency.js';
import { Sealing } from '@holdfast/platform/sealing';

const desk: Caller = {
  client: 'front-desk',
  scopes: new Set(['pii:read']),
  orgScope: ['demo/shenyang/'],
  language: 'en',
  system: false,
};
const one = fingerprintOf('POST /a', '/a', { x: 1 }, desk);
const other = fingerprintOf('POST /a', '/a', { x: 2 }, desk);

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

test('a path parameter is part of the request', () => {
  const ofPath = (path: string): Buffer => fingerprintOf('POST /a/{id}', path, {}, desk);
  expect(ofPath('/a/1')).not.toEqual(ofPath('/a/2'));
});

test.each<[string, Partial<Caller>]>([
  ['another region', { orgScope: ['demo/'] }],
  ['another agent', { onBehalfOf: 'agent-7' }],
  ['a stated reason', { accessReason: 'complaint' }],
])('%s is another request', (_what, difference) => {
  expect(fingerprintOf('POST /a', '/a', { x: 1 }, { ...desk, ...difference })).not.toEqual(one);
});

test('another language, or another wording of the reason, is the same request', () => {
  const reasoned: Caller = { ...desk, accessReason: 'complaint' };
  const again: Caller = { ...reasoned, accessReason: 'complaint 17', language: 'zh-CN' };
  expect(fingerprintOf('POST /a', '/a', {}, again)).toEqual(fingerprintOf('POST /a', '/a', {}, reasoned));
});

test('a sealed answer opens only where it belongs', () => {
  const sealing = new Sealing('s'.repeat(32), 'tests');
  const sealed = sealing.seal(Buffer.from('answer'), 'client key');
  expect(sealing.open(sealed, 'client key').toString()).toBe('answer');
  expect(() => sealing.open(sealed, 'another')).toThrow('unable to authenticate data');
  expect(() => new Sealing('t'.repeat(32), 'tests').open(sealed, 'client key')).toThrow('unable to authenticate data');
});
