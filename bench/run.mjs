/**
 * `npm run bench -- NAME [options]`: runs one measure of docs and prints its result as the last line, in JSON.
 * A bench is a file here that exports `run(options)`; it resolves to the result, or throws MissingPeer.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { MissingPeer } from './support/peer.mjs';

const [name, ...options] = process.argv.slice(2);
const names = fs
  .readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.mjs') && file !== path.basename(import.meta.filename))
  .map((file) => path.basename(file, '.mjs'));

if (name === undefined || !names.includes(name)) {
  console.error(`${name === undefined ? 'Which bench?' : `There is no bench ${name}.`} There are: ${names.join(', ')}`);
  process.exit(2);
}

const { run } = await import(`./${name}.mjs`);
try {
  const result = await run(options);
  const [cpu] = os.cpus();
  const machine = { cpu: cpu?.model.trim(), cores: os.availableParallelism(), node: process.version };
  console.log(JSON.stringify({ bench: name, ...result, machine }));
} catch (error) {
  if (!(error instanceof MissingPeer)) throw error;
  console.error(error.message);
  process.exit(3);
}
