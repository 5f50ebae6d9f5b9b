import { unitFilter, type Caller } from '@holdfast/platform/caller';
import { rowsOf, type Transaction } from '@holdfast/platform/database';
import { isUuid } from '@holdfast/platform/identity';
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
): Promise<{ unitPath: string; version: number }> {
  if (!isUuid(customerId)) throw customerUnknown();
  const [changed] = await rowsOf<{ unit_path: string; version: string }>(
    tx,
    `update customer set version = version + 1
     where customer_id = $1 and unit_path ^@ any($2::text[]) returning unit_path, version`,
    [customerId, unitFilter(caller)],
  );
  if (changed === undefined) throw customerUnknown();
  return { unitPath: changed.unit_path, version: Number(changed.version) };
}
