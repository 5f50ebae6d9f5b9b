import { Database } from '@holdfast/platform/database';
import { cloneDatabase } from '@holdfast/testing/infra';
import { startScraping } from '@holdfast/testing/scrape.fixture';
import { measureModels } from './model-measurements.js';

const scrape = startScraping();

test('of champions alone, what they predicted and what happened', async () => {
  const clone = await cloneDatabase('churn-scoring');
  const options = { url: clone.url, schema: 'churn_scoring', applicationName: 'models-test', poolMax: 2 };
  const database = await Database.open(options);
  const store = async (table: string, validation: object, isOpen: boolean): Promise<void> => {
    await database.query(
      `with stored as (
         insert into model (id, kind, table_name, name, table_version, training_hash, method, validation, importance,
           excluded, seed, prevalence, bytes, checksum, trained_at)
         values (gen_random_uuid(), 'status', $1, $1, '1', '', 'boosting', $2, '[]', '[]', 1, 0.02, '', '', now())
         returning id)
       insert into championship (id, kind, table_name, model_id, valid_from, valid_to, appointed_by, reason)
       select gen_random_uuid(), 'status', $1, id, now(), case when $3 then null else now() end, 'test', '' from stored`,
      [table, JSON.stringify(validation), isOpen],
    );
  };
  try {
    const lastMonth = { month: '2026-08', meanPrediction: 0.021, realised: 0.019, auc: { mean: 0.79 } };
    await store('months', { lastMonth: { ...lastMonth, realised: 0.5 } }, false);
    await store('months', { lastMonth }, true);
    await store('plain', {}, true);
    measureModels(database);
    const figures = [...(await scrape()).matchAll(/^holdfast_model_(\w+)\{(.*)\} (.*)$/gm)].map(
      ([, ...found]) => found,
    );
    const labels = 'holdfast_model_kind="status",holdfast_model_table="months"';
    expect(figures).toEqual([
      ['predicted_share', labels, '0.021'],
      ['realised_share', labels, '0.019'],
      ['auc', labels, '0.79'],
    ]);
  } finally {
    await database.close();
    await clone.drop();
  }
});
