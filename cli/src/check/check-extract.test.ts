import { cpSync, readFileSync, writeFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { checkExtract } from './check-extract.js';
import { problemLine } from './problem.js';

const EXAMPLE = path.join(__dirname, '../../../examples/extract');
const SAMPLE_ROWS = 1_000;
const temporary = new TemporaryFolder();
let folder: string;
let copies = 0;

beforeEach(() => {
  copies += 1;
  folder = temporary.at(`extract-${copies}`);
  cpSync(EXAMPLE, folder, { recursive: true });
});

const linesOf = async (sampleRows = SAMPLE_ROWS): Promise<string[]> =>
  (await checkExtract(folder, sampleRows)).problems.map(problemLine);

/** Changes a file; without its hash in the manifest, which would differ. */
function change(file: string, edit: (text: string) => string): void {
  const place = path.join(folder, file);
  writeFileSync(place, edit(readFileSync(place, 'utf8')));
  changeManifest((manifest) => {
    delete manifest.tables[file.replace('.csv', '')]!['sha256'];
  });
}

function changeManifest(
  edit: (manifest: { tables: Record<string, Record<string, unknown>>; to: string }) => void,
): void {
  const place = path.join(folder, 'manifest.json');
  const manifest = JSON.parse(readFileSync(place, 'utf8'));
  edit(manifest);
  writeFileSync(place, JSON.stringify(manifest));
}

test('the example has no problems', async () => {
  expect(await checkExtract(folder, SAMPLE_ROWS)).toEqual({ tables: 17, files: 17, problems: [] });
});

test('a malformed manifest is named with its field', async () => {
  changeManifest((manifest) => (manifest.to = 'June'));
  expect(await linesOf()).toEqual([
    'error  manifest.json: to: must be a month such as 2026-09 docs/extract.md has every field.',
  ]);
});

test('missing files, other hashes and numbers of rows, and tables outside the contract are named', async () => {
  rmSync(path.join(folder, 'touches.csv'));
  writeFileSync(path.join(folder, 'holidays.csv'), 'date,kind,name\n2026-01-01,holiday,New Year\n');
  changeManifest(({ tables }) => (tables['bills'] = { path: 'billing.csv' }));
  const remedy = 'Correct the manifest, or deliver the file that it describes.';
  expect(await linesOf()).toEqual([
    `error  holidays.csv: the SHA-256 differs from that of the manifest. ${remedy}`,
    `error  holidays.csv: 1 rows; the manifest specifies 2. ${remedy}`,
    `error  touches.csv: missing. ${remedy}`,
    'note  manifest.json: table bills is not in the contract; it is not read. docs/extract.md has the names of all tables.',
  ]);
});

test('a header is compared with the contract', async () => {
  change('billing.csv', (text) =>
    text.replace('subscription_id,month,arpu,voice_fee', 'Subscription ID,mon,arpu,colour'),
  );
  expect(await linesOf()).toEqual([
    'error  billing.csv:1 Subscription ID: the contract has subscription_id. Write it exactly so.',
    'note  billing.csv:1 mon: not in the contract of billing; kept as a free attribute.',
    'note  billing.csv:1 colour: not in the contract of billing; kept as a free attribute.',
    'error  billing.csv:1: the header has no column month, which is required. Add it; names are exact.',
  ]);
});

test('a sequence and times that are not plausible are named', async () => {
  changeManifest((manifest) => Object.assign(manifest, { sequence: Number.MAX_SAFE_INTEGER, to: '2031-01' }));
  expect(await linesOf()).toEqual([
    expect.stringMatching(
      /^error  manifest\.json: sequence: 9007199254740991 is not plausible: at most 99999999 for a/,
    ),
    expect.stringMatching(/^error  manifest\.json: to: 2031-01 is not plausible\. /),
  ]);
  changeManifest((manifest) =>
    Object.assign(manifest, { sequence: 7, to: '2026-06', extractedAt: '1926-07-02T00:00:00Z' }),
  );
  expect((await linesOf())[0]).toMatch(/^error  manifest\.json: extractedAt: 1926-07-02T00:00:00Z is not plausible\. /);
});

test('a record of another century is named', async () => {
  change('touches.csv', (text) =>
    text.replace(/^(.*)$/m, '$1,recorded_at').replaceAll(/^(?!.*recorded_at)(.+)$/gm, '$1,2199-01-01T00:00:00'),
  );
  expect((await linesOf())[0]).toMatch(/^error  touches\.csv:2 recorded_at: time\.implausible, /);
});

test('the first line of a file without a header is not repeated', async () => {
  change('billing.csv', (text) => text.replace(/^.*\n/, ''));
  expect((await linesOf())[0]).toMatch(/^error  billing\.csv:1: the first line has none of the columns of billing\. /);
  expect((await linesOf()).join()).not.toContain('S001');
});

test('cells are named with line, column, rule and what to do, but not shown', async () => {
  change('billing.csv', (text) =>
    text.replace('S001,2026-01,59.00', 'S001,2026-01,"59,00"').replace('S001,2026-02,', 'S001,2027-02,'),
  );
  change('customers.csv', (text) => text.replace('1961-02-15', '15.02.1961'));
  const lines = await linesOf();
  expect(lines).toEqual([
    expect.stringMatching(
      /^error  customers\.csv:2 birth_date: date\.malformed, .* Write YYYY-MM-DD without a time\.$/,
    ),
    expect.stringMatching(/^error  billing\.csv:2 arpu: number\.malformed, .* Write a decimal point/),
    expect.stringMatching(/^error  billing\.csv:3 month: month\.outsideSpan, /),
  ]);
  expect(lines.join('\n')).not.toMatch(/15\.02|59,00/);
});

test('the first rows are checked, in packed files too, and many of a kind are counted', async () => {
  change('usage.csv', (text) => text.replaceAll(/,(\d+),(\d+),(\d+)$/gm, ',-$1,$2,$3'));
  const place = path.join(folder, 'usage.csv');
  writeFileSync(`${place}.gz`, gzipSync(readFileSync(place)));
  rmSync(place);
  const lines = await linesOf(10);
  expect(lines).toHaveLength(3);
  expect(lines[2]).toMatch(/^error  usage\.csv\.gz:4 data_mb: value\.negative, .* \(and 7 more rows\)\. /);
});

test('a broken quote and rows of another length are named; another encoding is a note', async () => {
  change('plans.csv', (text) => text.replace('Classic 59', 'Classic "59'));
  change('holidays.csv', (text) => text.replace('holiday,New Year', 'holiday,New,Year'));
  writeFileSync(path.join(folder, 'org_units.csv'), Buffer.from('unit_id,level\nK\u00f6ln,city\n', 'latin1'));
  changeManifest(({ tables }) => (tables['org_units'] = { path: 'org_units.csv' }));
  expect(await linesOf()).toEqual([
    expect.stringMatching(/^note  org_units\.csv: not UTF-8/),
    expect.stringMatching(/^error  holidays\.csv:2: row\.ragged, /),
    expect.stringMatching(/^error  plans\.csv:3: quote\.malformed, /),
  ]);
});
