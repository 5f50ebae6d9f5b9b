import fs from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

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

const hourMs = 3_600_000;
/** Shanghai has kept this offset since 1991. */
const shanghaiOffsetMs = 8 * hourMs;
const firstHour = 10;
/** Hours in which calls are allowed by default; outside of them a demonstration has an empty call list. */
const callableHours = { from: 9, to: 21 };

/**
 * The instant at which a system starts that holds data up to a month: 10:00 in Shanghai on the third day after it,
 * when an operator's month would be in and people may be called.
 * @param {string} lastMonth  `YYYY-MM`
 */
export function firstInstantAfter(lastMonth) {
  const [year = 0, month = 1] = lastMonth.split('-').map(Number);
  return new Date(Date.UTC(year, month, 3, firstHour) - shanghaiOffsetMs);
}

const dayMs = 24 * hourMs;
/** An extract of a month is written within a quarter; a later date is an error, which the import rejects. */
const writtenWithinMs = 92 * dayMs;

/**
 * The instant at which a system starts that holds an extract: not before the extract was written.
 * @param {string} lastMonth
 * @param {Date | undefined} extractedAt
 */
function firstInstantOf(lastMonth, extractedAt) {
  const first = firstInstantAfter(lastMonth);
  const lateMs = extractedAt === undefined ? Number.NaN : extractedAt.getTime() - first.getTime();
  return lateMs > 0 && lateMs <= writtenWithinMs ? /** @type {Date} */ (extractedAt) : first;
}

/** The instant itself where people may be called then, else the next 10:00. @param {Date} instant */
export function callableInstant(instant) {
  const local = new Date(instant.getTime() + shanghaiOffsetMs);
  const hour = local.getUTCHours();
  if (hour >= callableHours.from && hour < callableHours.to) return instant;
  const day = local.getUTCDate() + (hour < callableHours.from ? 0 : 1);
  return new Date(Date.UTC(local.getUTCFullYear(), local.getUTCMonth(), day, firstHour) - shanghaiOffsetMs);
}

/**
 * The setting HOLDFAST_NOW of a home: `INSTANT@REAL`, business time was INSTANT at the real time REAL. It is stored,
 * so that business time never goes back when the system is started again; a start at night continues in the morning.
 * @param {import('./home.mjs').Home} home
 * @param {string | undefined} lastMonth  undefined: as of today
 * @param {string | undefined} given  the user's own HOLDFAST_NOW
 * @param {Date} [real]
 * @param {Date} [extractedAt]  of an extract
 */
export function businessTimeSetting(home, lastMonth, given, real = new Date(), extractedAt) {
  if (given) return given.includes('@') ? given : `${given}@${real.toISOString()}`;
  const month = lastMonth ?? 'today';
  const kept = home.readJson('clock.json');
  const goingOn = kept?.lastMonth === month ? instantOf(kept.setting, real) : undefined;
  const first = lastMonth === undefined ? real : firstInstantOf(lastMonth, extractedAt);
  const instant = callableInstant(goingOn !== undefined && goingOn >= first ? goingOn : first);
  const setting = instant === goingOn ? kept.setting : `${instant.toISOString()}@${real.toISOString()}`;
  home.write('clock.json', JSON.stringify({ lastMonth: month, setting }));
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
