/**
 * Checks the alert rules with Prometheus's own promtool: their syntax, what fires on the series of `rules.test.yaml`, and the
 * configuration of Prometheus in Compose.
 * promtool comes from PROMTOOL_BIN, the PATH, an earlier download, or the distribution's package `prometheus`.
 *
 *   node tools/deploy/check-rules.mjs [folder of rules.yaml]
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';

import { fetchProgram, hasApt } from '../launch/debian-package.mjs';

const repository = path.resolve(import.meta.dirname, '../..');
const folder = process.argv[2] ?? path.join(repository, 'k8s/components/telemetry');
const promtool = await findPromtool();
const checks = [
  ['check', 'rules', 'rules.yaml'],
  ['test', 'rules', 'rules.test.yaml'],
  // Debian's promtool has no discovery of Kubernetes, so prometheus.yaml cannot be checked with it.
  ['check', 'config', '--syntax-only', 'compose-prometheus.yaml'],
];
for (const arguments_ of checks) {
  const { status } = spawnSync(promtool, arguments_, { cwd: folder, stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}

async function findPromtool() {
  const cacheDir = path.join(repository, '.holdfast-cache');
  const cached = path.join(cacheDir, 'promtool');
  const found = [process.env['PROMTOOL_BIN'] || 'promtool', cached].find(isRunnable);
  if (found !== undefined) return found;
  if (!hasApt()) throw new Error('There is no promtool here and no apt to fetch it with; set PROMTOOL_BIN.');
  await fetchProgram({ name: 'prometheus', program: 'usr/bin/promtool', cacheDir, target: cached, isRunnable });
  return cached;
}

/** @param {string} program */
function isRunnable(program) {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
}
