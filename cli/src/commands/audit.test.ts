import { verificationLines } from './audit.js';

const head = { sequence: 7, hash: 'ab'.repeat(32) };
const last = `head 7:${head.hash}`;

test.each([
  [{ entries: 7, unchained: 0, head, fault: null }, ['intact: 7 entries', last]],
  [{ entries: 7, unchained: 2, head, fault: null }, ['intact: 7 entries', '2 entries are older than the chain', last]],
  [
    { entries: 3, unchained: 0, head, fault: { kind: 'removed' as const, sequence: 4, auditId: null } },
    ['entry 4 was removed; 3 entries before it are intact', last],
  ],
])('a verification names the first fault and the head to keep', (verification, lines) => {
  expect(verificationLines(verification)).toEqual(lines);
});
