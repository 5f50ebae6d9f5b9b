import fs from 'node:fs';
import path from 'node:path';
import type { MonthSummary } from '@holdfast/cli/output/month-summary';

import { exportedScores, publishedEvents } from './results.js';
import type { SystemHome } from './system-home.js';

export const VIEW = 'subscriber-months';

/** Ids of uploads and leases hold the time; those of runs, campaigns, people and models follow from what they name. */
const RUN_ID = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** Everything that a month has produced, without ids of runs and without times: equal for equal months. */
export async function monthResults(home: SystemHome, reportFile: string): Promise<Record<string, string[]>> {
  const summary = JSON.parse(fs.readFileSync(reportFile, 'utf8')) as MonthSummary;
  const listOf = <T>(name: string): T =>
    JSON.parse(fs.readFileSync(path.join(path.dirname(reportFile), name), 'utf8')) as T;
  const lines = (name: string): string[] =>
    listOf<unknown[]>(name)
      .map((row) => JSON.stringify(row))
      .sort();
  const { planFit, households, campaign, effect, pastCampaign, model, atRisk, causes, list, script } = summary;
  const assignments = await home.query<{ line: string }>(
    "select concat_ws(' ', subscription_id, arm, stratum, propensity) as line from campaign.assignment order by 1",
  );
  return {
    imports: summary.imports.map(({ table, read, accepted, rejected, duplicates }) =>
      [table, read, accepted, rejected, duplicates].join(' '),
    ),
    rejects: lines(summary.rejects),
    figures: [{ ...model, modelId: '' }, atRisk, causes].map((part) => JSON.stringify(part)),
    scores: (await exportedScores(home, VIEW)).split('\n').map((line) => line.replace(/,\d{4}-\d\d-\d\dT[^,]*/, '')),
    leavers: lines(summary.reasons),
    fits: lines(planFit!.recommendations),
    households: listOf<{ members: string[] }[]>(households!.households)
      .map(({ members }) => [...members].sort().join(' '))
      .sort(),
    rules: Object.entries(listOf<Record<string, [string, string][]>>(households!.rules))
      .flatMap(([rule, pairs]) => pairs.map((pair) => `${rule} ${pair.join(' ')}`))
      .sort(),
    assignments: [...assignments.map(({ line }) => line), ...campaign!.arms.map((arm) => JSON.stringify(arm))],
    list: list.map((entry) => JSON.stringify(entry)),
    script: [JSON.stringify(script!.text).replace(RUN_ID, 'a run')],
    effect: [JSON.stringify([effect, pastCampaign, campaign!.outcomesDue])],
    events: await publishedEvents(home),
  };
}
