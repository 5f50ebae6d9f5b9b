import { Injectable } from '@nestjs/common';
import type { OrgUnitService } from '@holdfast/contracts/customer_profile/v1/org_unit';
import { orgUnitFilter } from '@holdfast/platform/caller';
import { Database } from '@holdfast/platform/database';
import type { Rpc } from '@holdfast/platform/grpc';
import { customersAtAndBelow } from './org-unit.js';
import { scoped } from '@holdfast/platform/scoped';

@Injectable()
export class OrgUnitRpc {
  constructor(private readonly database: Database) {}

  readonly handlers: Rpc<OrgUnitService> = {
    listOrgUnits: scoped('profile:read', async ({ caller }) => {
      const region = orgUnitFilter(caller);
      // A path sorts after those that it begins with, so parents come before children.
      const [units, counts] = await Promise.all([
        this.database.query<{ org_unit_path: string; level: string; name: string }>(
          'select org_unit_path, level, name from org_unit where org_unit_path ^@ any($1::text[]) order by org_unit_path',
          [region],
        ),
        this.database.query<{ org_unit_path: string; customers: number }>(
          `select org_unit_path, count(*)::float8 as customers from customer
         where org_unit_path ^@ any($1::text[]) and withdrawn_at is null group by org_unit_path`,
          [region],
        ),
      ]);
      const totals = customersAtAndBelow(
        new Map(counts.map(({ org_unit_path, customers }) => [org_unit_path, customers])),
      );
      return {
        orgUnits: units.map(({ org_unit_path: orgUnitPath, level, name }) => {
          return { orgUnitPath, level, name, customers: totals.get(orgUnitPath) ?? 0 };
        }),
      };
    }),
  };
}
