/**
 * @typedef {import('./source-file.mjs').SourceFile} SourceFile
 */

/** Loaded by a name that is not in the source: measures by `bench/run.mjs`, default exports by tools such as Jest. */
const MEASURE = /[\\/]bench[\\/][a-z-]+\.mjs$/;
const isLoadedByName = (/** @type {string} */ file, /** @type {string} */ name) =>
  name === 'default' || (name === 'run' && MEASURE.test(file));

const GENERATED = /[\\/]src[\\/]gen[\\/]/;

/**
 * Exports of written code that no other file names.
 * @param {Map<string, SourceFile>} files  of the whole workspace, by path
 * @param {(importer: string, specifier: string) => string | undefined} resolve
 * @returns {{ file: string, name: string, line: number }[]}
 */
export function unusedExports(files, resolve) {
  /** @type {Map<string, Set<string>>} */
  const usedNames = new Map([...files.keys()].map((file) => [file, new Set()]));
  for (const [importer, { imports }] of files) {
    for (const { specifier, names } of imports) {
      const target = usedNames.get(resolve(importer, specifier) ?? '');
      for (const name of names) target?.add(name);
    }
  }
  return [...files].flatMap(([file, { exports }]) => {
    const used = usedNames.get(file);
    if (used?.has('*') || GENERATED.test(file)) return [];
    return exports
      .filter(({ name }) => !used?.has(name) && !isLoadedByName(file, name))
      .map((each) => ({ file, ...each }));
  });
}
