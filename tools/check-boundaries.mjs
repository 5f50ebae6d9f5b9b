/**
 * Fails when a file imports what its package or its room may not (CONTRIBUTING.md, "Who may import whom").
 *
 *   node tools/check-boundaries.mjs [folder of the workspace]
 *
 * It reads the imports themselves, not Nx' project graph: the graph knows packages but not rooms, and takes a second
 * to compute where this takes half of one.
 */
import fs from 'node:fs';
import path from 'node:path';

import { importsOf } from './boundaries/imports.mjs';
import { roomOf, roomsListedIn, violationOf } from './boundaries/rules.mjs';

/** @typedef {import('./boundaries/rules.mjs').Package} Package */

const workspace = path.resolve(process.argv[2] ?? path.join(import.meta.dirname, '..'));
const packages = readPackages();
const files = packages.flatMap((owner) => sourcesOf(owner).map((file) => ({ owner, file })));
const complaints = [...packages.flatMap(unlistedRooms), ...files.flatMap(forbiddenImports)];

for (const complaint of complaints) console.error(complaint);
console.log(`Boundaries: ${packages.length} packages, ${files.length} files, ${complaints.length} violations.`);
process.exitCode = complaints.length > 0 ? 1 : 0;

/** @returns {Package[]} */
function readPackages() {
  const { workspaces } = readJson(path.join(workspace, 'package.json'));
  return workspaces
    .flatMap((/** @type {string} */ pattern) => fs.globSync(pattern, { cwd: workspace }))
    .map((/** @type {string} */ folder) => path.join(workspace, folder))
    .filter((/** @type {string} */ folder) => fs.existsSync(path.join(folder, 'package.json')))
    .map(readPackage);
}

/** @param {string} folder  @returns {Package} */
function readPackage(folder) {
  const { name, nx } = readJson(path.join(folder, 'package.json'));
  const tag = nx?.tags?.find((/** @type {string} */ each) => each.startsWith('kind:'));
  const readme = path.join(folder, 'README.md');
  return {
    name,
    folder,
    kind: tag?.slice('kind:'.length) ?? '(none)',
    rooms: fs.existsSync(readme) ? roomsListedIn(fs.readFileSync(readme, 'utf8')) : undefined,
  };
}

/** @param {Package} owner */
function sourcesOf(owner) {
  const folder = path.join(owner.folder, 'src');
  return fs.globSync('**/*.ts', { cwd: folder }).map((file) => path.join(folder, file));
}

/** @param {Package} owner */
function unlistedRooms(owner) {
  if (owner.kind !== 'service') return [];
  const rooms = new Set(sourcesOf(owner).map((file) => roomOf(owner, file)));
  return [...rooms]
    .filter((room) => room !== undefined && !owner.rooms?.includes(room))
    .map((room) => `${relative(owner.folder)}/README.md: its line "Rooms: …" does not name the room ${room}`);
}

/** @param {{ owner: Package, file: string }} place */
function forbiddenImports({ owner, file }) {
  return importsOf(file).flatMap(({ specifier, line }) => {
    const violation = violationOf({ from: owner, file, specifier }, packages);
    return violation === undefined ? [] : [`${relative(file)}:${line}: ${violation}`];
  });
}

/** @param {string} file */
function relative(file) {
  return path.relative(workspace, file);
}

/** @param {string} file */
function readJson(file) {
  return JSON.parse(fs.readFileSync(file, 'utf8'));
}
