/**
 * Requests that are generated from the OpenAPI document, under every token: no fault of the system, no answer that is not
 * declared, no row of another region, no personal data without the scope; every operation is reached. Only `npm run fuzz`
 * runs it: 20,000 requests (FUZZ_REQUESTS) from a random seed (FUZZ_SEED repeats one).
 */
import fs from 'node:fs';
import path from 'node:path';

import { ApiDocument } from './support/fuzz/document.js';
import { fuzz } from './support/fuzz/fuzz.js';
import { knownIn, ownersIn } from './support/fuzz/known.js';
import { PersonalValues } from './support/fuzz/personal-values.js';
import { addDeadLetters, formsOf, holdImports, personalValuesOf } from './support/fuzz/prepare.js';
import { Requests } from './support/fuzz/requests.js';
import { tokensOf } from './support/fuzz/tokens.js';
import { Launcher } from './support/launcher.js';
import { cloneMonth, preparedMonth } from './support/prepared-month.js';

const REQUESTS = Number(process.env['FUZZ_REQUESTS']);
const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000);
const MANY_PER_SECOND = '100000';
/** With fewer requests, some operations have no chance. */
const REACHES_ALL_FROM = 10_000;
/** Every process of a machine would take its port. */
const UNREACHABLE = ['GET /metrics'];

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
  const regions = cities.map(({ orgUnit }) => orgUnit);
  const tokens = await tokensOf(home, { scopes: document.scopes(), regions });
  const owners = await ownersIn(home);
  const personal = new PersonalValues(personalValuesOf(world));
  const numbers = world.table('number_history').map(({ msisdn }) => msisdn!);
  const pool = await knownIn(home, console, numbers);
  const { held, withdrawable } = await holdImports(console);
  for (const importId of held) pool.learn({ importId, state: 'held' });
  for (const importId of withdrawable) pool.learn({ importId, state: 'withdrawable' });
  for (const deadLetterId of await addDeadLetters(home)) pool.learn({ deadLetterId });
  expect([cities.length, owners.size > 1_000, personal.size > 3_000]).toEqual([2, true, true]);

  const requests = new Requests(document, { pool, tokens, forms: formsOf(world) }).any();
  const run = { baseUrl: home.baseUrl, document, tokens, owners, personal, pool, requests };
  const { coverage, faults } = await fuzz(run, { count: REQUESTS, seed: SEED });
  const answers = JSON.stringify(coverage.statuses);
  process.stderr.write(`${coverage.table()}\nfuzz: seed ${SEED}, ${coverage.requests} requests, answers ${answers}\n`);
  for (const { what, request } of faults) process.stderr.write(`\n${what}\n--- shortest request\n${request}\n`);
  const report = process.env['FUZZ_REPORT'];
  if (report !== undefined) fs.writeFileSync(report, JSON.stringify({ seed: SEED, answers, faults }, null, 2));
  expect(faults.map(({ what }) => what.split('\n')[0])).toEqual([]);
  const unreached = REQUESTS >= REACHES_ALL_FROM ? coverage.unreached() : UNREACHABLE;
  expect(unreached).toEqual(UNREACHABLE);
});
