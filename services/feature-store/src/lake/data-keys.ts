import { Injectable } from '@nestjs/common';
import { Database, insertRow, type Transaction } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import { LakeKeys } from './lake-keys.js';

const erased = failure('gone', 'import.erased', {
  en: 'The personal data of this import were erased.',
  'zh-CN': '该导入的个人数据已被删除。',
});

/** Data keys of imports, wrapped in table `data_key`. */
@Injectable()
export class DataKeys {
  constructor(
    private readonly keys: LakeKeys,
    private readonly database: Database,
  ) {}

  /** Makes an import's key, with the transaction. */
  async make(tx: Transaction, importId: string, at: Date): Promise<Buffer> {
    const dataKey = this.keys.newDataKey();
    const wrapped = this.keys.wrap(dataKey, importId);
    await insertRow(tx, 'data_key', { import_id: importId, wrapped, created_at: at });
    return dataKey;
  }

  /** @throws gone if the key was dropped. */
  async of(importId: string): Promise<Buffer> {
    const sql = 'select wrapped from data_key where import_id = $1';
    const [row] = await this.database.query<{ wrapped: Buffer }>(sql, [importId]);
    if (row === undefined) throw erased();
    return this.keys.unwrap(row.wrapped, importId);
  }
}
