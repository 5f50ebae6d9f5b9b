/**
 * Requests that are generated from the OpenAPI document, under every token: no fault of the system, no answer that is not
 * declared, no row of another region, no personal data without the scope. Only `npm run fuzz` runs it: 20,000 requests
 * (FUZZ_REQUESTS) from a random seed (FUZZ_SEED repeats one).
 */
import fs from 'node:fs';
import path from 'node:path';

import { ApiDocument } from './support/fuzz/document.js';
import { fuzz } from './support/fuzz/fuzz.js';
import { knownIn, ownersIn } from './support/fuzz/known.js';
import { Requests } from './support/fuzz/requests.js';
import { tokensOf } from './support/fuzz/tokens.js';
import { Launcher } from './support/launcher.js';
import { cloneMonth, preparedMonth } from './support/prepared-month.js';

const REQUESTS = Number(process.env['FUZZ_REQUESTS']);
const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000);
const MANY_PER_SECOND = '100000';

let launcher: Launcher | undefined;

jest.setTimeout(3_600_000);

afterAll(() => launcher?.stop());

it('every generated request has an answer that is declared and within its token', async () => {
  const { world, ...prepared } = await preparedMonth();
  const folder = cloneMonth({ world, ...prepared }, 'fuzz');
  launcher = await Launcher.start(path.join(folder, 'home'), {
    options: ['--extract', world.extract],
    environment: {
      HOLDFAST_RATE_INTERACTIVE_PER_SECOND: MANY_PER_SECOND,
      HOLDFAST_RATE_BULK_PER_SECOND: MANY_PER_SECOND,
      HOLDFAST_RATE_TOKEN_PER_SECOND: MANY_PER_SECOND,
    },
  });
  await launcher.untilServing();
  const { home } = launcher;
  const console = home.client('console');
  const document = await ApiDocument.of(home.baseUrl);
  const { orgUnits } = await console.call('GET /api/v1/org-units');
  const cities = orgUnits.filter(({ orgUnit }) => orgUnit.split('/').length === 3).slice(0, 2);
  const tokens = await tokensOf(
    home,
    home.allScopes(),
    cities.map(({ orgUnit }) => orgUnit),
  );
  const owners = await ownersIn(home);
  const known = await knownIn(home, console);
  expect([cities.length, owners.size > 1_000]).toEqual([2, true]);

  const requests = new Requests(document, known, [...tokens.keys()]).any();
  const result = await fuzz({ baseUrl: home.baseUrl, document, tokens, owners }, requests, REQUESTS, SEED);
  process.stderr.write(`fuzz: seed ${SEED}, ${result.requests} requests, answers ${JSON.stringify(result.statuses)}\n`);
  for (const { what, request } of result.faults) process.stderr.write(`\n${what}\n--- shortest request\n${request}\n`);
  const report = process.env['FUZZ_REPORT'];
  if (report !== undefined) fs.writeFileSync(report, JSON.stringify({ seed: SEED, ...result }, null, 2));
  expect(result.faults.map(({ what }) => what.split('\n')[0])).toEqual([]);
  expect(result.statuses[200]).toBeGreaterThan(REQUESTS / 50);
});
