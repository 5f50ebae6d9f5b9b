import fs from 'node:fs';
import path from 'node:path';

export const view = 'subscriber-months';
/** Subscriptions whose features, advice and scripts are exported one by one. */
const exportedOneByOne = 20;

/**
 * Fields that differ between runs over the same data: ids of uploads, of their jobs and of leases, which contain their
 * time, durations of steps, the address, the revision of a script, which changes with the time of its composition, and
 * when an item may be leased again, which is shown only until it has come.
 * Times during the run are replaced. Nothing else may differ, and nothing else is excluded.
 */
const runFields = new Set(['importId', 'jobId', 'leaseId', 'seconds', 'curl', 'revision', 'retryAt']);
const instantPattern = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;

/**
 * Ways into a system after a month.
 * @typedef {object} MonthAccess
 * @property {import('@holdfast/client/rest-client').RestClient} client  that may read everything
 * @property {() => Promise<string>} scores  `export scores` of the command line, of the table of the month
 * @property {(sql: string) => Promise<any[]>} query  as the superuser of the database
 * @property {number} beganAtMs  business time of the first start
 * @property {number} endedAtMs  business time now
 */

/**
 * Everything that a user can export from a system after a month, as texts by file name, in a form that is equal for
 * equal data: without `runFields` and times of the run.
 * @param {MonthAccess} access
 * @param {string} reportFile  of the month (`--report`), in a folder with its lists alone
 * @returns {Promise<Map<string, string>>}
 */
export async function exportMonth(access, reportFile) {
  const { client, scores, beganAtMs, endedAtMs } = access;
  /** @type {Map<string, string>} */
  const files = new Map();
  const isOfRun = (/** @type {string} */ instant) =>
    Date.parse(instant) >= beganAtMs && Date.parse(instant) <= endedAtMs;
  const set = (/** @type {string} */ name, /** @type {string} */ content) => {
    files.set(
      name,
      content.replaceAll(instantPattern, (instant) => (isOfRun(instant) ? 'during the run' : instant)),
    );
  };
  const json = (/** @type {string} */ name, /** @type {unknown} */ value) => set(name, text(value));
  const report = JSON.parse(fs.readFileSync(reportFile, 'utf8'));
  json('report.json', report);
  for (const list of fs.readdirSync(path.dirname(reportFile))) {
    const place = path.join(path.dirname(reportFile), list);
    if (place !== reportFile) json(`report-${list}`, JSON.parse(fs.readFileSync(place, 'utf8')));
  }
  const { tables } = await client.call('GET /api/v1/tables');
  json('tables.json', tables);
  json('table.json', await client.call('GET /api/v1/tables/{table}', { table: view }));
  json('statistics.json', await client.call('GET /api/v1/feature-views/{name}/statistics', { name: view }));
  json('models.json', await client.call('GET /api/v1/models'));
  set('scores.csv', await scores());
  const churnList = 'GET /api/v1/churn-lists';
  set('churn-list.csv', await client.text(churnList, { table: view, format: 'csv' }));
  set('churn-list.ndjson', await linesOf(client.lines(churnList, { table: view, format: 'ndjson' })));
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
  json('assignments.json', await assignments(access));
  for (const { subscriptionId } of items.slice(0, exportedOneByOne))
    await exportSubscription(client, subscriptionId, json);
  return files;
}

/**
 * @param {import('@holdfast/client/rest-client').RestClient} client
 * @param {string} subscriptionId
 * @param {(name: string, value: unknown) => void} json
 */
async function exportSubscription(client, subscriptionId, json) {
  const one = { subscriptionId };
  const features = await client.call('GET /api/v1/subscriptions/{subscriptionId}/features', one);
  json(`features-${subscriptionId}.json`, features);
  const advice = await client.call('GET /api/v1/subscriptions/{subscriptionId}/recommendations', one);
  json(`advice-${subscriptionId}.json`, advice);
  const script = await client.call('GET /api/v1/scripts/current', { subscription: subscriptionId, lang: 'zh-CN' });
  json(`script-${subscriptionId}.json`, script);
}

/**
 * Files in which two exports differ, each with the first lines that do; empty if they are equal byte for byte.
 * @param {ReadonlyMap<string, string>} found
 * @param {ReadonlyMap<string, string>} expected
 * @returns {string[]}
 */
export function differingFiles(found, expected) {
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

/** Assignments, the control group included, with all stored columns; REST shows some of them. @param {MonthAccess} access */
async function assignments({ query }) {
  const rows = await query(
    `select to_jsonb(a) - 'assigned_at' as line from campaign.assignment a order by campaign_id, subscription_id`,
  );
  return rows.map(({ line }) => line);
}

/** @param {unknown} value */
function text(value) {
  const compared = (/** @type {string} */ key, /** @type {unknown} */ part) => (runFields.has(key) ? undefined : part);
  return `${JSON.stringify(value, compared, 1)}\n`;
}

/** Rows of NDJSON, in the order in which they came. @param {AsyncIterable<unknown>} rows */
async function linesOf(rows) {
  const lines = [];
  for await (const row of rows) lines.push(text(row).replaceAll(/\n\s*/g, ''));
  return lines.join('\n');
}
