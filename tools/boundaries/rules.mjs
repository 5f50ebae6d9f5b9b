import path from 'node:path';

/**
 * @typedef {object} Package
 * @property {string} name  as imported, e.g. `@holdfast/platform`
 * @property {string} kind  from the tag `kind:…` in its package.json
 * @property {string} folder  absolute
 * @property {readonly string[] | undefined} rooms  of a service: its rooms from the lowest to the highest
 *
 * @typedef {object} Use  one file importing something
 * @property {Package} from
 * @property {string} file  absolute
 * @property {string} specifier
 */

/** Which kinds a kind may import. Tests may import `testing` too, except where `isPure`. */
const allowedKinds = new Map([
  ['contracts', []],
  ['extract-contract', []],
  ['learning', []],
  ['optimization', []],
  ['platform', ['contracts']],
  ['testing', ['contracts', 'platform']],
  ['service', ['contracts', 'extract-contract', 'platform', 'learning', 'optimization']],
  ['cli', ['contracts', 'platform', 'learning']],
  ['twin', ['contracts', 'extract-contract', 'platform', 'learning']],
]);

const isPure = new Set(['contracts', 'extract-contract', 'learning', 'optimization']);

/**
 * What is wrong with an import, in words for the one who wrote it; undefined when nothing is.
 * @param {Use} use
 * @param {Package[]} packages  the whole workspace
 * @returns {string | undefined}
 */
export function violationOf({ from, file, specifier }, packages) {
  if (specifier.startsWith('.')) {
    const target = path.resolve(path.dirname(file), specifier);
    return leavesPackage(from, target) ?? climbsRooms(from, file, target);
  }
  const to = packages.find(({ name }) => specifier === name || specifier.startsWith(`${name}/`));
  if (to === undefined || to === from) return undefined;
  return forbiddenKind(from, to, isTest(file));
}

/** @param {Package} from  @param {string} target */
function leavesPackage(from, target) {
  if (isInside(from.folder, target)) return undefined;
  return `a relative import leaves ${from.name}; packages are imported by name`;
}

/** @param {Package} from  @param {Package} to  @param {boolean} inTest */
function forbiddenKind(from, to, inTest) {
  const allowed = allowedKinds.get(from.kind);
  if (allowed === undefined) return `${from.name} has the unknown tag kind:${from.kind}`;
  if (allowed.some((kind) => kind === to.kind)) return undefined;
  if (to.kind === 'testing' && inTest && !isPure.has(from.kind)) return undefined;
  const reason = to.kind === 'testing' ? 'only tests import it' : `a ${from.kind} may import ${list(allowed)}`;
  return `${from.name} (${from.kind}) imports ${to.name} (${to.kind}): ${reason}`;
}

/**
 * Rooms import one another only downwards. Tests may look at any room: they check outcomes, wherever those are.
 * Files directly under src belong to no room; a room may use them, except the composition root that knows all rooms.
 * @param {Package} from
 * @param {string} file
 * @param {string} target
 */
function climbsRooms(from, file, target) {
  if (from.kind !== 'service' || isTest(file)) return undefined;
  const ownRoom = roomOf(from, file);
  const otherRoom = roomOf(from, target);
  if (ownRoom === undefined || ownRoom === otherRoom) return undefined;
  if (otherRoom === undefined) {
    return /(^|\/)(main|[a-z-]+\.module)\.js$/.test(target)
      ? `the room ${ownRoom} imports the composition root, which imports the room`
      : undefined;
  }
  const rank = (/** @type {string} */ room) => from.rooms?.indexOf(room) ?? -1;
  if (rank(ownRoom) < 0 || rank(otherRoom) < 0) return undefined; // reported once for the folder, not per import
  if (rank(otherRoom) < rank(ownRoom)) return undefined;
  return `the room ${ownRoom} imports the higher room ${otherRoom} (order in the README: ${from.rooms?.join(' → ')})`;
}

/** The folder under src that a file lies in. @param {Package} from  @param {string} file */
export function roomOf(from, file) {
  const inside = path.relative(path.join(from.folder, 'src'), file).split(path.sep);
  return inside.length > 1 && inside[0] !== '..' ? inside[0] : undefined;
}

/**
 * The order of a service's rooms, from the line `Rooms: extract → lake → view` of its README: the leftmost is the
 * lowest, and a room may import those to its left.
 * @param {string} readme
 * @returns {string[] | undefined}  undefined when there is no such line
 */
export function roomsListedIn(readme) {
  const line = /^\**Rooms:\**(.+)$/m.exec(readme)?.[1];
  return line?.split(/→|->/).map((room) => room.replace(/[`/.\s]/g, ''));
}

/** @param {string} file */
function isTest(file) {
  return file.endsWith('.test.ts');
}

/** @param {string} folder  @param {string} file */
function isInside(folder, file) {
  return file.startsWith(folder + path.sep);
}

/** @param {readonly string[]} kinds */
function list(kinds) {
  return kinds.length === 0 ? 'no workspace code' : `${kinds.join(', ')} only`;
}
