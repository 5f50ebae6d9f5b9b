/**
 * The command line of this checkout, which is prepared first if something changed: `./holdfast …` and `npm run cli`. On
 * whatever Node the machine has, as tools/bootstrap.cjs.
 */
const { spawnSync } = require('node:child_process');
const { enableCompileCache } = require('node:module');
const path = require('node:path');
const { explain, findNode, isNewEnough, prepare } = require('./bootstrap.cjs');

const repository = path.resolve(__dirname, '..');
const program = path.join(repository, 'cli', 'dist', 'main.js');

async function main() {
  await prepare();
  // From any folder, the system that `npm start` runs in this checkout is meant.
  process.env['HOLDFAST_HOME'] ??= path.join(repository, '.holdfast');
  if (isNewEnough(process.version)) {
    enableCompileCache?.(path.join(repository, '.holdfast-cache', 'node'));
    await import(program);
    return;
  }
  const { status } = spawnSync(findNode(), [program, ...process.argv.slice(2)], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
}

main().catch(explain);
