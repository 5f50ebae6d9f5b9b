import { randomBytes } from 'node:crypto';
import { weaknessOf } from './weak-secret.js';

test.each([
  ['k'.repeat(32), 'repeats'],
  ['K'.repeat(31) + 'x', 'not random'],
  ['0123456789abcdef'.repeat(4), 'repeats'],
  ['0'.repeat(64), 'repeats'],
  ['deadbeef'.repeat(8), 'repeats'],
  ['deadbeef'.repeat(8) + 'd', 'not random'],
  ['abcdefghijklmnopqrstuvwxyz012345', 'not random'],
  ['0123456789abcdefghijklmnopqrstuvwxyz', 'not random'],
  ['aaaaaaaabbbbbbbbccccccccdddddddd', 'not random'],
  ['zyxwvutsrqponmlkjihgfedcba987654', 'not random'],
  ['f3a91c07b2e84d5f9a6c1e70holdfast', 'examples'],
  ['change-me-7f3a91c07b2e84d5f9a6c1e7', 'examples'],
  ['My-Secret-7f3a91c07b2e84d5f9a6c1', 'examples'],
  ['f3a91c07b2e84d5f', 'fewer than 32'],
])('refuses %s', (secret, reason) => {
  expect(weaknessOf(secret, 32)).toMatch(reason);
});

test('accepts what a random generator gives', () => {
  for (let round = 0; round < 5_000; round += 1) {
    expect(weaknessOf(randomBytes(32).toString('hex'), 32)).toBeUndefined();
    expect(weaknessOf(randomBytes(16).toString('hex'), 32)).toBeUndefined();
    expect(weaknessOf(randomBytes(24).toString('base64'), 32)).toBeUndefined();
    expect(weaknessOf(randomBytes(12).toString('base64'), 16)).toBeUndefined();
  }
});
