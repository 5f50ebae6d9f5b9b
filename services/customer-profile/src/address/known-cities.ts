import { rowsOf, type Transaction } from '@holdfast/platform/database';

/** City of a district, from a table of the extract. */
export interface DistrictRow {
  city: string;
  district: string;
}

/** Cities of addresses that omit theirs. */
export class KnownCities {
  private readonly byUnit: ReadonlyMap<string, string>;
  private readonly byDistrict = new Map<string, Set<string>>();
  /** What customers said of their city, oldest first. */
  private readonly byCustomer = new Map<string, { from: Date; city: string }[]>();

  /** @param units path and name of the units that are cities */
  constructor(units: readonly { orgUnitPath: string; name: string }[], districts: Iterable<DistrictRow>) {
    this.byUnit = new Map(units.map(({ orgUnitPath, name }) => [orgUnitPath, name]));
    for (const { city, district } of districts) {
      const known = this.byDistrict.get(district) ?? new Set();
      this.byDistrict.set(district, known.add(city));
    }
  }

  /** Of the city that a unit is or belongs to. */
  ofUnit(orgUnitPath: string): string | undefined {
    for (let path = orgUnitPath; path !== ''; path = path.replace(/[^/]*\/$/, '')) {
      const name = this.byUnit.get(path);
      if (name !== undefined) return name;
    }
    return undefined;
  }

  /** Undefined where several cities have a district of that name. */
  ofDistrict(district: string): string | undefined {
    const cities = this.byDistrict.get(district);
    return cities?.size === 1 ? [...cities][0] : undefined;
  }

  /** As of a moment; the earliest that is known for moments before it, so that a later extract changes no earlier answer. */
  ofCustomer(customerId: string, at: Date): string | undefined {
    const said = this.byCustomer.get(customerId);
    return (said?.findLast(({ from }) => from <= at) ?? said?.[0])?.city;
  }

  /** Reads the cities of a batch of customers, or of their org units; memory holds one batch. */
  async readCustomers(tx: Transaction, customerIds: readonly string[]): Promise<void> {
    const rows = await rowsOf<{
      subject_id: string;
      valid_from: Date;
      city: string | null;
      org_unit_path: string | null;
    }>(
      tx,
      `select subject_id, valid_from, detail ->> 'city' as city, detail ->> 'org_unit_path' as org_unit_path from fact
       where kind = 'customer' and subject_id = any($1::uuid[])
       order by subject_id, valid_from, sequence`,
      [[...new Set(customerIds)]],
    );
    this.byCustomer.clear();
    for (const row of rows) {
      const city = row.city ?? this.ofUnit(row.org_unit_path ?? '');
      const said = this.byCustomer.get(row.subject_id) ?? [];
      if (city !== undefined) this.byCustomer.set(row.subject_id, [...said, { from: row.valid_from, city }]);
    }
  }
}
