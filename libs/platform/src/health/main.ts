/**
 * Health of the service in the same container: exits with 0 if it is healthy, else with 1 and the reason.
 *
 *   node libs/platform/dist/health/main.js [--live]
 */
import { checkHealth } from './check-health.js';

const problem = await checkHealth(process.env, { isLive: process.argv.includes('--live') }).catch((thrown: unknown) =>
  thrown instanceof Error ? thrown.message : String(thrown),
);
if (problem !== undefined) process.stderr.write(`${problem}\n`);
process.exit(problem === undefined ? 0 : 1);
