import { syntheticMonths, syntheticMonthsCsv } from '@holdfast/learning/synthetic-months.fixture';
import { readFile } from './read-table.fixture.js';

async function read(file: string, mapping: string) {
  const table = await readFile(file, `table: t\nkey: id\nasOf: { column: month }\n${mapping}`);
  const rows = table.rows as { key: string; month: number; label: number | null; had_left: boolean }[];
  rows.sort((left, right) => left.month - right.month);
  const outcomes = rows.map(({ key, month, label, had_left: hadLeft }) => [
    `${key} ${table.months[month]}`,
    hadLeft ? 'gone' : label === null ? '?' : String(label),
  ]);
  return {
    ...table,
    /** By month and key: `1` left, `0` stayed, `?` unknown, `gone` after leaving. */
    outcomes: Object.fromEntries(outcomes) as Record<string, string>,
    excluded: Object.fromEntries(table.columns.flatMap(({ name, excluded }) => (excluded ? [[name, excluded]] : []))),
    texts: Object.fromEntries(table.notices.map(({ key, text }) => [key, text.en])),
  };
}

/** Rows of `a:1-4,6` as months of 2026 that a key has; `x` is a feature. */
function monthsOf(spans: Record<string, number[]>): string {
  const lines = Object.entries(spans).flatMap(([key, months]) =>
    months.map((month) => `${key},2026-${String(month).padStart(2, '0')},${(month * 7) % 5}`),
  );
  return ['id,month,x', ...lines].join('\n');
}

const of = ({ outcomes }: Awaited<ReturnType<typeof read>>, key: string): string =>
  Object.entries(outcomes)
    .filter(([name]) => name.startsWith(`${key} `))
    .map(([, outcome]) => outcome)
    .join(' ');

const BY_DISAPPEARANCE = 'label: { from: disappearance';
const BY_LABEL = 'label: { column: churn, positive: 1, negative: 0 }';

test('who is missing in the next month left, and of the last month nothing is known', async () => {
  const file = monthsOf({ stays: [1, 2, 3, 4, 5], leaves: [1, 2, 3], late: [4, 5], atOnce: [4] });
  const table = await read(file, `${BY_DISAPPEARANCE}, absentMonths: 1 }`);
  expect(of(table, 'stays')).toBe('0 0 0 0 ?');
  expect(of(table, 'leaves')).toBe('0 0 1');
  expect(of(table, 'late')).toBe('0 ?');
  expect(of(table, 'atOnce')).toBe('1');
  expect(table).toMatchObject({ labelLeadMonths: 1, labelledRows: 9, positiveRows: 2 });
  expect(table.texts['label.byDisappearance']).toMatch(/2 subscribers churned.*absence of 1 months/);
});

test('a lead looks further ahead; churn inside the gap has no label', async () => {
  const file = monthsOf({ stays: [1, 2, 3, 4, 5, 6], leaves: [1, 2, 3] });
  const within = await read(file, `${BY_DISAPPEARANCE}, lead: 2, absentMonths: 1 }`);
  expect([of(within, 'stays'), of(within, 'leaves')]).toEqual(['0 0 0 0 ? ?', '0 1 1']);
  const gapped = await read(file, `${BY_DISAPPEARANCE}, gap: 1, absentMonths: 1 }`);
  expect([of(gapped, 'leaves'), gapped.labelLeadMonths]).toEqual(['0 1 ?', 2]);
});

test('a return is not churn, and with frequent returns more months of absence are needed', async () => {
  const regular = Array.from({ length: 40 }, (_, at): [string, number[]] => {
    const gap = 2 + (at % 5);
    return [`gap${at}`, [1, 2, 3, 4, 5, 6, 7, 8].filter((month) => month !== gap)];
  });
  const file = monthsOf({ ...Object.fromEntries(regular), leaves: [1, 2, 3, 4], doubtful: [1, 2, 3, 4, 5, 6, 7] });
  const table = await read(file, `${BY_DISAPPEARANCE} }`);
  expect(of(table, 'gap0')).toBe('0 0 0 0 0 ? ?'); // of months 1, 3 … 8; seven and eight are not known yet
  expect(of(table, 'leaves')).toBe('0 0 0 1');
  expect(of(table, 'doubtful')).toBe('0 0 0 0 0 0 ?');
  expect(table).toMatchObject({ labelLeadMonths: 2, positiveRows: 1 });
  expect(table.texts['label.byDisappearance']).toMatch(/1 subscribers churned.*2 months.*40 shorter absences/);
});

test('a month that the table lacks is not an absence', async () => {
  const file = monthsOf({ stays: [1, 2, 4, 5, 6], leaves: [1, 2, 4] });
  const table = await read(file, `${BY_DISAPPEARANCE}, absentMonths: 1 }`);
  expect([of(table, 'stays'), of(table, 'leaves')]).toEqual(['0 ? 0 0 ?', '0 ? 1']);
  expect(table.texts['label.monthsSkipped']).toContain('2026-03');
});

test('rows after churn are neither learned from nor scored, until a row with a negative label', async () => {
  const labels = { repeated: '0 1 1 1 ', blank: '0 1   ', returned: '0 1 1 0 ', stays: '0 0 0 0 ', last: '0 0 0 1 ' };
  const rows = ['id,month,left'];
  for (const [key, ofMonths] of Object.entries(labels))
    ofMonths.split(' ').forEach((label, month) => rows.push(`${key},2026-0${month + 1},${label}`));
  const label = 'label: { column: left, positive: 1, negative: 0';
  const table = await read(rows.join('\n'), `${label} }`);
  expect(of(table, 'repeated')).toBe('0 1 gone gone gone');
  expect(of(table, 'blank')).toBe('0 1 gone gone gone');
  expect(of(table, 'returned')).toBe('0 1 gone 0 ?');
  expect(of(table, 'stays')).toBe('0 0 0 0 ?');
  expect(of(table, 'last')).toBe('0 0 0 1 gone');
  expect(table.texts['label.afterLeaving']).toMatch(/^8 rows/);
  // A label of three months is positive in each of the three before.
  const ahead = await read(rows.join('\n'), `${label}, lead: 3 }`);
  expect(of(ahead, 'repeated')).toBe('0 1 1 1 gone');
});

test('a last month without a churner is unknown, not stayed', async () => {
  const synthetic = syntheticMonths({ subscribers: 800, months: 8, seed: 3 });
  const file = syntheticMonthsCsv(synthetic, ({ month, leaves }) => (month === 7 ? '0' : leaves ? '1' : '0'));
  const table = await read(file, BY_LABEL);
  const known = synthetic.filter(({ month }) => month < 7);
  const positiveRows = known.filter(({ leaves }) => leaves).length;
  expect(table).toMatchObject({ labelledRows: known.length, positiveRows });
  expect(table.texts['label.notYetKnown']).toContain('2025-04');
});

test('the table that its months make is the same by label and by disappearance', async () => {
  const synthetic = syntheticMonths({ subscribers: 600, months: 10, seed: 4 });
  const file = syntheticMonthsCsv(synthetic, ({ month, leaves }) => (month === 9 ? '' : leaves ? '1' : '0'));
  const labelled = await read(file, BY_LABEL);
  const derived = await read(syntheticMonthsCsv(synthetic), `${BY_DISAPPEARANCE} }`);
  expect(derived.outcomes).toEqual(labelled.outcomes);
  expect(derived.positiveRows).toBeGreaterThan(50);
  expect(derived.labelLeadMonths).toBe(1);
});

test('columns set by the month are excluded; a season, a tenure and the columns of keep stay', async () => {
  const synthetic = syntheticMonths({ subscribers: 300, months: 14, seed: 5 });
  const [header, ...lines] = syntheticMonthsCsv(synthetic, ({ leaves }) => (leaves ? '1' : '0'))
    .trim()
    .split('\n');
  const wide = lines.map((line, at) => {
    const { month } = synthetic[at]!;
    return `${line},export${month},2025-${String((month % 12) + 1).padStart(2, '0')},${(month * 5) % 12},${1000 - month}`;
  });
  const file = [`${header},batch,halves,season,falling`, ...wide].join('\n');
  const table = await read(file, BY_LABEL);
  expect(table.excluded).toEqual({ price_index: 'calendar', batch: 'calendar', falling: 'calendar' });
  expect(table.texts['column.calendar']).toBeDefined();
  const insisted = await read(file, `${BY_LABEL}\nkeep: [price_index]`);
  expect(insisted.excluded).toEqual({ batch: 'calendar', falling: 'calendar' });
  expect(insisted.notices.filter(({ key }) => key === 'column.calendar')).toHaveLength(3);
});

test('one month is a snapshot', async () => {
  const table = await read('id,month,left,x\na,2026-01,1,3\nb,2026-01,0,4', 'label: { column: left, positive: 1 }');
  expect(table).toMatchObject({ labelLeadMonths: 0, labelledRows: 2 });
});
