import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { Encoding } from './encoding.js';
import { openText } from './file-text.js';
import { gb18030 } from './gb18030.fixture.js';

async function read(file: Uint8Array, pieceBytes = 7): Promise<{ encoding: Encoding; text: string }> {
  const opened = await openText(async function* () {
    for (let at = 0; at < file.length; at += pieceBytes) yield file.subarray(at, at + pieceBytes);
  });
  let text = '';
  for await (const piece of opened.text) text += piece;
  return { encoding: opened.encoding, text };
}

const rows = (count: number, cells: readonly string[]): string =>
  Array.from({ length: count }, (_, row) => `K${row},${cells[row % cells.length]!},${row}\n`).join('');
const PLAIN = `id,sex,fee\n${rows(50, ['男', '女'])}`;
const WOMEN = `id,sex\n1,男\n${rows(90, ['女'])}`;
const ADDRESS = '姓名,地址\n欧阳鑫淼,沈阳市沈河区文艺路３号（东侧）\n';
const FOUR_BYTES = Buffer.concat([gb18030(PLAIN), Buffer.from('8139ee39', 'hex')]);
const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le');

test.each<[string, Buffer, Encoding, string]>([
  ['ASCII', Buffer.from('a,b\n1,2\n'), 'UTF-8', 'a,b\n1,2\n'],
  ['UTF-8', Buffer.from(PLAIN), 'UTF-8', PLAIN],
  ['UTF-8 with a mark', Buffer.from(`\uFEFF${PLAIN}`), 'UTF-8', PLAIN],
  ['GBK under an ASCII header', gb18030(PLAIN), 'GB18030', PLAIN],
  ['GBK of women alone, whose bytes are valid UTF-8, and one man', gb18030(WOMEN), 'GB18030', WOMEN],
  ['a Chinese header in GBK', gb18030('用户编号,性别\r\nA1,男\r\n'), 'GB18030', '用户编号,性别\r\nA1,男\r\n'],
  ['names and addresses in GBK', gb18030(ADDRESS), 'GB18030', ADDRESS],
  ['GB18030 with a mark', Buffer.concat([Buffer.from('84319533', 'hex'), gb18030(PLAIN)]), 'GB18030', PLAIN],
  ['GB18030 with a character of four bytes', FOUR_BYTES, 'GB18030', `${PLAIN}\u3400`],
  ['packed GBK', gzipSync(gb18030(PLAIN)), 'GB18030', PLAIN],
  ['UTF-16 with a mark', utf16(`\uFEFF${PLAIN}`), 'UTF-16LE', PLAIN],
  ['UTF-16 of the other order', utf16(`\uFEFF${PLAIN}`).swap16(), 'UTF-16BE', PLAIN],
  ['UTF-16 without a mark', utf16(PLAIN), 'UTF-16LE', PLAIN],
])('reads %s', async (_, file, encoding, text) => {
  expect(await read(file)).toEqual({ encoding, text });
});

test('a few truncated characters in a UTF-8 file do not change its encoding', async () => {
  const truncated = Buffer.concat([Buffer.from(`${PLAIN}K1,女`).subarray(0, -1), Buffer.from(',7\n')]);
  expect(await read(truncated)).toEqual({ encoding: 'UTF-8', text: `${PLAIN}K1,\uFFFD,7\n` });
});

test('a truncated character in a long GBK file does not change its encoding', async () => {
  const text = `id,sex\n${rows(500, ['男', '女'])}`;
  const truncated = Buffer.concat([gb18030(text), Buffer.from([0xc4]), Buffer.from(',7\n')]);
  expect(await read(truncated, 64)).toEqual({ encoding: 'GB18030', text: `${text}\uFFFD,7\n` });
});

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
const UMLAUTS = latin1(`name,n\n${rows(20, ['Müller', 'Jäger', 'Grün', 'Weiß'])}`);
const MIXED = Buffer.concat([Buffer.from(PLAIN), gb18030(PLAIN)]);

test.each([
  ['umlauts in Latin-1', UMLAUTS, 'Latin', 2],
  ['one umlaut', latin1('id,name\n1,Meier\n2,Groß\n'), 'Latin', 3],
  ['Spanish', latin1('id,city\n1,Le\u00f3n\n2,M\u00e1laga\n'), 'Latin', 2],
  ['Cyrillic in Windows-1251', latin1('id,s\n1,\xcc\xee\xf1\xea\xe2\xe0\n2,\xd1\xee\xf7\xe8\n'), 'Unknown', 2],
  ['Korean in EUC-KR', latin1('id,s\n1,\xbc\xad\xbf\xef\n2,\xba\xce\xbb\xea\n3,\xb3\xb2\n4,\xbf\xa9\n'), 'Unknown', 2],
  ['Chinese in Big5', latin1('id,s\n1,\xa5x\xa5_\xa5\xab\n2,\xa8k\xa9\xca\n3,\xa4k\xa9\xca\n'), 'Unknown', 2],
  ['Japanese in Shift-JIS', latin1('id,s\n1,\x93\x8c\x8b\x9e\n2,\x91\xe5\x8d\xe3\n'), 'Unknown', 2],
  ['half UTF-8 and half GBK', MIXED, 'Unknown', 53],
])('refuses %s, with the first line that is wrong', async (_, file, key, line) => {
  const message = expect.stringContaining(`Line ${line} `);
  await expect(read(file)).rejects.toMatchObject({ kind: 'unprocessable', key: `file.encoding${key}`, message });
});

test('a text comes back from every encoding that is read, in pieces of any size', async () => {
  const cell = fc.string({ unit: fc.constantFrom(...Array.from('男女是否沈阳市流失套餐王李张月费，。abc12 ')) });
  const text = fc
    .array(cell, { minLength: 1, maxLength: 20 })
    .map((cells) => `id,值\n${cells.map((each, at) => `${at},${each}`).join('\n')}\n男`);
  await fc.assert(
    fc.asyncProperty(text, fc.integer({ min: 1, max: 40 }), async (written, pieceBytes) => {
      for (const [encoding, bytes] of [
        ['UTF-8', Buffer.from(written)],
        ['GB18030', gb18030(written)],
        ['UTF-16LE', utf16(`\uFEFF${written}`)],
        ['UTF-16BE', utf16(`\uFEFF${written}`).swap16()],
      ] as const) {
        expect(await read(bytes, pieceBytes)).toEqual({ encoding, text: written });
      }
    }),
    { numRuns: 60 },
  );
});
