/**
 * Kind of a column:
 * - `customer`, `account`, `subscription`, `peer`: an identifier of the operator that becomes an internal UUID; `assigned`:
 *   a subscription or a household, by the column `unit_kind`;
 * - `id`: any other identifier (up to 64 characters), stored unchanged; `text`, `list` (`;` between items);
 * - `personal`: a text that identifies or reaches a person; sealed, for customer-profile only; `birthday`: such a text that
 *   must be a date;
 * - `money` (never negative) and `amount` (signed): in the manifest's currency, to the cent; `rate`: six decimals;
 * - `count` (whole, never negative), `quantity` (never negative), `number`;
 * - `date`, `month` (`YYYY-MM`), `moment` (local time of the manifest's zone unless it has an offset), `flag`, `enum`.
 */
const ID_KINDS = ['customer', 'account', 'subscription', 'peer', 'assigned', 'id'] as const;
const TEXT_KINDS = ['text', 'list', 'personal', 'birthday'] as const;
const FIGURE_KINDS = ['money', 'amount', 'rate', 'count', 'quantity', 'number'] as const;
const OTHER_KINDS = ['date', 'month', 'moment', 'flag', 'enum'] as const;
const COLUMN_KINDS = [...ID_KINDS, ...TEXT_KINDS, ...FIGURE_KINDS, ...OTHER_KINDS];
export type ColumnKind = (typeof COLUMN_KINDS)[number];

/** Whether it identifies a person: sealed, never in the clear. */
export function isPersonal({ kind }: { kind: ColumnKind }): boolean {
  return kind === 'personal' || kind === 'birthday';
}

/** A column of the contract. */
export interface ContractColumn {
  name: string;
  kind: ColumnKind;
  isRequired: boolean;
  isKey: boolean;
  /** Table whose key it refers to. */
  refersTo?: string;
  /** Values of an enum. */
  values: readonly string[];
  /** Least and greatest value of a number. */
  range?: readonly [number, number];
  /** The column with the end date or moment: this value is empty as of a time before the end was known. */
  endsWith?: string;
  /** For the owner of the data; empty for a column without documentation. */
  meaning: string;
  /** A valid value, if not that of its kind. */
  example?: string;
}

/**
 * The time that a row is about, and the knowledge time where the source has none:
 * - `month`: known with the end of the month; `day`, `moment`: known with the end of the day;
 * - `spell`: valid from a day (until another, where the table has one), known with the end of the first day;
 * - `definition`: an entry of a catalogue (a plan, a model), valid since its first day, or always;
 * - `snapshot`: the state when the extract was written, valid from then; earlier months refuse it.
 */
type TableTime =
  | { kind: 'month' | 'day' | 'moment' | 'spell'; column: string }
  | { kind: 'definition'; column?: string }
  | { kind: 'snapshot' };

/** What the owner of the data has to know of a table. */
interface TableMeaning {
  meaning: string;
  /** What a row is about: `subscription and month`. */
  grain: string;
  /** What is not available without the table; empty for one that is stored only. */
  neededFor: string;
}

/** The kind of subject of a table's rows; determines shard and region. */
type TableAbout = 'subscription' | 'customer' | 'account' | 'none';

/** A table of the input contract. */
export interface ContractTable extends TableMeaning {
  name: string;
  time: TableTime;
  about: TableAbout;
  /** The column with the subject's identifier; empty if `about` is `none`. */
  aboutColumn: string;
  columns: readonly ContractColumn[];
  /** In the contract's order; none for events. */
  key: readonly ContractColumn[];
}

/** A column of every table: the knowledge time of the row at the source. */
export const RECORDED_AT = 'recorded_at';

const COLUMN =
  /^(\w+) (\w+)(?:\(([^)]*)\))?( \*)?( key)?(?: > (\w+))?(?: (-?[\d.]+)\.\.(-?[\d.]+))?(?: ends(?: with (\w+))?)?$/;

/** Separates a column from its meaning. */
const MEANING = ': ';
/** Separates a meaning from an example value. */
const EXAMPLE = ', e.g. ';
const NO_MEANING: TableMeaning = { meaning: '', grain: '', neededFor: '' };

/**
 * Parses columns: `name kind`, then `*` if required, `key` if part of the key, `> table` if it refers to another table,
 * `1..5` for the range of a number, `ends` if it is an end (`ends with column`: known when the end in that column is). An
 * enum has its values in brackets. A line has one column with its meaning and an example (`name text: its name, e.g. X`),
 * or several without, `, ` between them.
 * @throws Error for a malformed column
 */
export function contractTable(
  name: string,
  time: TableTime,
  lines: readonly string[],
  meaning: TableMeaning = NO_MEANING,
): ContractTable {
  const columns = [...lines, `${RECORDED_AT} moment: when the source recorded the row`].flatMap(columnsOf);
  const aboutColumn =
    columns.find((column) => column.kind === 'assigned' || isSubscriptionId(column)) ??
    columns.find(({ kind }) => kind === 'customer') ??
    columns.find(({ kind }) => kind === 'account');
  const about = aboutColumn?.kind === 'assigned' ? 'subscription' : aboutColumn?.kind;
  return {
    name,
    time,
    ...meaning,
    about: (about as TableAbout | undefined) ?? 'none',
    aboutColumn: aboutColumn?.kind === 'assigned' ? 'subscription_id' : (aboutColumn?.name ?? ''),
    columns,
    key: columns.filter(({ isKey }) => isKey),
  };
}

function isSubscriptionId({ kind, name }: ContractColumn): boolean {
  return kind === 'subscription' && name === 'subscription_id';
}

function columnsOf(line: string): ContractColumn[] {
  const end = line.indexOf(MEANING);
  if (end < 0) return line.split(', ').map((text) => columnOf(text));
  const [meaning, ...example] = line.slice(end + MEANING.length).split(EXAMPLE);
  return [columnOf(line.slice(0, end), meaning, example.length === 0 ? undefined : example.join(EXAMPLE))];
}

function columnOf(text: string, meaning = '', example?: string): ContractColumn {
  const match = COLUMN.exec(text);
  const kind = COLUMN_KINDS.find((candidate) => candidate === match?.[2]);
  if (match === null || kind === undefined) throw new Error(`Not a column: ${text}`);
  const [, name, , values, required, key, refersTo, least, greatest, endsWith] = match;
  return {
    name: name!,
    kind,
    isRequired: required !== undefined,
    isKey: key !== undefined,
    values: values?.split('|') ?? [],
    ...(refersTo === undefined ? {} : { refersTo }),
    ...(least === undefined ? {} : { range: [Number(least), Number(greatest)] as const }),
    ...(/ ends( |$)/.test(text) ? { endsWith: endsWith ?? name! } : {}),
    meaning,
    ...(example === undefined ? {} : { example }),
  };
}
