import fs from 'node:fs';
import path from 'node:path';

import { VIEW } from './month-results.js';
import { exportedScores } from './results.js';
import type { SystemHome } from './system-home.js';

/** Subscriptions whose features, advice and scripts are exported one by one. */
const EXPORTED_ONE_BY_ONE = 20;

/**
 * Fields that differ between runs over the same data: ids of uploads, of their jobs and of leases, which contain their
 * time, durations of steps, the address, and the revision of a script, which changes with the time of its composition.
 * Times during the run are replaced. Nothing else may differ, and nothing else is excluded.
 */
const RUN_FIELDS = new Set(['importId', 'jobId', 'leaseId', 'seconds', 'curl', 'revision']);
/** Fields with a time that follows from one during the run; whether they are set is compared. */
const RUN_TIMES = new Set(['retryAt']);
const INSTANT = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;

/**
 * Everything that a user can export from a system after a month, as texts by file name, in a form that is equal for
 * equal data: without RUN_FIELDS and times of the run.
 * @param reportFile of the start (`--report`), in a folder with its lists alone
 */
export async function exportHome(home: SystemHome, reportFile: string): Promise<Map<string, string>> {
  const client = home.client('console');
  const files = new Map<string, string>();
  const { beganAt, endedAt } = runOf(home);
  const set = (name: string, content: string): void => {
    const isOfRun = (instant: string): boolean => Date.parse(instant) >= beganAt && Date.parse(instant) <= endedAt;
    files.set(
      name,
      content.replaceAll(INSTANT, (instant) => (isOfRun(instant) ? 'during the run' : instant)),
    );
  };
  const json = (name: string, value: unknown): void => set(name, text(value));
  const report = JSON.parse(fs.readFileSync(reportFile, 'utf8')) as Report;
  json('report.json', report);
  for (const list of fs.readdirSync(path.dirname(reportFile))) {
    const place = path.join(path.dirname(reportFile), list);
    if (place !== reportFile) json(`report-${list}`, JSON.parse(fs.readFileSync(place, 'utf8')));
  }
  const { tables } = await client.call('GET /api/v1/tables');
  json('tables.json', tables);
  json('table.json', await client.call('GET /api/v1/tables/{table}', { table: VIEW }));
  json('statistics.json', await client.call('GET /api/v1/feature-views/{name}/statistics', { name: VIEW }));
  json('models.json', await client.call('GET /api/v1/models'));
  set('scores.csv', await exportedScores(home, VIEW));
  const churnList = 'GET /api/v1/churn-lists';
  set('churn-list.csv', await client.text(churnList, { table: VIEW, format: 'csv' }));
  set('churn-list.ndjson', await linesOf(client.lines(churnList, { table: VIEW, format: 'ndjson' })));
  const { modelId } = report.model;
  set('churners.ndjson', await linesOf(client.lines('GET /api/v1/models/{modelId}/validated-churners', { modelId })));
  const { runId } = report.planFit;
  json('plan-fits.json', await client.call('GET /api/v1/plan-fit-runs/{runId}', { runId }));
  set('plan-fits.ndjson', await linesOf(client.lines('GET /api/v1/plan-fit-runs/{runId}/fits', { runId })));
  const householdRun = { runId: report.households.runId };
  json('households.json', await client.call('GET /api/v1/household-runs/{runId}', householdRun));
  set('households.ndjson', await linesOf(client.lines('GET /api/v1/household-runs/latest/members')));
  set('pairs.ndjson', await linesOf(client.lines('GET /api/v1/household-runs/{runId}/pairs', householdRun)));
  json('campaigns.json', await client.call('GET /api/v1/campaigns'));
  json('campaign-results.json', await client.call('GET /api/v1/campaign-results'));
  json('imports.json', await client.call('GET /api/v1/imports'));
  json('units.json', await client.call('GET /api/v1/org-units'));
  const work = { queue: report.campaign.campaignId, pageSize: 1_000 };
  const items = await client.all('GET /api/v1/agent-queues/{queue}/items', 'items', work);
  json('work.json', items);
  json('assignments.json', await assignments(home));
  for (const { subscriptionId: id } of items.slice(0, EXPORTED_ONE_BY_ONE)) {
    json(
      `features-${id}.json`,
      await client.call('GET /api/v1/subscriptions/{subscriptionId}/features', { subscriptionId: id }),
    );
    json(
      `advice-${id}.json`,
      await client.call('GET /api/v1/subscriptions/{subscriptionId}/recommendations', { subscriptionId: id }),
    );
    json(`script-${id}.json`, await client.call('GET /api/v1/scripts/current', { subscription: id, lang: 'zh-CN' }));
  }
  return files;
}

/** Writes an export into a folder, for people to look at. */
export function writeExport(folder: string, files: ReadonlyMap<string, string>): void {
  fs.mkdirSync(folder, { recursive: true });
  for (const [name, content] of files) fs.writeFileSync(path.join(folder, name), content);
}

/** Files in which two exports differ, each with the first lines that do; empty if they are equal byte for byte. */
export function differingFiles(found: ReadonlyMap<string, string>, expected: ReadonlyMap<string, string>): string[] {
  return [...new Set([...found.keys(), ...expected.keys()])].sort().flatMap((name) => {
    const [ours, theirs] = [found.get(name), expected.get(name)];
    if (ours === theirs) return [];
    if (ours === undefined || theirs === undefined) return [`${name}: only in one of them`];
    const [left, right] = [ours.split('\n'), theirs.split('\n')];
    const at = left.findIndex((line, place) => line !== right[place]);
    const count = left.filter((line, place) => line !== right[place]).length;
    return [`${name}: ${count} of ${left.length} lines, first ${at + 1}: ${left[at]} instead of ${right[at]}`];
  });
}

/** Business time when the home was first started, and now. */
function runOf(home: SystemHome): { beganAt: number; endedAt: number } {
  const { setting } = JSON.parse(fs.readFileSync(home.file('clock.json'), 'utf8')) as { setting: string };
  const [instant, anchor] = setting.split('@').map(Date.parse) as [number, number];
  return { beganAt: instant, endedAt: instant + Date.now() - anchor };
}

interface Report {
  model: { modelId: string };
  planFit: { runId: string };
  households: { runId: string };
  campaign: { campaignId: string };
}

/** Assignments, the control group included, with all stored columns; REST shows some of them. */
async function assignments(home: SystemHome): Promise<unknown[]> {
  const rows = await home.query<{ line: unknown }>(
    `select to_jsonb(a) - 'assigned_at' as line from campaign.assignment a order by campaign_id, subscription_id`,
  );
  return rows.map(({ line }) => line);
}

function text(value: unknown): string {
  const compared = (key: string, part: unknown): unknown => {
    if (RUN_FIELDS.has(key)) return undefined;
    return RUN_TIMES.has(key) && part !== null ? 'after the run' : part;
  };
  return `${JSON.stringify(value, compared, 1)}\n`;
}

/** Rows of NDJSON, in the order in which they came. */
async function linesOf(rows: AsyncIterable<unknown>): Promise<string> {
  const lines: string[] = [];
  for await (const row of rows) lines.push(text(row).replaceAll(/\n\s*/g, ''));
  return lines.join('\n');
}
