/** A table of another shape is imported with notices on everything unusual. */
import type { Import, Table } from '@holdfast/client/gen/operations';
import type { RestClient } from '@holdfast/client/rest-client';

import { jobDone, queueBuilt, reportOf, tableForm, uploadTable } from './support/imports.js';
import { NASTY_MAPPING, NASTY_ROWS, nastyTable } from './support/nasty-table.js';
import { sharedSystem } from './support/shared-system.js';

let operator: RestClient;
let report: Import;
let table: Table;

jest.setTimeout(300_000);

beforeAll(async () => {
  const { home } = await sharedSystem();
  operator = home.client('console');
  const job = await jobDone(operator, await uploadTable(operator, NASTY_MAPPING, 'Kunden 2026.csv', nastyTable()));
  report = await reportOf(operator, job);
  table = await operator.call('GET /api/v1/tables/{table}', { table: 'nasty' });
});

it('goes in whole', () => {
  expect(report.tables).toEqual([
    { table: 'nasty', version: expect.any(String), read: NASTY_ROWS, accepted: NASTY_ROWS, rejected: 0, duplicates: 0 },
  ]);
});

it('is understood: numbers, the category of 500 values, the date', () => {
  const typeOf = Object.fromEntries(table.columns.map(({ name, type }) => [name, type]));
  expect(typeOf).toMatchObject({
    'Umsatz €': 'number',
    'Tage seit Anruf': 'number',
    Postleitzahl: 'category',
    'Vertrag vom': 'date',
  });
  const column = (name: string) => table.columns.find((each) => each.name === name)!;
  expect(column('Tage seit Anruf').missing).toBeGreaterThan(NASTY_ROWS / 20); // "k.A." is missing, not a text
  expect(column('Postleitzahl').distinct).toBeGreaterThan(400);
});

it('reports the column with the outcome as a suspected leak, and the constant one as constant', () => {
  const noticesOf = (column: string) =>
    report.notices.filter((notice) => notice.column === column).map(({ code }) => code);
  expect(noticesOf('Status nach Monat')).toEqual(['column.suspectedLeak']);
  expect(noticesOf('Land')).toEqual(['column.constant']);
  expect(report.notices.filter(({ message }) => !/\w{3,}/.test(message))).toEqual([]);
});

it('trains a model without them, scores all rows and builds a list with scripts', async () => {
  const trained = await jobDone(operator, await operator.call('POST /api/v1/models', { body: { table: 'nasty' } }));
  const model = await operator.call('GET /api/v1/models/{modelId}', { modelId: trained.result['modelId']! });
  expect(model.excluded).toEqual(
    expect.arrayContaining([
      { column: 'Status nach Monat', reason: 'suspectedLeak' },
      { column: 'Land', reason: 'constant' },
    ]),
  );
  expect(model.validation!.auc!.mean).toBeGreaterThan(0.6);
  expect(model.validation!.auc!.mean).toBeLessThan(0.95); // with the leak it would be 1

  const scored = await jobDone(operator, await operator.call('POST /api/v1/scores', { body: { table: 'nasty' } }));
  const { scores } = await operator.call('GET /api/v1/churn-lists', { table: 'nasty', pageSize: 1000 });
  expect(scores.length).toBe(1_000);
  const seen = new Set(
    scores.flatMap(({ reasons }) => [...reasons!.raising, ...reasons!.lowering].map(({ column }) => column)),
  );
  expect(seen).not.toContain('Status nach Monat');
  expect(scores[0]!.value).toMatchObject({ currency: 'EUR' });

  await queueBuilt(operator, 'nasty', scored.result['runId']!);
  const { items } = await operator.call('GET /api/v1/agent-queues/{queue}/items', { queue: 'nasty', pageSize: 1 });
  const words = await operator.ask(
    'GET',
    `/api/v1/scripts/current?subscription=${items[0]!.subscriptionId}&format=text&lang=en`,
  );
  expect(words.status).toBe(200);
  expect(words.text).toMatch(/EUR|€/);
});

describe('a file that cannot be used', () => {
  const refused = async (mapping: string, content: string): Promise<string> => {
    const { status, text, json } = await operator.ask('POST', '/api/v1/tables', {
      body: tableForm(mapping, 'wrong.csv', content),
    });
    if (status >= 400) return text;
    return jobDone(operator, json as { jobId: string }).then(
      () => 'it was taken',
      (error: Error) => error.message,
    );
  };

  it('names the missing column of the mapping', async () => {
    expect(await refused('table: wrong\nkey: Kundennummer\n', 'Nr;Name\n1;a\n')).toContain('Kundennummer');
  });

  it('names the unknown key of the mapping and a similar one', async () => {
    const said = await refused('table: wrong\nkey: Nr\nexclud: [Name]\n', 'Nr;Name\n1;a\n');
    expect(said).toContain('/exclud');
    expect(said).toContain('exclude?');
  });

  it('reports an empty file', async () => {
    expect(await refused('table: wrong\nkey: Nr\n', '')).toMatch(/empty|header/i);
  });
});
