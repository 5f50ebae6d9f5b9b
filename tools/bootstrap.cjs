/**
 * Makes a checkout ready to run: installs the packages when the lock file changed, checks that Node 24 is installed and
 * compiles what changed. Runs before `npm start`, `npm test` and the like (package.json), on whatever Node the machine
 * has (20.19 or newer), so it is CommonJS and uses nothing that has to be installed first.
 *
 *   node tools/bootstrap.cjs [--install-only]
 *
 * `npm ci` is not used: it refuses a lock file that lacks the optional packages of foreign platforms, and registries
 * exist that do not carry all of those. `npm install --no-save` honours the same lock file and leaves it untouched.
 */
const { spawn, spawnSync } = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const repository = path.resolve(__dirname, '..');
const nodeModules = path.join(repository, 'node_modules');
const stampFile = path.join(nodeModules, '.holdfast-installed');
const lockFile = path.join(repository, '.holdfast-cache', 'bootstrap.lock');
const compiledFile = path.join(repository, '.holdfast-cache', 'compiled');
const pinnedNode = path.join(nodeModules, '.bin', 'node');

const nodeMajorNeeded = 24;
const installBytesNeeded = 2.5e9;
const progressEverySeconds = 10;

class BootstrapFailure extends Error {}

/** Installs and compiles what is due. Without a change it takes some 50 ms, since neither npm nor the compiler runs. */
async function prepare({ installOnly = false } = {}) {
  if (!isInstallDue() && (installOnly ? fs.existsSync(pinnedNode) : isCompiled())) return;
  await withLock(async () => {
    if (isInstallDue()) await install();
    const node = findNode();
    if (!installOnly) compile(node);
  });
}

/** Whether the compiler has run on the present sources. It takes seconds to find that out itself. */
function isCompiled() {
  try {
    return fs.readFileSync(compiledFile, 'utf8') === compiledStamp(sourcesStamp());
  } catch {
    return false;
  }
}

/** @param {string} sources */
function compiledStamp(sources) {
  return `${sources} ${stampOf(workspaceFolders().map((folder) => `${folder}/dist/.tsbuildinfo`))}\n`;
}

/** Of all that the compiler reads. */
function sourcesStamp() {
  const files = fs.readdirSync(repository).filter((name) => /^(package|tsconfig.*)\.json$/.test(name));
  const found = [stampFile, ...files.map((name) => `${repository}/${name}`)];
  for (const folder of workspaceFolders()) {
    found.push(`${folder}/package.json`, `${folder}/tsconfig.json`);
    addFiles(`${folder}/src`, found);
  }
  return stampOf(found);
}

/** Paths are joined as text: with `path` and a recursive readdir, this takes three times as long. */
function addFiles(/** @type {string} */ folder, /** @type {string[]} */ found) {
  if (!fs.existsSync(folder)) return;
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) addFiles(`${folder}/${entry.name}`, found);
    else found.push(`${folder}/${entry.name}`);
  }
}

/** Hash of the names, sizes and times of files. @param {readonly string[]} files */
function stampOf(files) {
  const all = files.map((file) => {
    const stat = fs.statSync(file, { throwIfNoEntry: false });
    return `${file} ${stat?.size} ${stat?.mtimeMs}`;
  });
  return crypto.createHash('sha256').update(all.join('\n')).digest('hex');
}

/** The packages are those of another lock file, another platform, or missing. */
function isInstallDue() {
  return !fs.existsSync(stampFile) || fs.readFileSync(stampFile, 'utf8') !== wantedStamp();
}

function wantedStamp() {
  const lock = fs.readFileSync(path.join(repository, 'package-lock.json'));
  return `${crypto.createHash('sha256').update(lock).digest('hex')} ${process.platform}-${process.arch}\n`;
}

async function install() {
  checkDisk();
  say('Installing packages (the first time takes about a minute) …');
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  const ticking = setInterval(() => say(`  still installing, ${seconds()} s`), progressEverySeconds * 1000);
  try {
    const networkError = await findNetworkError();
    if (networkError !== undefined) say(`No answer from the package registry (${networkError}); trying npm's cache …`);
    const { status, output } = await runNpm(installArguments(networkError === undefined), process.stderr);
    if (status !== 0) throw new BootstrapFailure(explainInstallFailure(`${networkError ?? ''}\n${output}`, status));
  } finally {
    clearInterval(ticking);
  }
  fs.writeFileSync(stampFile, wantedStamp());
  say(`Packages installed in ${seconds()} s.`);
}

function checkDisk() {
  const { bavail, bsize } = fs.statfsSync(repository);
  const free = bavail * bsize;
  if (free >= installBytesNeeded) return;
  throw new BootstrapFailure(
    `The disk of ${repository} has ${(free / 1e9).toFixed(1)} GB free; the installation needs ` +
      `${installBytesNeeded / 1e9} GB. Free some space and try again.`,
  );
}

/**
 * Why the registry cannot be reached, checked before the installation, in which npm repeats each of its hundreds of
 * requests and fails after minutes. Any other fault (a registry without ping) shows in the installation.
 */
async function findNetworkError() {
  const limits = ['--fetch-retries=1', '--fetch-retry-mintimeout=1000', '--fetch-timeout=10000'];
  const { status, output } = await runNpm(['ping', ...limits, '--loglevel=error']);
  return status === 0 ? undefined : networkErrorIn(output);
}

/** @param {boolean} online */
function installArguments(online) {
  return [
    ...['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'],
    online ? '--prefer-offline' : '--offline',
    ...['--include=dev', '--include=optional'], // despite NODE_ENV or the user's npmrc
  ];
}

/**
 * @param {string[]} args
 * @param {NodeJS.WritableStream} [copy]  shows what npm prints
 * @returns {Promise<{ status: number | null, output: string }>}
 */
function runNpm(args, copy) {
  const { program, first } = npmCommand();
  return new Promise((resolve) => {
    const npm = spawn(program, [...first, ...args], {
      cwd: repository,
      env: environmentForNpm(process.env),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [npm.stdout, npm.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk) => {
        output += chunk;
        copy?.write(chunk);
      });
    }
    npm.on('error', (error) => resolve({ status: 127, output: error.message }));
    npm.on('close', (status) => resolve({ status, output }));
  });
}

/** The very npm that runs us, where it is one (yarn and pnpm set the same variable). */
function npmCommand() {
  const outer = process.env['npm_execpath'];
  const isNpm = outer !== undefined && path.basename(outer) === 'npm-cli.js';
  return isNpm ? { program: process.execPath, first: [outer] } : { program: 'npm', first: [] };
}

/**
 * The outer npm describes its own run in the environment; the inner one would read that as settings.
 * What the user set (cache, registry, proxy) stays.
 * @param {NodeJS.ProcessEnv} environment
 */
function environmentForNpm(environment) {
  const ofOuterRun =
    /^(INIT_CWD|npm_(lifecycle|package|command).*|npm_config_(local_prefix|workspaces?|include_workspace_root))$/i;
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !ofOuterRun.test(name)));
}

/**
 * @param {string} output  what npm printed
 * @param {number | null} status
 */
function explainInstallFailure(output, status) {
  if (/ENOSPC|no space left/i.test(output)) {
    return 'The disk became full while packages were installed. Free some space (2.5 GB are needed) and try again.';
  }
  const code = networkErrorIn(output);
  if (code !== undefined) {
    return (
      `The package registry cannot be reached (${code}). The first start needs the network, or a filled npm cache. ` +
      'Check the connection, the proxy settings and `npm config get registry`, then try again.'
    );
  }
  if (/EACCES|EPERM/.test(output)) {
    return `npm may not write to ${nodeModules}. Give the folder to the present user, or use another checkout.`;
  }
  return `npm install failed (exit ${status}); its messages are above.`;
}

/** @param {string} output */
function networkErrorIn(output) {
  const codes =
    /\b(ENOTFOUND|EAI_AGAIN|ECONN(?:REFUSED|RESET)|ETIMEDOUT|E(?:NET|HOST)UNREACH|ERR_SOCKET_TIMEOUT|ENOTCACHED)\b/;
  return codes.exec(output)?.[1];
}

/** The Node to run the product with: the one among the packages, else the present one when it is new enough. */
function findNode() {
  const candidates = [pinnedNode, process.execPath].filter((file) => fs.existsSync(file));
  const good = candidates.find((file) => isNewEnough(versionOf(file)));
  if (good !== undefined) return good;
  throw new BootstrapFailure(
    `Holdfast runs on Node ${nodeMajorNeeded}; this is ${process.version}, and npm did not install the optional ` +
      `package node-${process.platform}-${process.arch}. Delete node_modules and try again with a network ` +
      `connection, or use Node ${nodeMajorNeeded} yourself.`,
  );
}

/** @param {string} program  @returns {string} such as `v24.1.0` */
function versionOf(program) {
  return program === process.execPath
    ? process.version
    : spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout;
}

/** @param {string} version */
function isNewEnough(version) {
  return Number(/^v(\d+)/.exec(version ?? '')?.[1] ?? 0) >= nodeMajorNeeded;
}

/** @param {string} node */
function compile(node) {
  if (!fs.existsSync(path.join(repository, 'libs', 'platform', 'dist'))) say('Compiling …');
  removeStaleOutput();
  // Before the compiler runs: what changes meanwhile is compiled the next time.
  const sources = sourcesStamp();
  const compiler = path.join(nodeModules, 'typescript', 'bin', 'tsc');
  const { status } = spawnSync(node, [compiler, '-b'], { cwd: repository, stdio: 'inherit' });
  if (status !== 0) throw new BootstrapFailure('The sources do not compile; the messages are above.');
  fs.writeFileSync(compiledFile, compiledStamp(sources));
}

/** Removes what was compiled from a source that is renamed or deleted, as the compiler leaves it in `dist`. */
function removeStaleOutput() {
  for (const folder of workspaceFolders()) {
    const dist = path.join(folder, 'dist');
    if (!fs.existsSync(dist)) continue;
    for (const name of /** @type {string[]} */ (fs.readdirSync(dist, { recursive: true }))) {
      const [, stem] = /^(.+?)(?:\.d\.ts|\.js)(?:\.map)?$/.exec(name) ?? [];
      const isBuilt = stem !== undefined && !/\.(?:test|fixture)$/.test(stem);
      if (stem === undefined || (isBuilt && fs.existsSync(path.join(folder, 'src', `${stem}.ts`)))) continue;
      fs.rmSync(path.join(dist, name));
    }
  }
}

/** @returns {string[]} */
function workspaceFolders() {
  const { workspaces } = JSON.parse(fs.readFileSync(path.join(repository, 'package.json'), 'utf8'));
  return workspaces.flatMap(foldersOf);
}

/** @param {string} workspace  a folder, or `folder/*` */
function foldersOf(workspace) {
  if (!workspace.endsWith('/*')) return [path.join(repository, workspace)];
  const parent = path.join(repository, path.dirname(workspace));
  return fs.readdirSync(parent).map((name) => path.join(parent, name));
}

/**
 * Runs the work while no other command does the same in this checkout.
 * @param {() => Promise<void>} work
 */
async function withLock(work) {
  const { identify, isRunning } = await import('./launch/process-identity.mjs');
  const mine = JSON.stringify(identify('bootstrap', process.pid));
  fs.mkdirSync(path.dirname(lockFile), { recursive: true });
  for (let told = false; !take(mine);) {
    const owner = readLock();
    if (owner !== undefined && !isRunning(owner)) {
      fs.rmSync(lockFile, { force: true }); // left by a killed command
      continue;
    }
    if (!told) say('Another command is preparing this checkout; waiting for it …');
    told = true;
    await pause(250);
  }
  // Two commands may have removed the same dead lock, the second one the first one's new lock: the last writer has it.
  await pause(20);
  if (fs.readFileSync(lockFile, 'utf8') !== mine) return withLock(work);
  const release = () => fs.rmSync(lockFile, { force: true });
  process.once('exit', release);
  await work();
}

/** @param {string} mine */
function take(mine) {
  const written = `${lockFile}.${process.pid}`;
  fs.writeFileSync(written, mine);
  try {
    fs.linkSync(written, lockFile); // complete or not at all, unlike creating the file and then writing it
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
    throw error;
  } finally {
    fs.rmSync(written);
  }
}

function readLock() {
  try {
    return JSON.parse(fs.readFileSync(lockFile, 'utf8'));
  } catch {
    return undefined;
  }
}

/** @param {number} milliseconds */
function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Progress goes to standard error: what a command prints on standard output may be piped. @param {string} message */
function say(message) {
  process.stderr.write(`${message}\n`);
}

/** @param {Error} error */
function explain(error) {
  process.stderr.write(`\n${error instanceof BootstrapFailure ? error.message : error.stack}\n`);
  process.exitCode = 1;
}

module.exports = { environmentForNpm, explain, explainInstallFailure, findNode, isNewEnough, prepare };

if (require.main === module) {
  prepare({ installOnly: process.argv.includes('--install-only') }).catch(explain);
  // A Ctrl-C ends the npm below us too (same terminal); leaving through exit() gives the lock back.
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
}
