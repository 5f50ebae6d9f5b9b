import { Failure } from '@holdfast/platform/errors';
import { decodePositions, encodePositions } from './job-list.js';

const JOB = '01936a44-5a10-7f51-8e41-7a6d5b8e1f77';
const tokenOf = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

test('the first page queries every service, later pages those with more', () => {
  expect(Object.keys(decodePositions('')).sort()).toEqual([
    'campaign',
    'churn-scoring',
    'customer-profile',
    'evaluation',
    'feature-store',
    'household-identification',
    'preference-recommendation',
  ]);
  const token = encodePositions({ campaign: JOB });
  expect(decodePositions(token)).toEqual({ campaign: JOB });
});

test('after the last page there is no token', () => {
  expect(encodePositions({})).toBe('');
});

test.each([
  'x',
  '!!',
  tokenOf(null),
  tokenOf(3),
  tokenOf([]),
  tokenOf({}),
  tokenOf({ campaign: 'y' }),
  tokenOf({ campaign: JOB, unknown: JOB }),
])('refuses the token %p', (token) => {
  expect(() => decodePositions(token)).toThrow(Failure);
});
