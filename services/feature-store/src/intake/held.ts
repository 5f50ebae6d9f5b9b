import { rowsOf, type Transaction } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';

export type ImportState = 'receiving' | 'received' | 'loaded' | 'failed' | 'held' | 'discarded';

const discarded = failure('conflict', 'import.discarded', {
  en: 'The import was discarded.',
  'zh-CN': '该导入已被放弃。',
});

/**
 * Of an import that cannot succeed. One that was confirmed is held again, so that it can be confirmed or discarded once
 * the reason is gone.
 */
export const MARK_FAILED = `update import set
    state = case state when 'received' then 'failed' else state end,
    confirmed_at = null, held_times = held_times + (case when confirmed_at is null then 0 else 1 end)
  where id = $1 and state in ('received', 'held')`;

/**
 * Whether an import was held back and nobody has confirmed it.
 * @throws conflict if it was discarded
 */
export function isWaiting({
  state,
  confirmed_at: confirmedAt,
}: {
  state: ImportState;
  confirmed_at: Date | null;
}): boolean {
  if (state === 'discarded') throw discarded();
  return state === 'held' && confirmedAt === null;
}

/** Holds an import back; a confirmation that it had was of something else. */
export async function setHeld(tx: Transaction, importId: string): Promise<void> {
  await requireKept(tx, importId);
  await rowsOf(
    tx,
    `update import set state = 'held', held_times = held_times + 1, confirmed_at = null, confirmed_by = null where id = $1`,
    [importId],
  );
}

/**
 * Locks an import until the end of the transaction.
 * @throws conflict if it was discarded
 */
export async function requireKept(tx: Transaction, importId: string): Promise<void> {
  const [row] = await rowsOf<{ state: ImportState }>(tx, 'select state from import where id = $1 for update', [
    importId,
  ]);
  if (row?.state === 'discarded') throw discarded();
}
