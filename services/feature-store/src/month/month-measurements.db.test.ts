import { Clock } from '@holdfast/platform/clock';
import { Database } from '@holdfast/platform/database';
import { cloneDatabase } from '@holdfast/testing/infra';
import { startScraping } from '@holdfast/testing/scrape.fixture';
import { measureMonths } from './month-measurements.js';

const HOUR_SECONDS = 3_600;
const scrape = startScraping();

test('the age of the newest closed month counts from its end, whatever the order of extracts', async () => {
  const clone = await cloneDatabase('feature-store');
  const options = { url: clone.url, schema: 'feature_store', applicationName: 'months-test', poolMax: 2 };
  const database = await Database.open(options);
  try {
    measureMonths(database, new Clock('2026-10-03T12:00:00Z'));
    expect(await scrape()).not.toMatch(/^holdfast_month_age /m);
    // Imports themselves are of no interest here.
    await database.query('alter table extract drop constraint extract_import_id_fkey');
    await database.query(
      `insert into extract (sequence, extract_id, import_id, org_unit_path, extracted_at, from_month, to_month, currency,
         time_zone, is_complete, tables, closed_months, loaded_at)
       select number, number::text, gen_random_uuid(), 'demo/', now(), '2026-08', '2026-09', 'CNY', 'Asia/Shanghai', true,
         '{}', months, now()
       from (values (1, '{2026-08,2026-09}'::text[]), (2, '{2026-07}'::text[])) as extract (number, months)`,
    );
    const [, seconds] = /^holdfast_month_age ([\d.]+)$/m.exec(await scrape()) ?? [];
    expect(Number(seconds) / HOUR_SECONDS).toBeCloseTo(2.5 * 24, 1);
  } finally {
    await database.close();
    await clone.drop();
  }
});
