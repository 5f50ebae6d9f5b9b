import fs from 'node:fs';
import path from 'node:path';
import { subscriptionId } from '@holdfast/platform/identity';
import { parse } from 'csv-parse/sync';
import { OPERATOR, TRUTH_FOLDER } from '../extract/operator.js';
import type { TruthSummary } from '../truth/truth.js';

type Row = Record<string, string>;

export interface Truth {
  summary: TruthSummary;
  households: Row[];
  firms: Row[];
  departures: Map<string, Row>;
  planBills: Map<string, Row>;
  injectedErrors: Row[];
  /** All subscription months at risk, read again on each call since there may be millions. */
  hazardsOf: () => Iterable<Row>;
  /** The operator's identifier of either identifier in a report. */
  keyOf: (id: string) => string;
}

/** @param folder made by `create` @throws Error if it has no truth */
export function readTruth(folder: string): Truth {
  const truth = path.join(folder, TRUTH_FOLDER);
  const file = path.join(truth, 'summary.json');
  if (!fs.existsSync(file)) throw new Error(`${folder} has no truth. Create it with "create".`);
  const households = readTable(truth, 'households');
  const keys = new Map(households.map(({ subscription_id: key }) => [subscriptionId(OPERATOR, key!), key!]));
  return {
    summary: JSON.parse(fs.readFileSync(file, 'utf8')) as TruthSummary,
    households,
    firms: readTable(truth, 'firms'),
    departures: bySubscription(readTable(truth, 'departures')),
    planBills: bySubscription(readTable(truth, 'plan_bills')),
    injectedErrors: readTable(truth, 'injected_errors'),
    hazardsOf: () => rowsOfTable(truth, 'hazards'),
    keyOf: (id) => keys.get(id) ?? id,
  };
}

function readTable(truth: string, table: string): Row[] {
  return [...rowsOfTable(truth, table)];
}

/** A table in one file or in a folder of parts, one part at a time. */
function* rowsOfTable(truth: string, table: string): Generator<Row> {
  const single = path.join(truth, `${table}.csv`);
  if (fs.existsSync(single)) {
    yield* rowsOf(single);
    return;
  }
  const folder = path.join(truth, table);
  for (const part of fs.readdirSync(folder).sort()) yield* rowsOf(path.join(folder, part));
}

function rowsOf(file: string): Row[] {
  return parse(fs.readFileSync(file, 'utf8'), { columns: true });
}

function bySubscription(rows: readonly Row[]): Map<string, Row> {
  return new Map(rows.map((row) => [row['subscription_id']!, row]));
}
