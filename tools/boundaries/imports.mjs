import fs from 'node:fs';

import { parseSync } from '@swc/core';

/**
 * @typedef {object} Import
 * @property {string} specifier  what stands between the quotes
 * @property {number} line
 */

/**
 * Everything that a TypeScript file imports: static, re-exported, dynamic and required, types included
 * (a type from another service couples as much as a function does).
 * @param {string} file
 * @returns {Import[]}
 */
export function importsOf(file) {
  const source = fs.readFileSync(file, 'utf8');
  const module = parseSync(source, { syntax: 'typescript', decorators: true, target: 'es2023' });
  return [...new Set(specifiersIn(module))].map((specifier) => ({ specifier, line: lineOf(source, specifier) }));
}

/** @param {unknown} node  @returns {Generator<string>} */
function* specifiersIn(node) {
  if (typeof node !== 'object' || node === null) return;
  const { type, source, callee, argument } = /** @type {any} */ (node);
  if (source?.type === 'StringLiteral') yield source.value; // import … from, export … from
  if (type === 'TsImportType' && argument?.type === 'StringLiteral') yield argument.value;
  if (type === 'TsExternalModuleReference') yield /** @type {any} */ (node).expression.value;
  if (type === 'CallExpression' && (callee.type === 'Import' || callee.value === 'require')) {
    const first = /** @type {any} */ (node).arguments[0]?.expression;
    if (first?.type === 'StringLiteral') yield first.value;
  }
  for (const child of Object.values(node)) yield* specifiersIn(child);
}

/** @param {string} source  @param {string} specifier */
function lineOf(source, specifier) {
  const at = Math.max(source.indexOf(`'${specifier}'`), source.indexOf(`"${specifier}"`));
  return source.slice(0, Math.max(at, 0)).split('\n').length;
}
