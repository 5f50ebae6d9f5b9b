import { Failure } from '@holdfast/platform/errors';
import { decodePositions, encodePositions } from './job-list.js';

test('the first page asks every service, later pages those with more', () => {
  expect(Object.keys(decodePositions('')).sort()).toEqual([
    'campaign',
    'churn-scoring',
    'customer-profile',
    'feature-store',
  ]);
  const token = encodePositions({ campaign: 'abc' });
  expect(decodePositions(token)).toEqual({ campaign: 'abc' });
});

test('after the last page there is no token', () => {
  expect(encodePositions({})).toBe('');
});

test.each(['x', '!!', Buffer.from('null').toString('base64url'), Buffer.from('3').toString('base64url')])(
  'refuses the token %p',
  (token) => {
    expect(() => decodePositions(token)).toThrow(Failure);
  },
);

test('a token can name no service that is none', () => {
  const token = Buffer.from(JSON.stringify({ __proto__: null, nobody: 'x', campaign: 'y' })).toString('base64url');
  expect(decodePositions(token)).toEqual({ campaign: 'y' });
});
