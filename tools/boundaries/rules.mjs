import path from 'node:path';

/**
 * @typedef {object} Package  of the workspace, or a folder of programs, such as `tools`
 * @property {string} name  as imported, e.g. `@holdfast/platform`
 * @property {string} kind  from the tag `kind:…` in its package.json
 * @property {string} folder  absolute
 * @property {string} sources  absolute
 * @property {readonly string[] | undefined} rooms  from the lowest to the highest
 * @property {string | undefined} exported  where its files are for those that import it by name: `./src/*.ts`
 *
 * @typedef {object} Use  one file importing another of the workspace
 * @property {Package} from
 * @property {string} file  absolute
 * @property {string} specifier
 * @property {string} target  the absolute path that the specifier leads to
 */

/** Which kinds a kind may import. Tests may import `testing` too, except where `isPure`. */
const allowedKinds = new Map([
  ['contracts', []],
  ['extract-contract', []],
  ['client', []],
  ['learning', []],
  ['optimization', []],
  ['platform', ['contracts']],
  ['testing', ['contracts', 'platform']],
  ['service', ['contracts', 'extract-contract', 'platform', 'learning', 'optimization']],
  ['cli', ['client', 'contracts', 'extract-contract', 'platform', 'learning']],
  ['twin', ['contracts', 'extract-contract', 'platform', 'learning']],
  ['examples', []],
  ['tools', ['client', 'contracts', 'extract-contract', 'platform', 'learning', 'service', 'cli', 'twin']], // they run what is built
  ['bench', ['client', 'contracts', 'platform', 'learning', 'tools', 'examples']],
  ['e2e', ['client', 'contracts', 'platform', 'learning', 'testing', 'cli', 'tools', 'examples']],
]);

/** Folders of programs have no name to be imported by, and import what is built by its path. */
const programKinds = new Set(['tools', 'e2e', 'bench', 'examples']);

const isPure = new Set(['client', 'contracts', 'extract-contract', 'learning', 'optimization']);

/** Kinds that tests of services may import, too. */
const testKinds = new Set(['testing', 'client']);

/**
 * The rule that an import breaks, if any.
 * @param {Use} use
 * @param {Package[]} packages  the whole workspace
 * @returns {string | undefined}
 */
export function violationOf({ from, file, specifier, target }, packages) {
  const to = packages.find(({ folder }) => isInside(folder, target));
  if (to !== from && specifier.startsWith('.') && !programKinds.has(from.kind)) {
    return `a relative import leaves ${from.name}; packages are imported by name`;
  }
  if (!isTest(file) && isFixture(target)) return 'only tests and fixtures import a fixture';
  if (to === from) return climbsRooms(from, file, target);
  return to && forbiddenKind(from, to, isTest(file));
}

/** @param {Package} from  @param {Package} to  @param {boolean} inTest */
function forbiddenKind(from, to, inTest) {
  const allowed = allowedKinds.get(from.kind);
  if (allowed === undefined) return `${from.name} has the unknown tag kind:${from.kind}`;
  if (allowed.some((kind) => kind === to.kind)) return undefined;
  if (testKinds.has(to.kind) && inTest && !isPure.has(from.kind)) return undefined;
  const reason = to.kind === 'testing' ? 'only tests import it' : `a ${from.kind} may import ${list(allowed)}`;
  return `${from.name} (${from.kind}) imports ${to.name} (${to.kind}): ${reason}`;
}

/**
 * Rooms import one another only downwards. Tests may look at any room: they check outcomes, wherever those are.
 * Files directly under src belong to no room; a room may use them, except the composition root, which imports all rooms.
 * @param {Package} from
 * @param {string} file
 * @param {string} target
 */
function climbsRooms(from, file, target) {
  if (isTest(file)) return undefined;
  const ownRoom = roomOf(from, file);
  const otherRoom = roomOf(from, target);
  if (ownRoom === undefined || ownRoom === otherRoom) return undefined;
  if (otherRoom === undefined) {
    return /[\\/](main|[a-z-]+\.module)\.ts$/.test(target)
      ? `the room ${ownRoom} imports the composition root, which imports the room`
      : undefined;
  }
  const rank = (/** @type {string} */ room) => from.rooms?.indexOf(room) ?? -1;
  if (rank(ownRoom) < 0 || rank(otherRoom) < 0) return undefined; // reported once for the folder, not per import
  if (rank(otherRoom) < rank(ownRoom)) return undefined;
  return `the room ${ownRoom} imports the higher room ${otherRoom} (order in the README: ${from.rooms?.join(' → ')})`;
}

/** The folder under the sources that a file is in. @param {Package} from  @param {string} file */
export function roomOf(from, file) {
  const inside = path.relative(from.sources, file).split(path.sep);
  return inside.length > 1 && inside[0] !== '..' ? inside[0] : undefined;
}

/**
 * The order of a package's rooms, from the line `Rooms: extract → lake → view` of its README: the leftmost is the
 * lowest, and a room may import those to its left.
 * @param {string} readme
 * @returns {string[] | undefined}  undefined when there is no such line
 */
export function roomsListedIn(readme) {
  const line = /^\**Rooms:\**(.+)$/m.exec(readme)?.[1];
  return line?.split(/→|->/).map((room) => room.replace(/[`/.\s]/g, ''));
}

/** Fixtures serve tests only, and may import what those may. @param {string} file */
function isTest(file) {
  return file.endsWith('.test.ts') || isFixture(file);
}

/** @param {string} file */
function isFixture(file) {
  return file.endsWith('.fixture.ts');
}

/** @param {string} folder  @param {string} file */
function isInside(folder, file) {
  return file.startsWith(folder + path.sep);
}

/** @param {readonly string[]} kinds */
function list(kinds) {
  return kinds.length === 0 ? 'no workspace code' : `${kinds.join(', ')} only`;
}
