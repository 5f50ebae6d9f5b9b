import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '@holdfast/platform/clock';
import { Database, insertRow, type Transaction } from '@holdfast/platform/database';
import { derivedId } from '@holdfast/platform/identity';
import { CONFIG } from '@holdfast/platform/service';
import type { ChurnScoringConfig } from '../config.js';
import type { ImportedFile } from './imported-model.js';

/** Files of models that other programs trained, kept for the jobs that validate them. */
@Injectable()
export class ImportedFiles {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: ChurnScoringConfig,
  ) {}

  /** Equal files have the same id. */
  async store(tx: Transaction, file: ImportedFile, by: string): Promise<string> {
    const { format, content, columns } = file;
    const names = Object.entries(columns).sort(([left], [right]) => (left < right ? -1 : 1));
    const hash = createHash('sha256')
      .update(JSON.stringify([format, names, content]))
      .digest('hex');
    const id = derivedId('imported-model', this.config.operator, hash);
    const row = {
      id,
      format,
      content,
      columns: JSON.stringify(columns),
      imported_by: by,
      imported_at: this.clock.now(),
    };
    await insertRow(tx, 'imported_model', row, 'on conflict (id) do nothing');
    return id;
  }

  async read(id: string): Promise<ImportedFile> {
    const sql = 'select format, content, columns from imported_model where id = $1';
    const [file] = await this.database.query<ImportedFile>(sql, [id]);
    return file!;
  }
}
