import { rowsOf, type Transaction } from '@holdfast/platform/database';

/** Within the transaction that makes a model champion, or withdraws the version that it was trained on. */
export async function endShadow(
  tx: Transaction,
  models: { ids: readonly string[] } | { table: string; version: string },
  how: 'promotion' | 'withdrawal',
  at: Date,
): Promise<void> {
  const update = `update shadow set ended_at = greatest(started_at, $1), ended_how = $2 where ended_at is null and model_id`;
  if ('ids' in models) await rowsOf(tx, `${update} = any($3::uuid[])`, [at, how, models.ids]);
  else {
    const trained = 'select id from model where table_name = $3 and table_version = $4';
    await rowsOf(tx, `${update} in (${trained})`, [at, how, models.table, models.version]);
  }
}
