import { Inject, Injectable } from '@nestjs/common';
import { OrgUnitServiceDefinition, type OrgUnitService } from '@holdfast/contracts/customer_profile/v1/org_unit';
import { Database } from '@holdfast/platform/database';
import type { Call, Rpc } from '@holdfast/platform/grpc';

/** The operator's names of its org units, copied at every enrolment for use in scripts. */
@Injectable()
export class OrgUnitNames {
  constructor(
    private readonly database: Database,
    @Inject(OrgUnitServiceDefinition.fullName) private readonly orgUnits: Rpc<OrgUnitService>,
  ) {}

  /** A province has a few thousand org units. */
  async refresh(call: Call): Promise<void> {
    const { orgUnits } = await this.orgUnits.listOrgUnits(call, {});
    const sql = `insert into org_unit_name (org_unit_path, name) select distinct on (path) path, name
      from unnest($1::text[], $2::text[]) as incoming (path, name) where name <> '' order by path, name
      on conflict (org_unit_path) do update set name = excluded.name where org_unit_name.name is distinct from excluded.name`;
    await this.database.query(sql, [orgUnits.map(({ orgUnitPath }) => orgUnitPath), orgUnits.map(({ name }) => name)]);
  }
}
