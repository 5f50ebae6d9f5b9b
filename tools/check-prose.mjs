/**
 * Fails on new uses of discouraged words (prose-words.mjs) in comments, texts, documents and names.
 *
 *   node tools/check-prose.mjs [--workspace FOLDER] [--update [--accept WORD] | --all [path …]]
 *
 * Old uses are counted per file and word in prose-baseline.json, where a count may only fall: `--update` lowers it.
 * A renamed file keeps its counts. `--accept` starts the baseline of a word that is new in the list. `--all` lists the
 * old uses, too.
 */
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { EXTENSIONS, proseOf } from './prose/passages.mjs';
import { words } from './prose-words.mjs';

/**
 * @typedef {{ file: string, line: number, word: string, found: string, use: string }} Use
 * @typedef {Record<string, Record<string, number>>} Counts  per file and word
 */

const SKIPPED_FOLDERS = new Set(['node_modules', 'dist', 'gen', '.git', '.ci']);
/** They quote the words, or are generated. */
const SKIPPED_FILES =
  /^(?:tools\/(?:prose-words\.mjs|check-prose\.test\.ts)|docs\/decisions\/024-standard-vocabulary\.md)$|\/schema\.sql$/;

const { values: options, positionals: shownPaths } = parseArgs({
  allowPositionals: true,
  options: {
    workspace: { type: 'string', default: path.join(import.meta.dirname, '..') },
    update: { type: 'boolean', default: false },
    accept: { type: 'string', multiple: true, default: [] },
    all: { type: 'boolean', default: false },
  },
});
const workspace = path.resolve(options.workspace);
const baselineFile = path.join(workspace, 'tools', 'prose-baseline.json');

/** A space matches a line break and the indentation after it. @param {RegExp} pattern */
const flexible = (pattern) => new RegExp(pattern.source.replaceAll(' ', '\\s+'), 'gi');
const matchers = words.map((word) => ({
  ...word,
  prose: flexible(word.pattern),
  names: word.names && new RegExp(word.names.source, 'gi'),
  allow: (word.allow ?? []).map(({ files, phrase }) => ({ files, phrase: phrase && flexible(phrase) })),
}));

const uses = filesBelow('').flatMap(usesIn);
const counts = countsOf(uses);
const baseline = readBaseline();
const known = new Set([...movedWords(), ...options.accept]);
const newUses = uses.filter(({ file, word }) => risenBy(file, word) > 0 && !known.has(word));

if (options.all) {
  const isShown = (/** @type {Use} */ { file }) =>
    shownPaths.length === 0 || shownPaths.some((shown) => `${file}/`.startsWith(`${shown.replace(/\/$/, '')}/`));
  for (const use of uses.filter(isShown)) console.log(lineOf(use));
} else {
  for (const use of newUses) console.error(lineOf(use) + oldUsesOf(use));
}
if (options.update && newUses.length === 0) writeBaseline();
console.log(`Prose: ${uses.length} uses of ${words.length} discouraged words, ${newUses.length} above the baseline.`);
process.exitCode = newUses.length > 0 ? 1 : 0;

/** @param {Use} use */
function lineOf({ file, line, word, found, use }) {
  const shown = found.replace(/[\s\0]+/g, ' ').trim();
  return `${file}:${line}: "${shown}"${shown.toLowerCase() === word ? '' : ` [${word}]`}; write: ${use}`;
}

/** Which one of several uses is new cannot be seen from counts. @param {Use} use */
function oldUsesOf({ file, word }) {
  const old = baseline[file]?.[word] ?? 0;
  return old === 0 ? '' : ` (${counts[file]?.[word]} uses in this file; the baseline allows ${old})`;
}

/** @param {string} folder  relative to the workspace  @returns {string[]} */
function filesBelow(folder) {
  return fs.readdirSync(path.join(workspace, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = path.posix.join(folder, entry.name);
    if (entry.isDirectory()) {
      return SKIPPED_FOLDERS.has(entry.name) || entry.name.startsWith('.holdfast') ? [] : filesBelow(name);
    }
    return EXTENSIONS.includes(path.extname(name)) && !SKIPPED_FILES.test(name) ? [name] : [];
  });
}

/** @param {string} file  @returns {Use[]} */
function usesIn(file) {
  const source = fs.readFileSync(path.join(workspace, file), 'utf8');
  const prose = proseOf(path.extname(file), source);
  return matchers.flatMap(({ word, use, ...matcher }) => {
    const inProse = [...prose.matchAll(matcher.prose)];
    const starts = new Set(inProse.map(({ index }) => index));
    const names = file.endsWith('.md') ? undefined : matcher.names;
    const inNames = names === undefined ? [] : [...source.matchAll(names)];
    const inPath = names === undefined ? [] : [...file.matchAll(names)].map(({ 0: found }) => ({ 0: found, index: 0 }));
    const matches = [...inProse, ...inNames.filter(({ index }) => !starts.has(index)), ...inPath];
    if (matches.length === 0) return [];
    const allowed = matcher.allow.flatMap(({ files, phrase }) => {
      if (files !== undefined && !path.matchesGlob(file, files)) return [];
      return phrase === undefined ? [{ from: 0, to: source.length }] : rangesOf(prose, phrase);
    });
    return matches
      .filter(({ index }) => !allowed.some(({ from, to }) => from <= index && index < to))
      .map(({ 0: found, index }) => ({ file, line: source.slice(0, index).split('\n').length, word, found, use }))
      .sort((a, b) => a.line - b.line);
  });
}

/** @param {string} source  @param {RegExp} phrase */
function rangesOf(source, phrase) {
  return [...source.matchAll(phrase)].map(({ 0: found, index }) => ({ from: index, to: index + found.length }));
}

/** @param {Use[]} found  @returns {Counts} */
function countsOf(found) {
  /** @type {Counts} */
  const result = {};
  for (const { file, word } of found) {
    const ofFile = (result[file] ??= {});
    ofFile[word] = (ofFile[word] ?? 0) + 1;
  }
  return result;
}

/** @param {string} file  @param {string} word */
function risenBy(file, word) {
  return (counts[file]?.[word] ?? 0) - (baseline[file]?.[word] ?? 0);
}

/** Words whose additional uses all come from files that no longer exist: renamed or split. */
function movedWords() {
  const removed = Object.keys(baseline).filter((file) => !fs.existsSync(path.join(workspace, file)));
  return words
    .map(({ word }) => word)
    .filter((word) => {
      const sum = (/** @type {number[]} */ each) => each.reduce((total, count) => total + count, 0);
      const risen = sum(Object.keys(counts).map((file) => Math.max(0, risenBy(file, word))));
      return risen <= sum(removed.map((file) => baseline[file]?.[word] ?? 0));
    });
}

/** @returns {Counts} */
function readBaseline() {
  return fs.existsSync(baselineFile) ? JSON.parse(fs.readFileSync(baselineFile, 'utf8')) : {};
}

function writeBaseline() {
  const sorted = Object.entries(counts)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([file, ofFile]) => `  ${JSON.stringify(file)}: ${JSON.stringify(ofFile).replaceAll(/([:,])/g, '$1 ')}`);
  fs.writeFileSync(baselineFile, `{\n${sorted.join(',\n')}\n}\n`);
}
