/**
 * Fails on forbidden imports between packages and rooms, tests or fixtures in a build, exports that no other file uses,
 * and `as unknown as` without a reason (CONTRIBUTING.md, "Imports").
 *
 *   node tools/check-boundaries.mjs [folder of the workspace]
 *
 * It reads the imports themselves, not Nx' project graph: the graph has packages but no rooms, and takes a second to
 * compute where this takes half of one.
 */
import fs from 'node:fs';
import path from 'node:path';

import { castsWithoutReason } from './boundaries/casts.mjs';
import { buildFaults, readPackages, resolveImport, sourcesOf } from './boundaries/packages.mjs';
import { roomOf, violationOf } from './boundaries/rules.mjs';
import { readSourceFile } from './boundaries/source-file.mjs';
import { unusedExports } from './boundaries/unused-exports.mjs';

/** @typedef {import('./boundaries/rules.mjs').Package} Package */

const KINDS_WITHOUT_ROOMS = new Set(['client', 'contracts', 'e2e', 'bench', 'examples']);

const workspace = path.resolve(process.argv[2] ?? path.join(import.meta.dirname, '..'));
const packages = readPackages(workspace);
const owners = new Map(packages.flatMap((owner) => sourcesOf(owner).map((file) => [file, owner])));
const files = new Map([...owners.keys()].map((file) => [file, readSourceFile(file)]));
const violations = [
  ...packages.flatMap(unlistedRooms),
  ...packages.flatMap(buildFaults).map(({ file, fault }) => `${relative(file)}: ${fault}`),
  ...[...owners].flatMap(([file, owner]) => forbiddenImports(file, owner)),
  ...unusedExports(files, (importer, specifier) => resolveImport(importer, specifier, packages)).map(
    ({ file, line, name }) => `${relative(file)}:${line}: no other file uses the export ${name}`,
  ),
  ...[...files.keys()].flatMap((file) =>
    castsWithoutReason(fs.readFileSync(file, 'utf8')).map(
      (line) =>
        `${relative(file)}:${line}: \`as unknown as\` without a comment on the line before that gives the reason`,
    ),
  ),
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
