import { keyFor } from '../lake/lake-keys.js';
import type { PersonalKey } from './write-facts.js';

/** The key of a table's personal columns: of this extract and table alone, gone with the import's data key. */
export function personalKeyOf(importId: string, table: string, dataKey: Buffer): PersonalKey {
  return { name: `${importId}/${table}`, key: keyFor('facts', dataKey, table).toString('base64') };
}
