import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { readCategoryTexts, readNumbers, readUuids } from '@holdfast/platform/columns';
import { packedIds } from './packed.js';
import { ID_BYTES, SubjectIds } from './subject-ids.js';

/** Where something is not known. */
export const UNKNOWN = -1;

const GENDERS = ['m', 'f'] as const;

/** What is known of the subscriptions themselves: one entry a subscription, by the number that `ids` gives it. */
export interface Subjects {
  ids: SubjectIds;
  /** Codes: equal ones are the same customer, account, address, …; UNKNOWN where there is none. The customer owns it. */
  customer: Int32Array;
  /** The customer who owns it, as evidence. */
  owner: Int32Array;
  /**
   * The customer who uses it, by the same codes: a child's number is often its parent's. Ages and addresses are theirs.
   * UNKNOWN where a firm owns it and nothing else is known.
   */
  user: Int32Array;
  account: Int32Array;
  /** The account that pays for it, its own where no other does; by the codes of accounts. */
  payer: Int32Array;
  address: Int32Array;
  building: Int32Array;
  /** Household of a family plan. */
  known: Int32Array;
  /** Code of the head of the family that links name. */
  linkHead: Int32Array;
  /** Years; NaN unknown. */
  age: Float32Array;
  /** Place in GENDERS. */
  gender: Int8Array;
  /** Place in `orgUnitPaths`. */
  unit: Int32Array;
  orgUnitPaths: readonly string[];
  customerIds: readonly string[];
  /** Code by UUID. */
  customerCodes: ReadonlyMap<string, number>;
}

/** Gives each text a number, in the order of appearance; an empty or absent one is unknown. */
class Codes {
  readonly byText = new Map<string, number>();

  of(text: string | undefined): number {
    if (text === undefined || text === '') return UNKNOWN;
    const known = this.byText.get(text);
    if (known !== undefined) return known;
    this.byText.set(text, this.byText.size);
    return this.byText.size - 1;
  }
}

const CODED = ['customer', 'user', 'account', 'payer', 'address', 'building', 'known', 'linkHead', 'unit'] as const;

interface Row extends Record<(typeof CODED)[number], number> {
  id: Buffer;
  age: number;
  gender: number;
}

/** Gathers `ReadHouseholdEvidence`. Only active subscriptions can live with anybody. @param province path of those without a unit */
export async function readSubjects(batches: AsyncIterable<ColumnBatch>, province: string): Promise<Subjects> {
  const [customers, accounts, addresses, buildings, known, units] = Array.from({ length: 6 }, () => new Codes());
  const rows: Row[] = [];
  for await (const batch of batches) {
    const ids = packedIds(batch, 'subscription_id');
    const texts = (name: string): (string | undefined)[] => readCategoryTexts(batch, name);
    const customer = readUuids(batch, 'customer_id');
    const user = readUuids(batch, 'user_customer_id');
    const account = readUuids(batch, 'account_id');
    const payer = readUuids(batch, 'payer_account_id');
    const linkHead = readUuids(batch, 'link_head');
    const address = texts('address_key');
    const building = texts('building_key');
    const knownHousehold = texts('known_household');
    const unit = texts('org_unit_path');
    const gender = texts('gender');
    const age = readNumbers(batch, 'age_years');
    const isActive = readNumbers(batch, 'is_active');
    for (let row = 0; row < batch.rows; row += 1) {
      if (isActive[row] !== 1) continue;
      rows.push({
        id: Buffer.from(ids.subarray(row * ID_BYTES, (row + 1) * ID_BYTES)),
        customer: customers!.of(customer[row]),
        user: customers!.of(user[row]),
        account: accounts!.of(account[row]),
        payer: accounts!.of(payer[row] || account[row]),
        address: addresses!.of(address[row]),
        building: buildings!.of(building[row]),
        known: known!.of(knownHousehold[row]),
        linkHead: customers!.of(linkHead[row]),
        age: age[row]!,
        gender: GENDERS.indexOf(gender[row] as (typeof GENDERS)[number]),
        unit: units!.of(unit[row] ?? province),
      });
    }
  }
  rows.sort((left, right) => left.id.compare(right.id));
  const coded = Object.fromEntries(CODED.map((name) => [name, Int32Array.from(rows, (row) => row[name])])) as Record<
    (typeof CODED)[number],
    Int32Array
  >;
  return {
    ids: new SubjectIds(Buffer.concat(rows.map(({ id }) => id))),
    ...coded,
    owner: coded.customer.slice(),
    age: Float32Array.from(rows, ({ age }) => age),
    gender: Int8Array.from(rows, ({ gender }) => gender),
    orgUnitPaths: [...units!.byText.keys()],
    customerIds: [...customers!.byText.keys()],
    customerCodes: customers!.byText,
  };
}
