import { Injectable } from '@nestjs/common';
import type { ListUnitsRequest, ListUnitsResponse, UnitService } from '@holdfast/contracts/customer_profile/v1/unit';
import { requireScope, unitFilter } from '@holdfast/platform/caller';
import { Database } from '@holdfast/platform/database';
import type { Call, Rpc } from '@holdfast/platform/grpc';
import { customersAtAndBelow } from './unit.js';

/** What others may ask about the tree of units. */
@Injectable()
export class UnitRpc implements Rpc<UnitService> {
  constructor(private readonly database: Database) {}

  async listUnits(call: Call, _request: ListUnitsRequest): Promise<ListUnitsResponse> {
    requireScope(call.caller, 'profile:read');
    const region = unitFilter(call.caller);
    // A path sorts after those that it begins with, so parents come before children.
    const [units, counts] = await Promise.all([
      this.database.query<{ unit_path: string; level: string; name: string }>(
        'select unit_path, level, name from org_unit where unit_path ^@ any($1::text[]) order by unit_path',
        [region],
      ),
      this.database.query<{ unit_path: string; customers: number }>(
        `select unit_path, count(*)::float8 as customers from customer
         where unit_path ^@ any($1::text[]) group by unit_path`,
        [region],
      ),
    ]);
    const totals = customersAtAndBelow(new Map(counts.map(({ unit_path, customers }) => [unit_path, customers])));
    return {
      units: units.map(({ unit_path: unitPath, level, name }) => {
        return { unitPath, level, name, customers: totals.get(unitPath) ?? 0 };
      }),
    };
  }
}
