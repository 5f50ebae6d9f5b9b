import { runCommand } from './command-line.js';
import type { SystemHome } from './system-home.js';

/** Everything that a whole run has produced, without ids of runs and without times: equal for equal runs. */
export interface Results {
  /** `export scores` of the command line, sorted by subscription. */
  scores: string[];
  list: string[];
  scripts: string[];
  imports: string[];
  rejects: string[];
  units: string[];
  /** Each event with how often it was published. */
  events: string[];
}

/** The first few lines in which two lists differ; empty if they are equal. */
export function differences(found: readonly string[], expected: readonly string[]): string[] {
  const lines = Array.from({ length: Math.max(found.length, expected.length) }, (_, at) => at);
  return lines
    .filter((at) => found[at] !== expected[at])
    .slice(0, 3)
    .map((at) => `line ${at}: ${found[at]} instead of ${expected[at]}`);
}

export async function resultsOf(home: SystemHome, table: string): Promise<Results> {
  const client = home.client('console');
  const items = await client.all('GET /api/v1/agent-queues/{queue}/items', 'items', { queue: table, pageSize: 1000 });
  const { imports } = await client.call('GET /api/v1/imports', { pageSize: 200 });
  const rejects = await Promise.all(
    imports.map(({ importId }) =>
      client.all('GET /api/v1/imports/{importId}/rejects', 'rejects', { importId, pageSize: 1000 }),
    ),
  );
  const { orgUnits } = await client.call('GET /api/v1/org-units');
  const texts = items.slice(0, 20).map(async ({ subscriptionId }) => {
    const { sections } = await client.call('GET /api/v1/scripts/current', {
      subscription: subscriptionId,
      lang: 'zh-CN',
    });
    return JSON.stringify(sections.flatMap(({ lines }) => lines.map(({ text, value }) => [text, value])));
  });
  return {
    scores: (await exportedScores(home, table)).split('\n'),
    // When an item may be tried again follows from the moment of the run.
    list: items.map((item) => JSON.stringify({ ...item, itemId: undefined, retryAt: item.retryAt !== null })),
    scripts: await Promise.all(texts),
    imports: imports.map(({ tables, notices }) => JSON.stringify({ tables, notices })),
    rejects: rejects.flat().map((reject) => JSON.stringify(reject)),
    units: orgUnits.map((orgUnit) => JSON.stringify(orgUnit)),
    events: await publishedEvents(home),
  };
}

/** `export scores` of the command line: CSV, sorted by subscription. */
export async function exportedScores(home: SystemHome, table: string): Promise<string> {
  const { code, stdout, stderr } = await runCommand(home, 'export', 'scores', table);
  if (code !== 0) throw new Error(`export scores ended with code ${code}: ${stderr}`);
  return stdout;
}

/** Messages per subject in the streams that keep what happened; work that is done is not in them. */
export async function publishedEvents(home: SystemHome): Promise<string[]> {
  const { manager, close } = await home.openBus();
  const events: string[] = [];
  for await (const { config } of manager.streams.list()) {
    if (config.name.endsWith('_WORK')) continue;
    const { state } = await manager.streams.info(config.name, { subjects_filter: '>' });
    events.push(...Object.entries(state.subjects ?? {}).map(([subject, count]) => `${subject}: ${count}`));
  }
  await close();
  return events.sort();
}
