/**
 * A difficult table: other names, semicolons, a byte-order mark, Windows line ends, blanks everywhere, a
 * category with 500 values, a constant column, a date, and a column that was written after the churn.
 */
export const NASTY_ROWS = 1_200;

export const NASTY_MAPPING = `
table: nasty
key: "Kunden Nr"
asOf: 2026-08
label: { column: "Gekündigt?", positive: ja, negative: nein }
value: "Umsatz €"
currency: EUR
delimiter: ";"
missing: ["", "k.A."]
`;

const header = [
  ...[' Kunden Nr ', 'Gekündigt?', 'Umsatz €', 'Tage seit Anruf', 'Postleitzahl', 'Vertrag vom', 'Land'],
  ...['Status nach Monat', 'Notiz'],
];

export function nastyTable(): Buffer<ArrayBuffer> {
  const random = randomStream(20260901);
  const rows = Array.from({ length: NASTY_ROWS }, (_, index) => {
    const revenue = 10 + 90 * random();
    const daysSinceCall = random() < 0.1 ? 'k.A.' : Math.floor(120 * random());
    const leaves =
      random() < 1 / (1 + Math.exp(3 - (daysSinceCall === 'k.A.' ? 0 : daysSinceCall / 30) - revenue / 100));
    const blank = index % 7 === 0 ? '  ' : '';
    return [
      `K${String(index + 1).padStart(5, '0')}${blank}`,
      leaves ? 'ja' : 'nein',
      `${blank}${revenue.toFixed(2)}`,
      daysSinceCall,
      `PLZ ${10000 + Math.floor(500 * random())}`,
      `20${String(10 + Math.floor(15 * random()))}-0${1 + Math.floor(9 * random())}-1${Math.floor(10 * random())}`,
      'DE',
      leaves ? 'geschlossen' : 'offen',
      index % 5 === 0 ? '"sagt; was ""er"" will"' : '',
    ];
  });
  const lines = [header, ...rows].map((cells) => `${cells.join(';')}\r\n`);
  return Buffer.from(`\uFEFF${lines.join('')}`, 'utf8');
}

/** Numbers in [0, 1), the same on every machine: mulberry32. */
function randomStream(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
