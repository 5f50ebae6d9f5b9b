import fs from 'node:fs';
import path from 'node:path';

import { RestClient } from '@holdfast/client/rest-client';
import pg from 'pg';

import { freePort } from '../../tools/launch/ports.mjs';
import { superuserUrl } from '../../tools/launch/superuser-url.mjs';
import { Program } from './program.mjs';

/**
 * A whole system as `npm start` runs it, and where it is.
 * @typedef {{ home: string, baseUrl: string }} System
 */

/**
 * Starts a system, does some work with it once it serves, and stops it.
 * @template T
 * @param {string} home
 * @param {{ tableFile: string, mappingFile: string } | undefined} table  undefined for the month of the demonstration
 * @param {Record<string, string>} environment
 * @param {(system: System) => Promise<T>} work
 */
export async function withSystem(home, table, environment, work) {
  const port = await freePort();
  const input = table === undefined ? [] : ['--table', table.tableFile, '--mapping', table.mappingFile];
  const start = ['tools/start.mjs', '--port', String(port), ...input];
  const program = new Program(start, {
    HOLDFAST_HOME: home,
    HOLDFAST_RATE_INTERACTIVE_PER_SECOND: '1000000', // the limit is checked, and never reached
    ...environment,
  });
  try {
    await program.untilPrinted(/Serving at/);
    return await work({ home, baseUrl: `http://127.0.0.1:${port}` });
  } finally {
    await program.stop();
  }
}

/** As the client that may do everything. @param {System} system */
export function clientOf({ home, baseUrl }) {
  /** @type {{ client_id: string, secret: string }[]} */
  const clients = JSON.parse(fs.readFileSync(path.join(home, 'secrets', 'clients.json'), 'utf8'));
  const clientId = 'console';
  const { secret } = /** @type {{ secret: string }} */ (clients.find(({ client_id: id }) => id === clientId));
  return new RestClient({ baseUrl, credentials: { clientId, secret } });
}

/** @param {string} home */
export async function openDatabase(home) {
  const client = new pg.Client({ connectionString: superuserUrl(home) });
  await client.connect();
  return client;
}
