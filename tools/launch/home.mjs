import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

import { canEnter, databaseUser, systemFolder } from '../embedded-postgres.mjs';
import { StartFailure } from './failure.mjs';

/**
 * The one folder in which everything lives that a running system writes: `postgres/`, `nats/`, `lake/`, `logs/`,
 * `secrets/`, `tls/`, `home.json` (the operator), `run.json` (what runs now), `clock.json`, `summary.json`.
 */
export class Home {
  /** @param {string} folder */
  constructor(folder) {
    this.folder = folder;
  }

  /** @param {string[]} names  @returns {string} */
  file(...names) {
    return path.join(this.folder, ...names);
  }

  /** A folder that only we may enter. @param {string} name */
  subfolder(name) {
    fs.mkdirSync(this.file(name), { recursive: true, mode: 0o700 });
    return this.file(name);
  }

  /** Replaces a file that only we may read, completely or not at all. @param {string} name  @param {string} text */
  write(name, text) {
    const partial = this.file(`.${name}.${process.pid}`);
    fs.writeFileSync(partial, text, { mode: 0o600 });
    fs.renameSync(partial, this.file(name));
  }

  /** @param {string} name  @returns {any}  undefined when there is none, or none that can be read */
  readJson(name) {
    try {
      return JSON.parse(fs.readFileSync(this.file(name), 'utf8'));
    } catch {
      return undefined;
    }
  }
}

/**
 * The requested folder: HOLDFAST_HOME, else one in the repository, a separate one for the example and for each table or
 * extract.
 * @param {NodeJS.ProcessEnv} environment
 * @param {string} repository
 * @param {{ tableFile?: string | undefined, extractFolder?: string | undefined, example?: boolean }} given  absolute paths
 */
export function wantedHome(environment, repository, { tableFile, extractFolder, example = false }) {
  const given = environment['HOLDFAST_HOME'];
  if (given) return path.resolve(repository, given);
  if (example) return path.join(repository, '.holdfast-example');
  const input = tableFile ?? extractFolder;
  if (input === undefined) return path.join(repository, '.holdfast');
  const name = path
    .basename(input)
    .replace(/\..*$/, '')
    .replace(/[^A-Za-z0-9_-]+/g, '-')
    .replace(/^-+|-+$/g, '');
  // Two inputs may have one name.
  return path.join(repository, `.holdfast-${name || 'table'}-${shortHash(input)}`);
}

/**
 * Makes the home. Where PostgreSQL has to run as another user that cannot get there (a checkout under /root), the home
 * is a fixed folder of the system instead, the same one at every start, with a link at the requested place.
 * @param {string} requested
 * @param {boolean} embeddedDatabase
 * @returns {Home}
 */
export function openHome(requested, embeddedDatabase) {
  const user = embeddedDatabase ? databaseUser() : undefined;
  const home = makeFolder(requested, user !== undefined);
  if (canEnter(user, home)) return new Home(home);
  const other = path.join(systemFolder, `home-${shortHash(requested)}`);
  makeFolder(systemFolder, true);
  makeFolder(other, true);
  if (canEnter(user, other)) {
    linkFrom(requested, other);
    return new Home(other);
  }
  throw new StartFailure(
    `PostgreSQL runs as the user ${user?.name}, who can enter neither ${requested} nor ${other}.\n` +
      'Set HOLDFAST_HOME to a folder that all users may pass, or HOLDFAST_DATABASE_URL to another server.',
  );
}

/** The command line reads its secrets at the requested place. @param {string} requested  @param {string} home */
function linkFrom(requested, home) {
  const isEmptyFolder = !fs.lstatSync(requested).isSymbolicLink() && fs.readdirSync(requested).length === 0;
  if (!isEmptyFolder) return;
  fs.rmdirSync(requested);
  fs.symlinkSync(home, requested);
}

/** @param {string} folder  @param {boolean} passable  whether the database's user must get through to its own folder */
function makeFolder(folder, passable) {
  try {
    const isNew = fs.mkdirSync(folder, { recursive: true }) !== undefined || fs.readdirSync(folder).length === 0;
    fs.accessSync(folder, fs.constants.W_OK);
    if (isNew) fs.chmodSync(folder, passable ? 0o711 : 0o700); // not what the user has put other things in
    return folder;
  } catch (cause) {
    throw new StartFailure(
      `The folder ${folder} cannot be made or written (${/** @type {NodeJS.ErrnoException} */ (cause).code}).\n` +
        'Set HOLDFAST_HOME to another one.',
      { cause },
    );
  }
}

/** @param {string} text */
function shortHash(text) {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}
