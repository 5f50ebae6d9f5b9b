import fc from 'fast-check';
import { contractTable } from '@holdfast/extract-contract/table';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { sharedEngine } from '../engine/engine.fixture.js';
import { checkRows } from '../extract/check-rows.js';
import { csvFile } from '../extract/read-staged.fixture.js';
import { stageCsv } from '../extract/stage-csv.js';
import { LocalClock } from '../column/local-clock.js';
import { asOfQuery, type FactSource } from './as-of.js';
import { References } from './references.js';
import { writeFacts } from './write-facts.js';

const folder = new TemporaryFolder();
const shared = sharedEngine();
const bills = contractTable('bills', { kind: 'month', column: 'month' }, [
  'bill_id id * key',
  'month month * key',
  'arpu money *',
]);
const spells = contractTable('spells', { kind: 'spell', column: 'valid_from' }, [
  'spell_id id * key',
  'valid_from date * key',
  'status text *',
  'valid_to date ends',
]);
const clock = new LocalClock('Asia/Shanghai');
const [FROM, TO] = ['2026-07', '2026-09'];
const day = (at: string): Date => new Date(`${at}T00:00:00+08:00`);

let extracts = 0;

/** Checks and writes a table's rows as one extract; gives it as a source of facts, with the counts of the rows. */
async function load(table: typeof bills, lines: readonly string[], sequence: number, earlier: readonly FactSource[]) {
  const importId = `import-${(extracts += 1)}`;
  const text = [table.columns.map(({ name }) => name).join(','), ...lines, ''].join('\n');
  const staged = await stageCsv(shared.engine, table, [csvFile('rows.csv', text)], {});
  const plausible = { first: '1980-01-01', after: '2027-01-01' };
  const span = { from: FROM, to: TO, clock, plausible };
  const { header } = staged;
  const { accepted, versions, counts } = await checkRows(staged, { ...span, resolve: () => undefined });
  const extractedAt = writtenAt(sequence);
  const owners = await new References(shared.engine, 'demo').ownersOf(table, { accepted, versions });
  const written = await writeFacts(
    { accepted, versions, header, owners },
    {
      ...{ operator: 'demo', sequence, clock, extractedAt, knownAfterSeconds: 5 * 86_400 },
      covered: earlier.map(({ extract }) => extract),
      ...{ pseudonymKey: '', personalFile: fileOf(importId, 'personal') },
      file: (month: string) => fileOf(importId, month),
      ...{ personalKey: { name: 'none', key: '' }, provincePath: 'demo/', freeColumns: [] },
    },
  );
  const found = { table: table.name, rows: counts.accepted, freeColumns: [], ...written };
  const extract = {
    ...{ sequence, extractId: importId, importId, orgUnitPath: 'demo/', extractedAt, from: FROM, to: TO },
    ...{ currency: 'CNY', timeZone: 'Asia/Shanghai', closedMonths: [], tables: [found] },
  };
  return { source: { extract, table: found }, counts };
}

const fileOf = (importId: string, month: string): string => folder.at(importId, `${month || 'all'}.parquet`);
/** Extracts are written on the second of October, November, … */
const writtenAt = (sequence: number): Date => new Date(`2026-${9 + sequence}-02T03:00:00+08:00`);

async function arpuAt(sources: readonly FactSource[], knowledgeTime: Date): Promise<Record<string, number>> {
  const rows = await shared.engine.rows<{ at: string; arpu: number }>(
    `select bill_id || ' ' || month as at, arpu::double as arpu from (${asOfQuery(bills, sources, { knowledgeTime }, fileOf)})`,
  );
  expect(new Set(rows.map(({ at }) => at)).size).toBe(rows.length);
  return Object.fromEntries(rows.map(({ at, arpu }) => [at, arpu]));
}

test('of two versions of a bill, each counts from when it was known', async () => {
  const lines = ['B1,2026-08,22.00,2026-09-03T10:00:00', 'B1,2026-08,33.00,2026-09-20T10:00:00', 'B2,2026-08,5.00,'];
  const { source, counts } = await load(bills, lines, 1, []);
  expect(counts).toEqual({ read: 3, accepted: 3, rejected: 0, duplicates: 0 });
  const at = async (moment: string): Promise<unknown> => (await arpuAt([source], new Date(moment)))['B1 2026-08'];
  expect(await at('2026-09-03T09:59:59+08:00')).toBeUndefined();
  expect(await at('2026-09-03T10:00:00+08:00')).toBe(22);
  expect(await at('2026-09-20T09:59:59+08:00')).toBe(22);
  expect(await at('2026-09-20T10:00:00+08:00')).toBe(33);
});

test('versions of a month that an earlier extract covered change nothing before their extract was written; then the newest counts', async () => {
  const first = await load(bills, ['B1,2026-08,69.00,'], 1, []);
  const lines = ['B1,2026-08,33.00,2026-09-20T10:00:00', 'B1,2026-08,22.00,2026-09-03T10:00:00'];
  const second = await load(bills, lines, 2, [first.source]);
  const sources = [first.source, second.source];
  expect(await arpuAt(sources, day('2026-09-25'))).toEqual({ 'B1 2026-08': 69 });
  expect(await arpuAt(sources, new Date(writtenAt(2).getTime() - 1))).toEqual({ 'B1 2026-08': 69 });
  expect(await arpuAt(sources, writtenAt(2))).toEqual({ 'B1 2026-08': 33 });
});

test('a later extract with one row supersedes all versions of an earlier one from when it was written', async () => {
  const lines = ['B1,2026-08,22.00,2026-09-03T10:00:00', 'B1,2026-08,33.00,2026-09-20T10:00:00'];
  const first = await load(bills, lines, 1, []);
  const second = await load(bills, ['B1,2026-08,44.00,2026-09-10T10:00:00'], 2, [first.source]);
  const sources = [first.source, second.source];
  expect(await arpuAt(sources, day('2026-09-12'))).toEqual({ 'B1 2026-08': 22 });
  expect(await arpuAt(sources, day('2026-10-12'))).toEqual({ 'B1 2026-08': 33 });
  expect(await arpuAt(sources, day('2026-11-12'))).toEqual({ 'B1 2026-08': 44 });
});

test('the end of a spell in a later version is known with that version', async () => {
  const lines = [
    'S1,2026-08-01,active,,2026-08-02T08:00:00',
    'S1,2026-08-01,active,2026-09-10,2026-09-12T08:00:00',
    'S2,2026-08-01,active,2026-09-10,2026-08-02T08:00:00',
  ];
  const { source } = await load(spells, lines, 1, []);
  const endsAt = async (moment: string): Promise<string[]> => {
    const sql = `select spell_id as id, coalesce(valid_to::varchar, '') as until
      from (${asOfQuery(spells, [source], { knowledgeTime: new Date(moment) }, fileOf)}) order by id`;
    const rows = await shared.engine.rows<{ id: string; until: string }>(sql);
    return rows.map(({ id, until }) => `${id} ${until}`);
  };
  expect(await endsAt('2026-09-12T07:59:59+08:00')).toEqual(['S1 ', 'S2 ']);
  expect(await endsAt('2026-09-12T08:00:00+08:00')).toEqual(['S1 2026-09-10', 'S2 ']);
  // A single row does not state when its end became known: five days after the day.
  expect(await endsAt('2026-09-16T00:00:00+08:00')).toEqual(['S1 2026-09-10', 'S2 2026-09-10']);
});

interface Row {
  key: string;
  /** Days after 1 September; undefined: not stated. */
  recorded: number | undefined;
  value: number;
}

const aRow: fc.Arbitrary<Row> = fc.record({
  key: fc.constantFrom('A,2026-07', 'A,2026-08', 'B,2026-08', 'C,2026-09'),
  recorded: fc.option(fc.integer({ min: 0, max: 70 }), { nil: undefined, freq: 6 }),
  value: fc.integer({ min: 1, max: 3 }),
});
const aHistory = fc.array(fc.array(aRow, { maxLength: 14 }), { minLength: 1, maxLength: 3 });
const someCuts = fc.array(fc.integer({ min: 0, max: 125 }), { minLength: 1, maxLength: 6 });

const afterSeptember = (days: number): Date => new Date(day('2026-09-01').getTime() + days * 86_400_000);

/** The versions of a key's rows in one extract, found row by row, with the numbers of duplicates and conflicts. */
function kept(rows: readonly Row[]): { versions: Row[]; duplicates: number; conflicts: number } {
  const tally = { duplicates: 0, conflicts: 0 };
  const judge = (row: Row, other: Row): void =>
    void (tally[row.value === other.value ? 'duplicates' : 'conflicts'] += 1);
  const firsts: Row[] = [];
  for (const row of rows) {
    const same = firsts.find(({ recorded }) => recorded === row.recorded);
    if (same === undefined) firsts.push(row);
    else judge(row, same);
  }
  const [head] = firsts;
  const isStrict = (row: Row): boolean => row !== head && (row.recorded === undefined || head!.recorded === undefined);
  firsts.filter(isStrict).forEach((row) => judge(row, head!));
  const dated = firsts
    .filter((row) => !isStrict(row))
    .sort((left, right) => (left.recorded ?? 0) - (right.recorded ?? 0));
  const versions = dated.filter((row, at) => at === 0 || row.value !== dated[at - 1]!.value);
  return { versions, duplicates: tally.duplicates + dated.length - versions.length, conflicts: tally.conflicts };
}

/** When a row is known: as it states, else five days after its month, never after the extract was written. */
function knowledgeTime({ key, recorded }: Row, sequence: number): Date {
  const month = Number(key.slice(-2));
  const said = recorded === undefined ? day(`2026-${String(month + 1).padStart(2, '0')}-06`) : afterSeptember(recorded);
  return sequence > 1 || said > writtenAt(sequence) ? writtenAt(sequence) : said;
}

function byKey(rows: readonly Row[]): Map<string, Row[]> {
  const map = new Map<string, Row[]>();
  for (const row of rows) map.set(row.key, [...(map.get(row.key) ?? []), row]);
  return map;
}

function modelAt(history: readonly (readonly Row[])[], cut: Date): Record<string, number> {
  const answer: Record<string, number> = {};
  history.forEach((rows, at) => {
    for (const [key, ofKey] of byKey(rows)) {
      const last = kept(ofKey)
        .versions.filter((row) => knowledgeTime(row, at + 1) <= cut)
        .at(-1);
      if (last !== undefined) answer[key.replace(',', ' ')] = last.value;
    }
  });
  return answer;
}

test('for any history of versions over several extracts, every as-of time sees the newest version that was known', async () => {
  await fc.assert(
    fc.asyncProperty(aHistory, someCuts, async (history, cuts) => {
      const sources: FactSource[] = [];
      for (const [at, rows] of history.entries()) {
        const lines = rows.map(({ key, recorded, value }) => {
          return `${key},${value}.00,${recorded === undefined ? '' : afterSeptember(recorded).toISOString()}`;
        });
        const { source, counts } = await load(bills, lines, at + 1, sources);
        const judged = [...byKey(rows).values()].map(kept);
        const sum = (of: (one: ReturnType<typeof kept>) => number): number =>
          judged.reduce((total, one) => total + of(one), 0);
        expect(counts).toEqual({
          ...{ read: rows.length, accepted: sum(({ versions }) => versions.length) },
          ...{ rejected: sum(({ conflicts }) => conflicts), duplicates: sum(({ duplicates }) => duplicates) },
        });
        sources.push(source);
      }
      for (const cut of cuts)
        expect(await arpuAt(sources, afterSeptember(cut))).toEqual(modelAt(history, afterSeptember(cut)));
    }),
    { numRuns: 40 },
  );
}, 120_000);
