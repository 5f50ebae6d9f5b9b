import { DAY_MS, addMonths, firstDayOf } from '@holdfast/platform/calendar';
import type { Clock } from '@holdfast/platform/clock';
import type { Database } from '@holdfast/platform/database';
import { gauge } from '@holdfast/platform/measurements';

const MS_PER_SECOND = 1_000;

/** How long the newest closed month has ended: data that stay away show here, though nothing fails. */
export function measureMonths(database: Database, clock: Clock): void {
  gauge('holdfast.month.age', async () => {
    const sql = 'select max(month) as month from extract, unnest(closed_months) as month where withdrawn_at is null';
    const [row] = await database.query<{ month: string | null }>(sql);
    if (row === undefined || row.month === null) return [];
    const endMs = firstDayOf(addMonths(row.month, 1)) * DAY_MS;
    return [{ value: (clock.now().getTime() - endMs) / MS_PER_SECOND }];
  });
}
