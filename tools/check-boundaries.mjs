/**
 * Fails when a file imports what its package or its room may not, or a build includes tests or fixtures
 * (CONTRIBUTING.md, "Who may import whom").
 *
 *   node tools/check-boundaries.mjs [folder of the workspace]
 *
 * It reads the imports themselves, not Nx' project graph: the graph has packages but no rooms, and takes a second to
 * compute where this takes half of one.
 */
import path from 'node:path';

import { buildFaults, readPackages, resolveImport, sourcesOf } from './boundaries/packages.mjs';
import { roomOf, violationOf } from './boundaries/rules.mjs';
import { readSourceFile } from './boundaries/source-file.mjs';

/** @typedef {import('./boundaries/rules.mjs').Package} Package */

const KINDS_WITHOUT_ROOMS = new Set(['contracts', 'e2e', 'bench', 'examples']);

const workspace = path.resolve(process.argv[2] ?? path.join(import.meta.dirname, '..'));
const packages = readPackages(workspace);
const owners = new Map(packages.flatMap((owner) => sourcesOf(owner).map((file) => [file, owner])));
const files = new Map([...owners.keys()].map((file) => [file, readSourceFile(file)]));
const violations = [
  ...packages.flatMap(unlistedRooms),
  ...packages.flatMap(buildFaults).map(({ file, fault }) => `${relative(file)}: ${fault}`),
  ...[...owners].flatMap(([file, owner]) => forbiddenImports(file, owner)),
];

for (const violation of violations) console.error(violation);
console.log(
  `Boundaries: ${packages.length} packages and folders, ${files.size} files, ${violations.length} violations.`,
);
process.exitCode = violations.length > 0 ? 1 : 0;

/** @param {Package} owner */
function unlistedRooms(owner) {
  if (KINDS_WITHOUT_ROOMS.has(owner.kind)) return [];
  const rooms = new Set(sourcesOf(owner).map((file) => roomOf(owner, file)));
  return [...rooms]
    .filter((room) => room !== undefined && !owner.rooms?.includes(room))
    .map((room) => `${relative(owner.folder)}/README.md: its line "Rooms: …" does not name the room ${room}`);
}

/** @param {string} file  @param {Package} owner */
function forbiddenImports(file, owner) {
  return (files.get(file)?.imports ?? []).flatMap(({ specifier, line }) => {
    const target = resolveImport(file, specifier, packages);
    const violation = target && violationOf({ from: owner, file, specifier, target }, packages);
    return violation === undefined ? [] : [`${relative(file)}:${line}: ${violation}`];
  });
}

/** @param {string} file */
function relative(file) {
  return path.relative(workspace, file);
}
