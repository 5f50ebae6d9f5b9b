import { numbersOf } from '@holdfast/platform/facts';
import { BASE_PER_MB } from '../bill/tariff.js';
import { USAGE_TYPES, classOf, type UsageClasses, type UsageType } from '../bill/usage-class.js';
import { type FactScope, factsIn } from './subscribers.js';
import { SubscriptionRows } from './subscription-rows.js';
import { UsageRows, type MonthUsage } from './usage-rows.js';

const COLUMNS = [
  ...['local_billed_min', 'long_distance_billed_min', 'roaming_billed_min', 'roaming_intl_s'],
  ...['sms_out_on_net', 'sms_out_off_net', 'data_mb'],
];
const SECONDS_PER_MINUTE = 60;
type Tuple7<T> = [T, T, T, T, T, T, T];

/**
 * A month's use from its totals, where there are no events: as if each kind were one call, one session, one message of
 * that length. Only tariffs that are exact from totals may be priced over it.
 */
export async function readTotals(
  scope: FactScope,
  month: string,
  classes: UsageClasses,
  indexOf: ReadonlyMap<string, number>,
): Promise<MonthUsage & { readonly isKnown: Uint8Array }> {
  const asked = { columns: COLUMNS, fromMonth: month, toMonth: month };
  const rows = new UsageRows(indexOf.size);
  const isKnown = new Uint8Array(indexOf.size);
  for await (const batch of factsIn(scope, 'usage', asked)) {
    const ids = new SubscriptionRows(batch, indexOf);
    const [local, longDistance, roaming, abroad, onNet, offNet, data] = COLUMNS.map((name) =>
      numbersOf(batch, name),
    ) as Tuple7<Float64Array>;
    for (let row = 0; row < batch.rows; row += 1) {
      const subscription = ids.indexAt(row);
      if (subscription < 0 || Number.isNaN(local[row]!) || Number.isNaN(data[row]!)) continue;
      isKnown[subscription] = 1;
      const add = (type: UsageType, amount: number): void => {
        if (amount > 0) rows.add(subscription, 0, classOf(classes, USAGE_TYPES.indexOf(type), false, 0, 0), amount);
      };
      add('local', Math.round(local[row]! * SECONDS_PER_MINUTE));
      add('long_distance', Math.round((longDistance[row] || 0) * SECONDS_PER_MINUTE));
      // Minutes abroad are not divided, and none are covered.
      add(abroad[row]! > 0 ? 'roaming_intl' : 'roaming', Math.round((roaming[row] || 0) * SECONDS_PER_MINUTE));
      add('data', Math.round(data[row]! * BASE_PER_MB));
      add('sms', (onNet[row] || 0) + (offNet[row] || 0));
    }
  }
  return { ...rows.finish(), isKnown };
}
