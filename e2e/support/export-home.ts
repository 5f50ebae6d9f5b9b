import fs from 'node:fs';
import path from 'node:path';

import { exportMonth } from '../../tools/smoke/month-export.mjs';
import { VIEW } from './month-results.js';
import { exportedScores } from './results.js';
import type { SystemHome } from './system-home.js';

/**
 * Everything that a user can export from a system after a month, as texts by file name, equal for equal data.
 * @param reportFile of the start (`--report`), in a folder with its lists alone
 */
export function exportHome(home: SystemHome, reportFile: string): Promise<Map<string, string>> {
  const access = {
    client: home.client('console'),
    scores: () => exportedScores(home, VIEW),
    query: (sql: string) => home.query(sql),
    ...runOf(home),
  };
  return exportMonth(access, reportFile);
}

/** Writes an export into a folder, for people to look at. */
export function writeExport(folder: string, files: ReadonlyMap<string, string>): void {
  fs.mkdirSync(folder, { recursive: true });
  for (const [name, content] of files) fs.writeFileSync(path.join(folder, name), content);
}

/** Business time when the home was first started, and now. */
function runOf(home: SystemHome): { beganAtMs: number; endedAtMs: number } {
  const { setting } = JSON.parse(fs.readFileSync(home.file('clock.json'), 'utf8')) as { setting: string };
  const [instant, anchor] = setting.split('@').map(Date.parse) as [number, number];
  return { beganAtMs: instant, endedAtMs: instant + Date.now() - anchor };
}
