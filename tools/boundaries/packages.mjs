import fs from 'node:fs';
import path from 'node:path';

import { roomsListedIn } from './rules.mjs';

/** @typedef {import('./rules.mjs').Package} Package */

/** Folders with code that are not packages: run from source, never built. */
const PROGRAM_FOLDERS = ['tools', 'e2e', 'bench', 'examples'];

/** @param {string} workspace  @returns {Package[]} */
export function readPackages(workspace) {
  const folders = readJson(path.join(workspace, 'package.json'))
    .workspaces.flatMap((/** @type {string} */ pattern) => fs.globSync(pattern, { cwd: workspace }))
    .map((/** @type {string} */ folder) => path.join(workspace, folder))
    .filter((/** @type {string} */ folder) => fs.existsSync(path.join(folder, 'package.json')));
  const programs = PROGRAM_FOLDERS.map((name) => path.join(workspace, name)).filter((folder) => fs.existsSync(folder));
  return [...folders.map(readPackage), ...programs.map(readProgramFolder)];
}

/** @param {string} folder  @returns {Package} */
function readPackage(folder) {
  const { name, nx, exports } = readJson(path.join(folder, 'package.json'));
  const tag = nx?.tags?.find((/** @type {string} */ each) => each.startsWith('kind:'));
  return {
    name,
    folder,
    sources: path.join(folder, 'src'),
    kind: tag?.slice('kind:'.length) ?? '(none)',
    rooms: roomsOf(folder),
    exported: exports?.['./*']?.['holdfast-source'] ?? './src/*.ts',
  };
}

/** @param {string} folder  @returns {Package} */
function readProgramFolder(folder) {
  return {
    name: path.basename(folder),
    folder,
    sources: folder,
    kind: path.basename(folder),
    rooms: roomsOf(folder),
    exported: undefined,
  };
}

/** @param {string} folder */
function roomsOf(folder) {
  const readme = path.join(folder, 'README.md');
  return fs.existsSync(readme) ? roomsListedIn(fs.readFileSync(readme, 'utf8')) : undefined;
}

/** @param {Package} owner */
export function sourcesOf(owner) {
  const files = fs.globSync('**/*.{ts,mjs,cjs}', { cwd: owner.sources });
  return files.map((file) => path.join(owner.sources, file));
}

/**
 * The file that a specifier leads to; undefined for packages from a registry. A path into `dist` leads to its source.
 * @param {string} importer
 * @param {string} specifier
 * @param {Package[]} packages
 */
export function resolveImport(importer, specifier, packages) {
  if (specifier.startsWith('.')) return sourceOf(path.resolve(path.dirname(importer), specifier));
  const [, built, inDist] = /^([\w/-]+)\/dist\/(.+)\.js$/.exec(specifier) ?? [];
  if (built !== undefined) {
    const builder = packages.find(({ folder }) => folder.endsWith(`${path.sep}${built}`));
    return builder && path.join(builder.sources, `${inDist}.ts`);
  }
  const owner = packages.find(({ name }) => specifier.startsWith(`${name}/`));
  if (owner?.exported === undefined) return undefined;
  return path.join(owner.folder, owner.exported.replaceAll('*', specifier.slice(owner.name.length + 1)));
}

/** @param {string} file */
function sourceOf(file) {
  return fs.existsSync(file) && !/[\\/]dist[\\/]/.test(file)
    ? file
    : file.replace(/([\\/])dist([\\/])/, '$1src$2').replace(/\.js$/, '.ts');
}

/**
 * A build has neither tests nor fixtures. The pattern is in the base configuration, which each package extends.
 * @param {Package} owner
 */
export function buildFaults({ folder }) {
  const file = path.join(folder, 'tsconfig.json');
  if (!fs.existsSync(file)) return [];
  const config = readJson(file);
  const excluded = config.exclude ?? readJson(path.resolve(folder, config.extends)).exclude ?? [];
  return ['*.test.ts', '*.fixture.ts']
    .filter((suffix) => !excluded.some((/** @type {string} */ pattern) => pattern.endsWith(`src/**/${suffix}`)))
    .map((suffix) => ({ file, fault: `the build includes ${suffix}` }));
}

/** @param {string} file */
function readJson(file) {
  return JSON.parse(fs.readFileSync(file, 'utf8'));
}
