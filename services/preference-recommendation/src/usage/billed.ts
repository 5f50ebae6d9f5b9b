import { readCategoryTexts, readUuids } from '@holdfast/platform/columns';
import { numbersOf } from '@holdfast/platform/facts';
import { type FactScope, factsIn } from './subscribers.js';

/** Charges that a plan replaces, without value-added services and discounts. */
const FEES = ['voice_fee', 'long_distance_fee', 'roaming_fee', 'data_fee', 'sms_fee', 'monthly_rent'];

/**
 * What subscriptions without a plan were billed, minor units by month in the order of the scope's months; NaN where
 * there is no bill.
 */
export async function readBilled(scope: FactScope, wanted: ReadonlySet<string>): Promise<Map<string, number[]>> {
  const { months } = scope;
  const billed = new Map<string, number[]>();
  const asked = { columns: FEES, fromMonth: months[0]!, toMonth: months.at(-1)! };
  for await (const batch of factsIn(scope, 'billing', asked)) {
    const [ids, monthOf] = [readUuids(batch, 'subscription_id'), readCategoryTexts(batch, 'month')];
    const fees = FEES.map((name) => numbersOf(batch, name));
    ids.forEach((id, row) => {
      if (!wanted.has(id)) return;
      const known = fees.map((fee) => fee[row]!).filter((fee) => !Number.isNaN(fee));
      const bills = billed.get(id) ?? months.map(() => Number.NaN);
      billed.set(id, bills);
      if (known.length > 0) bills[months.indexOf(monthOf[row] ?? '')] = known.reduce((sum, fee) => sum + fee, 0);
    });
  }
  return billed;
}
