import { Table, type CategoryColumn, type NumberColumn } from '@holdfast/learning/table';
import { UNKNOWN, type Subjects } from '../evidence/subjects.js';
import { ACCOUNT, ADDRESS, BUILDING, LINK, PAYER } from '../pair/links.js';
import type { Pairs } from '../pair/pairs.js';

/** Relation of two addresses. */
const PLACES = ['door', 'building', 'elsewhere', 'unknown'] as const;
/** Years between two: couples and flat-sharers, brothers and sisters, parents, grandparents. */
const AGE_GAPS = ['0-5', '6-15', '16-38', '39+', 'unknown'] as const;
/** A couple is mixed more often than a shared flat is. */
const AGES = AGE_GAPS.flatMap((gap) => [`${gap} mixed`, `${gap} alike`, `${gap} unknown`]);

/** The figures of pairs as the model sees them. A known family is not among them: it is what is learnt from. */
export function pairTable(pairs: Pairs, subjects: Subjects): Table {
  const number = (name: string, of: (row: number) => number): NumberColumn => ({
    kind: 'number',
    name,
    values: Float64Array.from({ length: pairs.count }, (_, row) => of(row)),
  });
  const category = (name: string, categories: readonly string[], of: (row: number) => number): CategoryColumn => ({
    kind: 'category',
    name,
    codes: Uint32Array.from({ length: pairs.count }, (_, row) => of(row)),
    categories,
  });
  const bit = (of: number) => (row: number) => ((pairs.links[row]! & of) === 0 ? 0 : 1);
  return new Table([
    number('calls', (row) => Math.log1p(pairs.calls[row]!)),
    number('sharedDays', (row) => pairs.sharedDays[row]!),
    number('holidayDays', (row) => pairs.holidayDays[row]!),
    number('eveningDays', (row) => pairs.eveningDays[row]!),
    number('nightDays', (row) => pairs.nightDays[row]!),
    number('cellOverlap', (row) => pairs.cellOverlap[row]!),
    number('account', bit(ACCOUNT)),
    number('payer', bit(PAYER)),
    number('link', bit(LINK)),
    category('address', PLACES, (row) => PLACES.indexOf(placeOf(pairs, subjects, row))),
    category('ages', AGES, (row) => AGES.indexOf(agesOf(subjects, pairs.left[row]!, pairs.right[row]!))),
  ]);
}

function placeOf({ links, left, right }: Pairs, { address }: Subjects, row: number): (typeof PLACES)[number] {
  if (links[row]! & ADDRESS) return 'door';
  if (links[row]! & BUILDING) return 'building';
  return address[left[row]!] === UNKNOWN || address[right[row]!] === UNKNOWN ? 'unknown' : 'elsewhere';
}

function agesOf({ age, gender }: Subjects, left: number, right: number): string {
  const years = Math.abs(age[left]! - age[right]!);
  const gap = AGE_GAPS[Number.isNaN(years) ? 4 : years <= 5 ? 0 : years <= 15 ? 1 : years <= 38 ? 2 : 3]!;
  if (gender[left] === UNKNOWN || gender[right] === UNKNOWN) return `${gap} unknown`;
  return `${gap} ${gender[left] === gender[right] ? 'alike' : 'mixed'}`;
}
