import { startRestServer } from '@holdfast/client/rest-server.fixture';
import { RestClient } from '@holdfast/client/rest-client';
import { Command } from 'commander';
import { changeCommands } from './changes.js';
import { Context, type CommandGroup } from './command.js';
import { shadowCommands } from './shadows.js';

const SPAN = {
  ...{ shadowId: 'h1', modelId: 'm1', kind: 'status', table: 'demo', reason: 'to compare', startedBy: 'console' },
  ...{ startedAt: '2026-09-04T08:00:00.000Z', endedAt: null, endedHow: null, endedBy: null },
  runs: [
    {
      ...{ runId: 'r1', month: '2026-09', tableVersion: 'v1', championId: 'm0', publishedAt: null, outcome: null },
      figures: { rows: 5_000, rankCorrelation: 0.93, overlap: 0.71, atRisk: 340, championAtRisk: 355 },
    },
  ],
};
const CHANGES = {
  ...{ month: '2026-09', nextPageToken: 'more', measures: [], ruleVersion: 1 },
  changes: [
    {
      ...{ subscriptionId: 's1', orgUnit: 'demo/', measure: 'data', direction: 'down', value: 120, usual: 400 },
      ...{ relativeChange: -0.7, groupChange: 0, score: -6.4, sinceMonth: '2026-08' },
    },
  ],
};

/** Runs commands against a server that answers with `json`. */
async function run(group: CommandGroup, json: object, ...words: string[]) {
  const server = await startRestServer(() => ({ json }));
  const printed: string[] = [];
  const progress = async () => ({ update: () => undefined, done: () => undefined });
  const terminal = {
    ...{ wantsJson: false, say: () => undefined, print: (text: string) => void printed.push(text), progress },
  };
  const program = new Command();
  group(program, () => new Context(new RestClient({ baseUrl: server.url }), terminal));
  await program.parseAsync(words, { from: 'user' });
  await server.close();
  return { asked: server.asked, text: printed.join('') };
}

test.each([
  ['start', 'POST', SPAN],
  ['stop', 'DELETE', SPAN],
  ['show', 'GET', { shadows: [SPAN] }],
])('shadow %s is a request about the model, and prints its span and runs', async (verb, method, answer) => {
  const { asked, text } = await run(shadowCommands, answer, 'shadow', verb, 'm1');
  expect(asked).toMatchObject([{ method, path: '/api/v1/models/m1/shadow' }]);
  expect(text).toMatch(/m1 +demo +status +2026-09-04T08:00:00.000Z/);
  expect(text).toMatch(/2026-09 +5000 +0.930 +0.710 +340 +355/);
});

test('changes are filtered by the options, and show what changed since when', async () => {
  const words = ['changes', '--measure', 'data', '--direction', 'down', '--min-score', '3.5', '--limit', '5'];
  const { asked, text } = await run(changeCommands, CHANGES, ...words);
  expect(asked).toMatchObject([{ path: '/api/v1/changes' }]);
  expect(Object.fromEntries(asked[0]!.query)).toEqual({
    ...{ measure: 'data', direction: 'down', minScore: '3.5', pageSize: '5' },
  });
  expect(text).toMatch(/s1 +data +down +120.00 +400.00 +-70.00 % +-6.40 +2026-08 +demo\//);
  expect(text).toContain('there are more');
});
