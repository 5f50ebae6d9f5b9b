import { Injectable } from '@nestjs/common';
import type { SuspendNumbersRequest } from '@holdfast/contracts/customer_profile/v1/consent';
import type { Caller } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { Database, rowsOf } from '@holdfast/platform/database';
import { newId, uuidOrNull } from '@holdfast/platform/identity';
import { changeCustomer } from '../customer/change-customer.js';
import { customerUnknown } from '../customer/failures.js';

const HASH_BYTES = 32;

/** Numbers at which another person answered. */
@Injectable()
export class Suspensions {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /**
   * Once for each touch. A number that was confirmed is suspended again by another touch.
   * @throws notFound
   */
  async add({ customerId, numbers, touchId, since }: SuspendNumbersRequest): Promise<void> {
    const known = await this.database.query('select from customer where customer_id = $1', [uuidOrNull(customerId)]);
    if (known.length === 0) throw customerUnknown();
    const lookups = numbers.map((number) => Buffer.from(number)).filter(({ length }) => length === HASH_BYTES);
    const suspended = lookups.length === 0 ? [null] : lookups;
    const sql = `insert into number_suspension (suspension_id, customer_id, lookup, since, evidence)
      select id, $2, lookup, $4, $5 from unnest($1::uuid[], $3::bytea[]) as incoming (id, lookup)
      on conflict do nothing`;
    const params = [suspended.map(() => newId()), customerId, suspended, since ?? this.clock.now(), touchId];
    await this.database.query(sql, params);
  }

  /**
   * Ends all suspensions of a customer now. Gives how many there were.
   * @throws notFound
   */
  async confirm(caller: Caller, customerId: string): Promise<number> {
    return this.database.transaction(async (tx) => {
      await changeCustomer(tx, caller, customerId);
      const sql = `update number_suspension set ended_at = greatest($2::timestamptz, since), ended_by = $3
        where customer_id = $1 and ended_at is null returning suspension_id`;
      const ended = await rowsOf(tx, sql, [customerId, this.clock.now(), caller.client]);
      return ended.length;
    });
  }
}
