import type { ContractColumn, ContractTable } from '@holdfast/extract-contract/table';
import type { Problem } from './problem.js';

/** The contract's column at each place of a header; undefined for a free column. */
export type HeaderColumns = (ContractColumn | undefined)[];

/** The columns of a header, and what is wrong with it. */
export function checkHeader(
  { name: table, columns }: ContractTable,
  header: readonly string[],
  file: string,
): { found: HeaderColumns; problems: Problem[] } {
  const known = new Map(columns.map((column) => [column.name, column]));
  const absent = columns.filter(({ name }) => !header.includes(name));
  const problems: Problem[] = [];
  if (!header.some((name) => columns.some((column) => plainName(column.name) === plainName(name)))) {
    // Its names may be those of a person.
    const text = `the first line has none of the columns of ${table}.`;
    problems.push({ isError: true, file, line: 1, text, remedy: 'Add the header line; names are exact.' });
    return { found: header.map(() => undefined), problems };
  }
  header.forEach((name, place) => {
    const column = `column ${place + 1}`;
    if (name === '') {
      if (place > 0)
        problems.push({ isError: true, file, line: 1, column, text: 'no name.', remedy: 'Name it, or omit it.' });
    } else if (header.indexOf(name) < place) {
      problems.push({ isError: true, file, line: 1, column: name, text: 'named twice.', remedy: 'Omit one of them.' });
    } else if (!known.has(name)) {
      const meant = absent.find((candidate) => plainName(candidate.name) === plainName(name));
      problems.push(meant === undefined ? freeColumn(file, name, table) : misspelled(file, name, meant.name));
    }
  });
  for (const { name, isRequired } of absent) {
    const isMisspelled = header.some((found) => plainName(found) === plainName(name));
    if (!isRequired || isMisspelled) continue;
    const text = `the header has no column ${name}, which is required.`;
    problems.push({ isError: true, file, line: 1, text, remedy: 'Add it; names are exact.' });
  }
  return { found: header.map((name) => known.get(name)), problems };
}

function freeColumn(file: string, column: string, table: string): Problem {
  const text = `not in the contract of ${table}; kept as a free attribute.`;
  return { isError: false, file, line: 1, column, text, remedy: '' };
}

function misspelled(file: string, column: string, expected: string): Problem {
  return {
    isError: true,
    file,
    line: 1,
    column,
    text: `the contract has ${expected}.`,
    remedy: 'Write it exactly so.',
  };
}

function plainName(name: string): string {
  return name
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s_\-\p{Cf}]/gu, '');
}
