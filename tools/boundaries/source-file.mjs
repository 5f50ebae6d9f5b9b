import fs from 'node:fs';

import { parseSync } from '@swc/core';

/**
 * @typedef {object} Import
 * @property {string} specifier
 * @property {string[]} names  of what is imported; `*` for all of it
 * @property {number} line
 *
 * @typedef {{ name: string, line: number }} Export
 * @typedef {{ imports: Import[], exports: Export[] }} SourceFile
 */

/**
 * What a file imports (static, re-exported, dynamic and required; types, too, which couple as much as functions) and
 * what it exports, without the types in signatures of other exports.
 * @param {string} file
 * @returns {SourceFile}
 */
export function readSourceFile(file) {
  const source = fs.readFileSync(file, 'utf8');
  const module = /\.[cm]?js$/.test(file)
    ? parseSync(source, { syntax: 'ecmascript', target: 'es2023' })
    : parseSync(source, { syntax: 'typescript', decorators: true, target: 'es2023' });
  const imports = [...importsIn(module)].map((each) => ({ ...each, line: lineOfSpecifier(source, each.specifier) }));
  const inferable = inferableTypes(module.body);
  const names = exportsIn(module.body).filter((name) => !inferable.has(name));
  const exports = names.map((name) => ({ name, line: lineOfExport(source, name) }));
  return { imports, exports };
}

/** @param {unknown} node  @returns {Generator<{ specifier: string, names: string[] }>} */
function* importsIn(node) {
  if (typeof node !== 'object' || node === null) return;
  const {
    type,
    source,
    callee,
    argument,
    specifiers,
    qualifier,
    expression,
    arguments: args,
  } = /** @type {any} */ (node);
  if (source?.type === 'StringLiteral') yield { specifier: source.value, names: specifiers?.map(nameOf) ?? ['*'] };
  if (type === 'TsImportType') yield { specifier: argument.value, names: [firstName(qualifier)] };
  if (type === 'TsExternalModuleReference') yield { specifier: expression.value, names: ['*'] };
  if (type === 'CallExpression' && (callee.type === 'Import' || callee.value === 'require')) {
    for (const specifier of pathsIn(args[0]?.expression)) yield { specifier, names: ['*'] };
  }
  for (const child of Object.values(node)) yield* importsIn(child);
}

/** A path as it is, or the known end of `path.join(repository, 'cli/dist/main.js')`. @param {any} argument  @returns {string[]} */
function pathsIn(argument) {
  if (argument?.type === 'StringLiteral') return [argument.value];
  if (argument?.type !== 'CallExpression') return [];
  return argument.arguments.flatMap((/** @type {any} */ { expression }) => pathsIn(expression));
}

/** @param {any} specifier  of an import or a re-export  @returns {string} */
function nameOf({ type, imported, local, orig }) {
  if (type === 'ImportDefaultSpecifier') return 'default';
  if (type === 'ImportSpecifier') return (imported ?? local).value;
  return orig?.value ?? '*';
}

/** The `A` of `import('…').A.B`. @param {any} qualifier  @returns {string} */
function firstName(qualifier) {
  if (qualifier === null || qualifier === undefined) return '*';
  return qualifier.type === 'TsQualifiedName' ? firstName(qualifier.left) : qualifier.value;
}

/** @param {readonly any[]} statements  @returns {string[]} */
function exportsIn(statements) {
  return statements.flatMap(({ type, declaration, specifiers }) => {
    if (type === 'ExportDeclaration') return declaredNames(declaration);
    if (type === 'ExportNamedDeclaration')
      return specifiers.flatMap((/** @type {any} */ each) => (each.exported ?? each.orig)?.value ?? []);
    return type === 'ExportDefaultDeclaration' || type === 'ExportDefaultExpression' ? ['default'] : [];
  });
}

/**
 * Types in the signature of another export. A file that infers such a type does not import it, but the compiler names it
 * in the declarations of that file.
 * @param {readonly any[]} statements
 */
function inferableTypes(statements) {
  const declarations = statements.flatMap(({ type, declaration }) => (type === 'ExportDeclaration' ? declaration : []));
  const isType = (/** @type {any} */ { type }) => /^Ts(?:Interface|TypeAlias)Declaration$/.test(type);
  const types = declarations.filter(isType).flatMap(declaredNames);
  return new Set(
    declarations.flatMap((declaration) => {
      const [own] = isType(declaration) ? declaredNames(declaration) : [];
      return [...typesIn(declaration)].filter((name) => name !== own && types.includes(name));
    }),
  );
}

/** @param {unknown} node  @returns {Generator<string>} */
function* typesIn(node) {
  if (typeof node !== 'object' || node === null) return;
  const { type, typeName, expression } = /** @type {any} */ (node);
  if (type === 'BlockStatement') return;
  if (type === 'TsTypeReference') yield firstName(typeName);
  if (type === 'TsExpressionWithTypeArguments') yield expression.value;
  for (const child of Object.values(node)) yield* typesIn(child);
}

/** @param {any} declaration  @returns {string[]} */
function declaredNames({ type, id, identifier, declarations }) {
  if (type === 'VariableDeclaration') return declarations.flatMap((/** @type {any} */ each) => boundNames(each.id));
  return [(identifier ?? id).value];
}

/** @param {any} pattern  @returns {string[]} */
function boundNames(pattern) {
  if (pattern?.type === 'Identifier') return [pattern.value];
  const parts = pattern?.properties ?? pattern?.elements ?? [];
  return parts.flatMap((/** @type {any} */ part) => boundNames(part?.value ?? part?.key ?? part));
}

/** @param {string} source  @param {string} specifier */
function lineOfSpecifier(source, specifier) {
  return lineAt(source, Math.max(source.indexOf(`'${specifier}'`), source.indexOf(`"${specifier}"`)));
}

/** @param {string} source  @param {string} name */
function lineOfExport(source, name) {
  const declared = source.search(new RegExp(`^export [a-z* ]+ ${name}\\b`, 'm'));
  // In a list: `export { a, b }`, `export const { a, b } = …`, `export const a = 1, b = 2`.
  const listed = new RegExp(`^export\\b(?:(?!^export\\b)[^;])*?\\b${name}\\b`, 'm');
  return lineAt(source, declared >= 0 ? declared : source.search(listed));
}

/** @param {string} source  @param {number} position */
function lineAt(source, position) {
  return source.slice(0, Math.max(position, 0)).split('\n').length;
}
