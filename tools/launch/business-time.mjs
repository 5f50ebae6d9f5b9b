import fs from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

import { businessTimeOf, callableInstant } from '@holdfast/platform/business-time';
import { parse as parseCsv } from 'csv-parse';
import { parse as parseYaml } from 'yaml';

import { StartFailure } from './failure.mjs';

/**
 * The month that a table's rows end with, from its mapping's `asOf`: a month, a date, or the greatest value of a
 * column.
 * @param {string} tableFile
 * @param {string} mappingFile
 * @returns {Promise<string | undefined>}  `YYYY-MM`; undefined where the mapping has none: today
 */
export async function lastMonthOf(tableFile, mappingFile) {
  const mapping = readMapping(mappingFile);
  const asOf = mapping?.asOf;
  if (asOf === undefined || asOf === null) return undefined;
  if (typeof asOf === 'object') return monthIn(await greatestValue(tableFile, String(asOf.column), mapping.delimiter));
  return monthIn(String(asOf));
}

/** @param {string} file  @returns {any} */
function readMapping(file) {
  try {
    // Without the core schema's dates and numbers, 2020-01 stays the text that it is.
    return parseYaml(fs.readFileSync(file, 'utf8'), { schema: 'failsafe' });
  } catch (cause) {
    throw new StartFailure(`The mapping ${file} cannot be read: ${/** @type {Error} */ (cause).message}`, { cause });
  }
}

/** @param {string} text */
function monthIn(text) {
  return /^\d{4}-(0[1-9]|1[0-2])/.exec(text)?.[0];
}

/**
 * Months and dates as ISO 8601 sort as text.
 * @param {string} file
 * @param {string} column
 * @param {string} [delimiter]
 */
async function greatestValue(file, column, delimiter = ',') {
  let greatest = '';
  const rows = parseCsv({ bom: true, delimiter, relax_column_count: true, columns: (names) => names.map(trimmed) });
  const source = fs.createReadStream(file);
  const take = async (/** @type {AsyncIterable<Record<string, string>>} */ records) => {
    for await (const record of records) {
      const value = record[column]?.trim() ?? '';
      if (value > greatest) greatest = value;
    }
  };
  await (isGzip(file) ? pipeline(source, createGunzip(), rows, take) : pipeline(source, rows, take));
  return greatest;
}

/** @param {string} file */
function isGzip(file) {
  const head = Buffer.alloc(2);
  const descriptor = fs.openSync(file, 'r');
  fs.readSync(descriptor, head, 0, 2, 0);
  fs.closeSync(descriptor);
  return head[0] === 0x1f && head[1] === 0x8b;
}

/** @param {string} name */
function trimmed(name) {
  return name.trim();
}

/**
 * The setting HOLDFAST_NOW of a home: `INSTANT@REAL`, business time was INSTANT at the real time REAL. It is stored,
 * so that business time never goes back when the system is started again; a start at night continues in the morning.
 * While the system runs, services replace the setting when a later month is published (`Clock`).
 * @param {import('./home.mjs').Home} home
 * @param {string | undefined} lastMonth  undefined: as of today
 * @param {string | undefined} given  the user's own HOLDFAST_NOW
 * @param {Date} [real]
 * @param {Date} [extractedAt]  of an extract
 */
export function businessTimeSetting(home, lastMonth, given, real = new Date(), extractedAt) {
  if (given) return given.includes('@') ? given : `${given}@${real.toISOString()}`;
  const kept = home.readJson('clock.json')?.setting;
  const goingOn = kept === undefined ? undefined : instantOf(kept, real);
  const first = lastMonth === undefined ? real : businessTimeOf(lastMonth, extractedAt);
  const instant = callableInstant(goingOn !== undefined && goingOn >= first ? goingOn : first);
  const setting = instant === goingOn ? kept : `${instant.toISOString()}@${real.toISOString()}`;
  home.write('clock.json', JSON.stringify({ setting }));
  return setting;
}

/** Business time when the real time is `real`. @param {string} setting  @param {Date} real */
function instantOf(setting, real) {
  const [instant = '', anchor = ''] = setting.split('@');
  return new Date(Date.parse(instant) + real.getTime() - Date.parse(anchor));
}

/** Business time now, for people. @param {string} setting */
export function describeBusinessTime(setting) {
  const text = instantOf(setting, new Date()).toLocaleString('sv-SE', {
    timeZone: 'Asia/Shanghai',
    dateStyle: 'short',
    timeStyle: 'short',
  });
  return `${text} Asia/Shanghai`;
}
