import type { RejectRule } from '@holdfast/extract-contract/reject-rules';
import type { ColumnKind } from '@holdfast/extract-contract/table';

const TEXT = 'VARCHAR';
const CENTS = 'DECIMAL(18,2)';
const MICROS = 'DECIMAL(18,6)';
type LakeType =
  | typeof TEXT
  | typeof CENTS
  | typeof MICROS
  | ('UUID' | 'BIGINT' | 'DOUBLE' | 'DATE' | 'TIMESTAMPTZ' | 'BOOLEAN');

/** Parquet types by the way in which they are read, with their names for people. */
export const FAMILIES = {
  text: 'STRING',
  texts: 'LIST<STRING>',
  integer: 'INT',
  decimal: 'DECIMAL',
  floating: 'DOUBLE',
  boolean: 'BOOLEAN',
  date: 'DATE',
  local: 'TIMESTAMP',
  instant: 'TIMESTAMP (UTC)',
};
export type Family = keyof typeof FAMILIES;

interface KindOfColumn {
  /** DuckDB type in the lake. */
  lakeType: LakeType;
  /** Parquet types that are read; docs/parquet-types.md describes them for users. */
  accepted: readonly Family[];
  /** The rule that other cells break. */
  malformed?: RejectRule;
  /** An identifier of at most 64 characters. */
  isIdentifier?: true;
  /** Numbers identify or reach customers, so that every digit counts. */
  keepsDigits?: true;
  isNeverNegative?: true;
  /** How extracts are compared: by deciles, by codes, or by presence alone; never if undefined. */
  compared?: 'number' | 'category' | 'date';
}

const NUMBERS = ['text', 'integer', 'decimal', 'floating'] as const;
const DAYS = ['text', 'date', 'local', 'instant'] as const;
const IDENTIFIER = { accepted: NUMBERS, isIdentifier: true, keepsDigits: true } as const;
const SUBJECT = { ...IDENTIFIER, lakeType: 'UUID' } as const;
const NUMBER = { accepted: NUMBERS, malformed: 'number.malformed', compared: 'number' } as const;
const POSITIVE = { ...NUMBER, isNeverNegative: true } as const;

export const KINDS: Readonly<Record<ColumnKind, KindOfColumn>> = {
  customer: SUBJECT,
  account: SUBJECT,
  subscription: SUBJECT,
  peer: SUBJECT,
  assigned: { ...IDENTIFIER, lakeType: TEXT },
  id: { ...IDENTIFIER, lakeType: TEXT },
  personal: { lakeType: TEXT, accepted: NUMBERS, keepsDigits: true },
  text: { lakeType: TEXT, accepted: [...NUMBERS, 'boolean'], keepsDigits: true, compared: 'category' },
  list: { lakeType: TEXT, accepted: ['text', 'texts'], compared: 'date' },
  enum: { lakeType: TEXT, accepted: ['text'], compared: 'category' },
  birthday: { lakeType: TEXT, accepted: DAYS, malformed: 'date.malformed' },
  month: { lakeType: TEXT, accepted: DAYS, malformed: 'month.malformed', compared: 'date' },
  date: { lakeType: 'DATE', accepted: DAYS, malformed: 'date.malformed', compared: 'date' },
  moment: {
    lakeType: 'TIMESTAMPTZ',
    accepted: ['text', 'local', 'instant'],
    malformed: 'moment.malformed',
    compared: 'date',
  },
  flag: {
    lakeType: 'BOOLEAN',
    accepted: ['text', 'boolean', 'integer', 'floating'],
    malformed: 'flag.malformed',
    compared: 'category',
  },
  money: { ...POSITIVE, lakeType: CENTS },
  amount: { ...NUMBER, lakeType: CENTS },
  rate: { ...POSITIVE, lakeType: MICROS },
  count: { ...POSITIVE, lakeType: 'BIGINT' },
  quantity: { ...POSITIVE, lakeType: 'DOUBLE' },
  number: { ...NUMBER, lakeType: 'DOUBLE' },
};
