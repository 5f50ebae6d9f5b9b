/**
 * What a column holds:
 * - `customer`, `account`, `subscription`, `peer`: an operator's identifier that becomes an internal UUID; `assigned`: a
 *   subscription or a household, by the column `unit_kind`;
 * - `id`: an identifier of something else (up to 64 characters), kept as it is; `text`, `list` (`;` between items);
 * - `personal`: a text that says who somebody is or how to reach them; sealed, for customer-profile alone; `birthday`: such a
 *   text that must be a date;
 * - `money` (never negative) and `amount` (signed): in the manifest's currency, to the cent; `rate`: six decimals;
 * - `count` (whole, never negative), `quantity` (never negative), `number`;
 * - `date`, `month` (`YYYY-MM`), `moment` (by the manifest's clocks where it has no offset), `flag`, `enum`.
 */
export const COLUMN_KINDS = [
  'customer',
  'account',
  'subscription',
  'peer',
  'assigned',
  'id',
  'text',
  'list',
  'personal',
  'birthday',
  'money',
  'amount',
  'rate',
  'count',
  'quantity',
  'number',
  'date',
  'month',
  'moment',
  'flag',
  'enum',
] as const;
export type ColumnKind = (typeof COLUMN_KINDS)[number];

/** Whether it says who somebody is: sealed, never in the clear. */
export function isPersonal({ kind }: { kind: ColumnKind }): boolean {
  return kind === 'personal' || kind === 'birthday';
}

/** A column of the contract. */
export interface ContractColumn {
  name: string;
  kind: ColumnKind;
  isRequired: boolean;
  isKey: boolean;
  /** Table whose key it names. */
  refersTo?: string;
  /** Values of an enum. */
  values: readonly string[];
  /** Least and greatest value of a number. */
  range?: readonly [number, number];
  /** It ends something, or says how it ended: empty as of a cut before the date or moment in this column was known. */
  endsWith?: string;
}

/**
 * When a row is true and from when on it is known, where the source does not say:
 * - `month`: a row about a month, known with its end; `day`, `moment`: about a day or a moment, known with the day's end;
 * - `spell`: true from a day on (until another, where the table says), known with the first day's end;
 * - `definition`: what a name stands for (a plan, a model), under that name since its first day, or since ever;
 * - `snapshot`: as it was when the extract was drawn; nobody knows since when, so earlier months refuse it.
 */
export type TableTime =
  | { kind: 'month' | 'day' | 'moment' | 'spell'; column: string }
  | { kind: 'definition'; column?: string }
  | { kind: 'snapshot' };

/** Whose rows they are: decides shard and region. */
export type TableAbout = 'subscription' | 'customer' | 'account' | 'nobody';

/** A table of the input contract. */
export interface ContractTable {
  name: string;
  time: TableTime;
  about: TableAbout;
  /** The column that says whose row it is; empty where it is about nobody. */
  aboutColumn: string;
  columns: readonly ContractColumn[];
  /** In the contract's order; none for events. */
  key: readonly ContractColumn[];
}

/** Every table takes it: when the source knew the row. */
export const RECORDED_AT = 'recorded_at';

const LINE =
  /^(\w+) (\w+)(?:\(([^)]*)\))?( \*)?( key)?(?: > (\w+))?(?: (-?[\d.]+)\.\.(-?[\d.]+))?(?: ends(?: with (\w+))?)?$/;

/**
 * A table in one line a column: `name kind`, then `*` where it is required, `key` where it is part of the key, `> table`
 * where it names a row of another, `1..5` where numbers have bounds, `ends` where it ends something (`ends with column`:
 * known when the day in that column is). An enum has its values in brackets.
 * @throws Error for a line that is none of these
 */
export function contractTable(name: string, time: TableTime, lines: readonly string[]): ContractTable {
  const columns = [...lines, `${RECORDED_AT} moment`].map(columnOf);
  const aboutColumn =
    columns.find(
      ({ kind, name: column }) => kind === 'assigned' || (kind === 'subscription' && column === 'subscription_id'),
    ) ??
    columns.find(({ kind }) => kind === 'customer') ??
    columns.find(({ kind }) => kind === 'account');
  const about = aboutColumn?.kind === 'assigned' ? 'subscription' : aboutColumn?.kind;
  return {
    name,
    time,
    about: (about as TableAbout | undefined) ?? 'nobody',
    aboutColumn: aboutColumn?.kind === 'assigned' ? 'subscription_id' : (aboutColumn?.name ?? ''),
    columns,
    key: columns.filter(({ isKey }) => isKey),
  };
}

function columnOf(line: string): ContractColumn {
  const match = LINE.exec(line);
  const kind = COLUMN_KINDS.find((candidate) => candidate === match?.[2]);
  if (match === null || kind === undefined) throw new Error(`Not a column: ${line}`);
  const [, name, , values, required, key, refersTo, least, greatest, endsWith] = match;
  return {
    name: name!,
    kind,
    isRequired: required !== undefined,
    isKey: key !== undefined,
    values: values?.split('|') ?? [],
    ...(refersTo === undefined ? {} : { refersTo }),
    ...(least === undefined ? {} : { range: [Number(least), Number(greatest)] as const }),
    ...(/ ends( |$)/.test(line) ? { endsWith: endsWith ?? name! } : {}),
  };
}
