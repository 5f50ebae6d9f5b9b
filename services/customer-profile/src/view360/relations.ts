import type { Relation } from '@holdfast/contracts/customer_profile/v1/view360';
import type { LocalCalendar } from '@holdfast/platform/calendar';
import { orgUnitFilter, type Caller } from '@holdfast/platform/caller';
import type { Database } from '@holdfast/platform/database';
import { inForceAt } from '../fact/known-facts.js';

/** A large group has thousands of members; a view shows the first. */
const RELATIONS_MAX = 500;

/**
 * Links in both directions, the group that a customer ($1) belongs to, and the members of a group, as of $2. Customers
 * outside the region ($3) are omitted.
 */
const RELATIONS = `
  select related.* from (
    select other_id as customer_id, detail ->> 'kind' as kind, coalesce(detail ->> 'role', '') as role,
      'to' as direction, valid_from
    from fact where kind = 'link' and subject_id = $1 and ${inForceAt('$2')}
    union all
    select subject_id, detail ->> 'kind', '', 'from', valid_from
    from fact where kind = 'link' and other_id = $1 and ${inForceAt('$2')}
    union all
    select other_id, 'belonging', 'group', 'to', null
    from fact where kind = 'customer' and subject_id = $1 and other_id is not null and ${inForceAt('$2')}
    union all
    select subject_id, 'belonging', 'member', 'from', null
    from fact where kind = 'customer' and other_id = $1 and ${inForceAt('$2')}
  ) related join customer using (customer_id)
  where org_unit_path ^@ any($3::text[])
  order by related.kind, related.direction, customer_id limit ${RELATIONS_MAX}`;

interface RelationRow {
  customer_id: string;
  kind: string;
  role: string;
  direction: string;
  valid_from: Date | null;
}

/** Customers that a customer is related to, as it was known then. */
export async function relationsOf(
  database: Database,
  caller: Caller,
  customerId: string,
  asOf: Date,
  calendar: LocalCalendar,
): Promise<Relation[]> {
  const rows = await database.query<RelationRow>(RELATIONS, [customerId, asOf, orgUnitFilter(caller)], 'relations');
  return rows.map(({ customer_id: other, valid_from: from, ...relation }) => ({
    ...{ customerId: other, ...relation },
    validFrom: from === null ? '' : calendar.dayTextOf(from),
  }));
}
