import { Inject, Injectable } from '@nestjs/common';
import { UnitServiceDefinition, type UnitService } from '@holdfast/contracts/customer_profile/v1/unit';
import { Database } from '@holdfast/platform/database';
import type { Call, Rpc } from '@holdfast/platform/grpc';

/** What the operator calls its units: copied with every draw of a campaign, for the scripts to say it. */
@Injectable()
export class UnitNames {
  constructor(
    private readonly database: Database,
    @Inject(UnitServiceDefinition.fullName) private readonly units: Rpc<UnitService>,
  ) {}

  /** A few thousand in a province: province, cities, counties, areas, halls. */
  async refresh(call: Call): Promise<void> {
    const { units } = await this.units.listUnits(call, {});
    await this.database.query(
      `insert into unit_name (unit_path, name) select distinct on (path) path, name
       from unnest($1::text[], $2::text[]) as incoming (path, name) where name <> '' order by path, name
       on conflict (unit_path) do update set name = excluded.name where unit_name.name is distinct from excluded.name`,
      [units.map(({ unitPath }) => unitPath), units.map(({ name }) => name)],
    );
  }
}
