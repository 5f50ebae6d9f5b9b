import type { ColumnKind, ContractColumn } from './table.js';

/** How the owner of the data writes a value of a kind. */
interface KindMeaning {
  written: string;
  /** A valid value; none where it depends on the column. */
  example?: string;
}

const ID = 'any text of at most 64 characters';
const MONEY = 'in the currency of the manifest, with a decimal point';

export const KIND_MEANINGS: Readonly<Record<ColumnKind, KindMeaning>> = {
  customer: { written: `identifier of a customer: ${ID}`, example: 'C001' },
  account: { written: `identifier of an account: ${ID}`, example: 'A001' },
  subscription: { written: `identifier of a subscription: ${ID}`, example: 'S001' },
  peer: { written: `replacement of a telephone number: ${ID}` },
  assigned: { written: 'identifier of a subscription or household, by `unit_kind`' },
  id: { written: `another identifier: ${ID}` },
  text: { written: 'text of at most 10,000 characters' },
  list: { written: 'texts with `;` between them' },
  personal: { written: 'text that identifies or reaches a person; stored encrypted, never a feature' },
  birthday: { written: 'a day, `YYYY-MM-DD`; stored as personal' },
  money: { written: `${MONEY}, never negative`, example: '59.00' },
  amount: { written: `${MONEY}, may be negative`, example: '-12.50' },
  rate: { written: 'price per unit with up to six decimals, never negative', example: '0.15' },
  count: { written: 'whole number, never negative', example: '3' },
  quantity: { written: 'number, never negative', example: '12.5' },
  number: { written: 'number', example: '1.5' },
  date: { written: 'a day, `YYYY-MM-DD`', example: '2026-09-14' },
  month: { written: 'a month, `YYYY-MM`', example: '2026-09' },
  moment: {
    written: 'a point in time, `YYYY-MM-DDTHH:MM:SS`, in the time zone of the manifest unless it has an offset',
    example: '2026-09-14T10:30:00',
  },
  flag: { written: '`true`, `false`, `1` or `0`', example: 'true' },
  enum: { written: 'one of the values listed' },
};

/**
 * A valid value of a column: its own example, the first of its values, or that of its kind.
 * @throws Error for a column without one
 */
export function exampleOf({ name, kind, example, values }: ContractColumn): string {
  const found = example ?? values[0] ?? KIND_MEANINGS[kind].example;
  if (found === undefined) throw new Error(`Column ${name} has no example: add ", e.g. VALUE" to its meaning.`);
  return found;
}
