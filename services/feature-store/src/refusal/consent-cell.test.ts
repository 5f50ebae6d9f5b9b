import { answerBy, consentAnswer } from './consent-cell.js';

describe('the cell of a consent', () => {
  it.each(['true', 'TRUE', ' True ', '1', '1.0', 'yes', 'Y', '是', '同意', 'ＹＥＳ', 'opt-in', 'Opted In'])(
    'grants as %j',
    (cell) => expect(consentAnswer(cell)).toBe('granted'),
  );

  it.each([
    ...['false', 'FALSE', 'False', 'f', '0', '0.0', '0.00', '０', 'no', 'No', 'N', 'n', 'Ｎ', 'NO ', 'off'],
    ...['否', '不', '不同意', '拒绝', '否。', '"no"', 'opt-out', 'OPT OUT', 'opted_out', 'optout', 'refused'],
    ...['withdrawn', 'unsubscribed', 'Do Not Call', 'DNC', 'never', '退订', '免打扰', '未授权'],
  ])('refuses as %j', (cell) => expect(consentAnswer(cell)).toBe('refused'));

  it.each(['', '   ', '\u3000', '\\N', 'NULL', 'null', 'NaN', 'N/A', '#N/A'])('is empty as %j', (cell) =>
    expect(consentAnswer(cell)).toBe('empty'),
  );

  it.each(['?', 'x', '2', '10', '-1', 'maybe', '\uFFFD\uFFFD', '同意否', 'not agreed', '2026-10-01'])(
    'is unreadable as %j',
    (cell) => expect(consentAnswer(cell)).toBe('unreadable'),
  );

  it('of a mapping that names the yes refuses as everything else', () => {
    const answerOf = answerBy(['Y'], undefined, ['-']);
    const cells = ['Y', ' y ', 'Ｙ', 'N', 'yes', 'true', '0', '?', '', 'NULL', '-'];
    const said = ['granted', 'granted', 'granted', 'refused', 'refused', 'refused', 'refused', 'refused'];
    expect(cells.map(answerOf)).toEqual([...said, 'empty', 'empty', 'empty']);
  });
});
