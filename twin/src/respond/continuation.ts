import fs from 'node:fs';
import path from 'node:path';
import { monthNumber } from '@holdfast/platform/calendar';
import { z } from 'zod';
import { PROGRESS_FOLDER } from '../create/progress.js';
import { CORRECTIONS_FOLDER, EXTRACT_FOLDER, TRUTH_FOLDER } from '../extract/operator.js';
import type { WorldRequest } from '../world/world.js';

const STATE_FILE = 'continued.json';
const CONTACTS_FILE = 'contacts.csv';

const stateSchema = z.object({
  formatVersion: z.literal(1),
  seed: z.number(),
  subscribers: z.number(),
  months: z.number(),
  to: z.string(),
  continuedMonths: z.number(),
});
const summarySchema = z.object({ seed: z.number(), subscribers: z.number(), from: z.string(), to: z.string() });
const manifestSchema = z.object({ sequence: z.number() });

/** State of an operator. */
interface Continuation {
  world: WorldRequest & { continuedMonths: number };
  /** Of its latest extract. */
  sequence: number;
  /** Contacts since the history, undefined for none. */
  contactsFile: string | undefined;
}

/** @param folder made by `create` or `respond` @throws Error for an incomplete operator */
export function readContinuation(folder: string): Continuation {
  const truth = path.join(folder, TRUTH_FOLDER);
  if (!fs.existsSync(path.join(truth, 'summary.json')) || fs.existsSync(path.join(folder, PROGRESS_FOLDER))) {
    throw new Error(`${folder} has no complete operator. Create it with "create".`);
  }
  const sequences = [EXTRACT_FOLDER, CORRECTIONS_FOLDER]
    .map((name) => path.join(folder, name, 'manifest.json'))
    .filter((file) => fs.existsSync(file))
    .map((file) => manifestSchema.parse(readJson(file)).sequence);
  const contactsFile = path.join(truth, CONTACTS_FILE);
  return {
    world: readWorld(truth),
    sequence: Math.max(...sequences, 1),
    contactsFile: fs.existsSync(contactsFile) ? contactsFile : undefined,
  };
}

export function writeContinuation(folder: string, world: Continuation['world']): void {
  const { seed, subscribers, months, to, continuedMonths } = world;
  const state = { formatVersion: 1, seed, subscribers, months, to, continuedMonths };
  fs.writeFileSync(path.join(folder, TRUTH_FOLDER, STATE_FILE), `${JSON.stringify(state, null, 2)}\n`);
}

function readWorld(truth: string): Continuation['world'] {
  const file = path.join(truth, STATE_FILE);
  if (fs.existsSync(file)) {
    const { seed, subscribers, months, to, continuedMonths } = stateSchema.parse(readJson(file));
    return { seed, subscribers, months, to, continuedMonths };
  }
  const { seed, subscribers, from, to } = summarySchema.parse(readJson(path.join(truth, 'summary.json')));
  return { seed, subscribers, months: monthNumber(to) - monthNumber(from) + 1, to, continuedMonths: 0 };
}

function readJson(file: string): unknown {
  return JSON.parse(fs.readFileSync(file, 'utf8'));
}
