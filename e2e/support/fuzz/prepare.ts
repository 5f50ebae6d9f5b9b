/** What operations need that no request brings about: imports that are held, dead letters, a small extract. */
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { RestClient } from '@holdfast/client/rest-client';

import { jobDone, reportOf, uploadTable } from '../imports.js';
import type { OperatorWorld } from '../operator-world.js';
import type { SystemHome } from '../system-home.js';
import { formOf } from './forms.js';

const HELD_IMPORTS = 8;
/** Versions with fewer rows are not compared. */
const ROWS = 30;
const DEAD_LETTERS = 24;
const SUBJECT = 'holdfast.churn-scoring.v1.scores-published';

const mappingOf = (table: string, month: string): string => `table: ${table}\nkey: id\nasOf: ${month}\n`;

/** Forms that fit, by the name of the operation. */
export function formsOf(world: OperatorWorld): Map<string, string[]> {
  const manifest = JSON.parse(fs.readFileSync(path.join(world.extract, 'manifest.json'), 'utf8')) as object;
  // With the sequence of the first extract, so that its job refuses it and the operator's month stays as it is.
  const small = { ...manifest, extractId: 'small', sequence: 1, tables: { holidays: { path: 'holidays.csv' } } };
  const extract = formOf([
    { name: 'files', value: JSON.stringify(small), fileName: 'manifest.json' },
    { name: 'files', value: 'date,kind,name\n2026-01-01,holiday,New Year\n', fileName: 'holidays.csv' },
  ]);
  return new Map([['POST /api/v1/imports', [extract]], ...tableForms()]);
}

/** The form of a table with two rows. */
export function tableForms(): [string, string[]][] {
  const table = formOf([
    { name: 'mapping', value: mappingOf('fuzz', '2026-10') },
    { name: 'file', value: 'id,x\na,1\nb,2\n', fileName: 'fuzz.csv' },
  ]);
  return [['POST /api/v1/tables', [table]]];
}

/**
 * Imports tables whose second version has other keys, which is held.
 * @returns ids of the first imports, which can be withdrawn, and of those that are held
 */
export async function holdImports(client: RestClient): Promise<{ withdrawable: string[]; held: string[] }> {
  const rows = (prefix: string): string =>
    ['id,x', ...Array.from({ length: ROWS }, (_, at) => `${prefix}${100 + at},${at}`), ''].join('\n');
  const importOf = async (table: string, month: string, prefix: string): Promise<string> => {
    const upload = await uploadTable(client, mappingOf(table, month), 'table.csv', rows(prefix));
    const { importId, state } = await reportOf(client, await jobDone(client, upload));
    const expected = prefix === 'a' ? 'loaded' : 'held';
    if (state !== expected) throw new Error(`The import of ${table} is ${state}, not ${expected}`);
    return importId;
  };
  const tables = Array.from({ length: HELD_IMPORTS }, (_, at) => `held-${at}`);
  const withdrawable = await Promise.all(tables.map((table) => importOf(table, '2026-08', 'a')));
  return { withdrawable, held: await Promise.all(tables.map((table) => importOf(table, '2026-09', 'b'))) };
}

/** Adds dead letters of campaign: an event that the bus has, which a replay gives to consumers that know it. */
export async function addDeadLetters(home: SystemHome): Promise<string[]> {
  const bus = await home.openBus();
  try {
    const stream = await bus.manager.streams.find(SUBJECT);
    const message = (await bus.manager.streams.getMessage(stream, { last_by_subj: SUBJECT }))!;
    const headers = Object.fromEntries([...message.header].map(([name, values]) => [name, values[0]]));
    const ids = Array.from({ length: DEAD_LETTERS }, () => randomUUID());
    await home.query(
      `insert into campaign.dead_letter (id, consumer, event_id, subject, headers, payload, failure, failed_at)
       select id, 'campaign_scores-published', gen_random_uuid(), $2, $3, $4, $5, date_trunc('milliseconds', now()) from unnest($1::uuid[]) as id`,
      [ids, SUBJECT, JSON.stringify(headers), message.data, JSON.stringify({ key: 'internal', error: 'Error' })],
    );
    return ids;
  } finally {
    await bus.close();
  }
}

/** Columns of an extract that name, reach or identify a person. */
const PERSONAL: Readonly<Record<string, readonly string[]>> = {
  customers: ['customer_id', 'name', 'id_document_no', 'address', 'contact_phone'],
  accounts: ['account_id'],
  subscriptions: ['subscription_id'],
  number_history: ['msisdn'],
  address_observations: ['address'],
};

/** Every personal value of an operator. */
export function personalValuesOf(world: OperatorWorld): string[] {
  return Object.entries(PERSONAL).flatMap(([table, columns]) =>
    world.table(table).flatMap((row) => columns.map((column) => row[column] ?? '')),
  );
}
