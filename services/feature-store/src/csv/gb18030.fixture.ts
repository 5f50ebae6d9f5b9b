/** Bytes of a text in GB18030, which Node decodes and does not encode: by the two-byte characters that it decodes. */
export function gb18030(text: string): Buffer {
  return Buffer.concat(
    Array.from(text, (character) => {
      if (character.charCodeAt(0) < 0x80) return Buffer.from(character);
      const pair = pairOf().get(character);
      if (pair === undefined) throw new Error(`${character} has no two bytes in GB18030`);
      return Buffer.from([pair >> 8, pair & 0xff]);
    }),
  );
}

let pairs: Map<string, number> | undefined;

function pairOf(): Map<string, number> {
  if (pairs !== undefined) return pairs;
  pairs = new Map();
  const decoder = new TextDecoder('gb18030');
  for (let lead = 0x81; lead <= 0xfe; lead += 1) {
    for (let trail = 0x40; trail <= 0xfe; trail += 1) {
      if (trail !== 0x7f) pairs.set(decoder.decode(Uint8Array.of(lead, trail)), (lead << 8) | trail);
    }
  }
  return pairs;
}
