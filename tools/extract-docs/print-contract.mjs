/**
 * Markdown of the input contract for docs/extract.md: its tables with their columns, the kinds of columns, the rules of
 * rejected rows, and the fields of the manifest. The sentences are those of the contract.
 */
import { z } from 'zod';
import { KIND_MEANINGS, exampleOf } from '@holdfast/extract-contract/kinds';
import { MANIFEST, MANIFEST_TABLE } from '@holdfast/extract-contract/manifest';
import { REJECT_RULES } from '@holdfast/extract-contract/reject-rules';
import { RECORDED_AT } from '@holdfast/extract-contract/table';
import { CONTRACT_TABLES } from '@holdfast/extract-contract/tables';

/** @typedef {import('@holdfast/extract-contract/table').ContractTable} ContractTable */
/** @typedef {import('@holdfast/extract-contract/table').ContractColumn} ContractColumn */

/** When the rows of a table are about something, by kind of time. @type {Record<ContractTable['time']['kind'], string>} */
const TIMES = {
  month: 'by month: a row is known with the end of its month',
  day: 'by day: a row is known with the end of its day',
  moment: 'events: a row is known with the end of its day',
  spell: 'history: a row is valid from its first day on',
  definition: 'catalogue: a row is valid from its first day on, or always',
  snapshot: 'snapshot: the state when the extract was written',
};

/** A document with its generated parts as they are now. @param {string} document */
export function withContract(document) {
  return withParts(document, {
    manifest: printFields(MANIFEST),
    'manifest tables': printFields(MANIFEST_TABLE),
    types: printKinds(),
    rules: printRules(),
    tables: printTables(),
  });
}

function printTables() {
  const byName = [...CONTRACT_TABLES].sort((left, right) => (left.name < right.name ? -1 : 1));
  return byName.map(printTable).join('\n');
}

/** @param {ContractTable} table */
function printTable({ name, time, meaning, grain, neededFor, columns, key }) {
  const keyText =
    key.length === 0 ? 'none; equal rows are duplicates' : key.map((column) => `\`${column.name}\``).join(', ');
  const timeText = `${TIMES[time.kind]}${'column' in time && time.column !== undefined ? ` (\`${time.column}\`)` : ''}`;
  return [
    `### ${name}`,
    '',
    meaning,
    '',
    `- One row per ${grain}. Key: ${keyText}.`,
    `- Time: ${timeText}.`,
    `- Needed for: ${neededFor === '' ? 'no step yet; its rows are stored and can be read' : neededFor}.`,
    '',
    ...printRows(
      ['column', 'type', 'required', 'refers to', 'values', 'example', 'meaning'],
      columns.filter((column) => column.name !== RECORDED_AT).map(columnCells),
    ),
    '',
  ].join('\n');
}

/** @param {ContractColumn} column */
function columnCells(column) {
  const { name, kind, isRequired, isKey, refersTo, values, range, endsWith, meaning } = column;
  const listed = values.map((value) => `\`${value}\``).join(' ');
  const bounds = range === undefined ? '' : `${range[0]} to ${range[1]}`;
  const ending = endsWith === undefined ? '' : endsWith === name ? ' (an end)' : ` (known with \`${endsWith}\`)`;
  return [
    `\`${name}\``,
    kind,
    [isRequired && 'yes', isKey && 'key'].filter((text) => text !== false).join(', '),
    refersTo === undefined ? '' : `[${refersTo}](#${refersTo})`,
    listed || bounds,
    `\`${exampleOf(column)}\``,
    `${meaning}${ending}`,
  ];
}

function printKinds() {
  const rows = Object.entries(KIND_MEANINGS).map(([kind, { written, example }]) => [
    kind,
    written,
    example ? `\`${example}\`` : '',
  ]);
  return printRows(['type', 'written as', 'example'], rows).join('\n');
}

function printRules() {
  const rows = Object.entries(REJECT_RULES).map(([rule, { broken, remedy }]) => [`\`${rule}\``, broken, remedy]);
  return printRows(['rule', 'the row has', 'what to do'], rows).join('\n');
}

/**
 * The fields of an object of the manifest.
 * @param {import('zod').ZodObject} schema
 */
function printFields(schema) {
  const { properties, required = [] } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  const rows = Object.entries(properties ?? {}).map(([name, field]) => {
    const { description } = /** @type {{ description?: string }} */ (field);
    if (description === undefined) throw new Error(`The field ${name} of the manifest has no description.`);
    return [`\`${name}\``, required.includes(name) ? 'yes' : '', description];
  });
  return printRows(['field', 'required', 'meaning'], rows).join('\n');
}

/** @param {readonly string[]} header  @param {readonly (readonly string[])[]} rows */
function printRows(header, rows) {
  const line = (/** @type {readonly string[]} */ cells) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(header), `|${header.map(() => '---|').join('')}`, ...rows.map(line)];
}

/**
 * A document with the text between the comments `generated: NAME` and `end of NAME` replaced.
 * @param {string} document
 * @param {Record<string, string>} parts  by name
 */
function withParts(document, parts) {
  return Object.entries(parts).reduce((text, [name, part]) => {
    const [begin, end] = [`<!-- generated: ${name} -->\n`, `<!-- end of ${name} -->`];
    const [from, to] = [text.indexOf(begin), text.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`The document has no generated part ${name}.`);
    return `${text.slice(0, from + begin.length)}\n${part.trimEnd()}\n\n${text.slice(to)}`;
  }, document);
}
