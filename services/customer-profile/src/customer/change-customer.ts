import { orgUnitFilter, type Caller } from '@holdfast/platform/caller';
import { rowsOf, type Transaction, type Database } from '@holdfast/platform/database';
import { isUuid, uuidOrNull } from '@holdfast/platform/identity';
import { customerUnknown } from './failures.js';

/**
 * Begins a change of what belongs to a customer: raises the version and holds the customer until the transaction ends,
 * so that changes of one customer happen one after the other.
 * @throws notFound, also where the customer lies outside the caller's region.
 */
export async function changeCustomer(
  tx: Transaction,
  caller: Caller,
  customerId: string,
): Promise<{ orgUnitPath: string; version: number }> {
  if (!isUuid(customerId)) throw customerUnknown();
  const sql = `update customer set version = version + 1
    where customer_id = $1 and org_unit_path ^@ any($2::text[]) returning org_unit_path, version`;
  const params = [customerId, orgUnitFilter(caller)];
  const [changed] = await rowsOf<{ org_unit_path: string; version: string }>(tx, sql, params);
  if (changed === undefined) throw customerUnknown();
  return { orgUnitPath: changed.org_unit_path, version: Number(changed.version) };
}

/** @throws notFound, also where the customer lies outside the caller's region */
export async function requireCustomer(database: Database, caller: Caller, customerId: string): Promise<void> {
  const sql = 'select from customer where customer_id = $1 and org_unit_path ^@ any($2::text[])';
  const seen = await database.query(sql, [uuidOrNull(customerId), orgUnitFilter(caller)]);
  if (seen.length === 0) throw customerUnknown();
}
