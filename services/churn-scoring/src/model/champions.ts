import { Injectable } from '@nestjs/common';
import { ModelPromoted, type Championship } from '@holdfast/contracts/churn_scoring/v1/model';
import { Clock } from '@holdfast/platform/clock';
import { Database, rowsOf, type Transaction, insertRow, messageOf } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import { newId } from '@holdfast/platform/identity';
import { Outbox, eventOf } from '@holdfast/platform/outbox';
import { MODEL_COLUMNS, type ModelRow } from './model-row.js';

export const modelPromoted = eventOf('churn-scoring', ModelPromoted);

const championMissing = failure('precondition', 'model.noChampion', {
  en: 'The table {table} has no champion. Train a model, or promote one that did not become champion by itself.',
  'zh-CN': '表 {table} 还没有现役模型：请先训练模型，或手动启用未自动成为现役的模型。',
});

const HISTORY_ROWS_MAX = 1_000;

/** Which model scores a table, and which did before. */
@Injectable()
export class Champions {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  /** The model that scores a table now; undefined where it has none. */
  async find(kind: string, table: string): Promise<ModelRow | undefined> {
    const sql = `select ${MODEL_COLUMNS} from model m join championship now on now.model_id = m.id
      where now.kind = $1 and now.table_name = $2 and now.valid_to is null`;
    const [row] = await this.database.query<ModelRow>(sql, [kind, table]);
    return row;
  }

  /** The model that scores a table now. @throws precondition where it has none */
  async of(kind: string, table: string): Promise<ModelRow> {
    const champion = await this.find(kind, table);
    if (champion === undefined) throw championMissing({ table });
    return champion;
  }

  /** Newest first. */
  async history(kind: string, table: string): Promise<Championship[]> {
    const sql = `select model_id, kind, table_name as table, valid_from as "from", valid_to as "to",
        appointed_by as by, reason from championship where kind = $1 and ($2 = '' or table_name = $2)
      order by valid_from desc, id desc limit $3`;
    const rows = await this.database.query(sql, [kind, table, HISTORY_ROWS_MAX]);
    return rows.map((row) => messageOf<Championship>(row));
  }

  /**
   * Makes a model the champion of its table; no event if it is the champion already.
   * @param follow runs in the same transaction if the champion has changed
   */
  async promote(
    model: ModelRow,
    by: string,
    reason: string,
    follow: (tx: Transaction) => Promise<unknown>,
  ): Promise<void> {
    await this.database.transaction(async (tx) => {
      await this.lock(tx, model.kind, model.table_name);
      if ((await this.current(tx, model.kind, model.table_name)) === model.id) return;
      await this.appoint(tx, { id: model.id, kind: model.kind, table: model.table_name }, by, reason);
      await follow(tx);
    });
  }

  /** Lets one transaction at a time name models and champions of a table; held until it ends. */
  async lock(tx: Transaction, kind: string, table: string): Promise<void> {
    await rowsOf(tx, 'select pg_advisory_xact_lock(hashtextextended($1, 0))', [`champion ${kind} ${table}`]);
  }

  /** Id of the champion. */
  async current(tx: Transaction, kind: string, table: string): Promise<string | undefined> {
    const sql = 'select model_id from championship where kind = $1 and table_name = $2 and valid_to is null';
    const [row] = await rowsOf<{ model_id: string }>(tx, sql, [kind, table]);
    return row?.model_id;
  }

  /**
   * Ends the span of a champion that was trained on a withdrawn version; the last one before it that was not scores again.
   * Without one, the table has no champion until a model is trained.
   */
  async withdraw(tx: Transaction, kind: string, table: string, version: string): Promise<void> {
    await this.lock(tx, kind, table);
    const present = `select m.id from championship now join model m on m.id = now.model_id
      where now.kind = $1 and now.table_name = $2 and now.valid_to is null and m.table_version = $3`;
    const [champion] = await rowsOf<{ id: string }>(tx, present, [kind, table, version]);
    if (champion === undefined) return;
    const earlier = `select m.id from championship c join model m on m.id = c.model_id
      where c.kind = $1 and c.table_name = $2 and c.valid_to is not null and not exists (
        select from withdrawn_version w where w.table_name = m.table_name and w.version = m.table_version)
      order by c.valid_from desc, c.id desc limit 1`;
    const [before] = await rowsOf<{ id: string }>(tx, earlier, [kind, table]);
    const reason = `Version ${version}, which the champion was trained on, was withdrawn.`;
    if (before !== undefined) return this.appoint(tx, { id: before.id, kind, table }, 'churn-scoring', reason);
    const sql = `update championship set valid_to = greatest(valid_from, $3)
      where kind = $1 and table_name = $2 and valid_to is null`;
    await rowsOf(tx, sql, [kind, table, this.clock.now()]);
  }

  /** Ends the present span and opens the next, under the table's lock. */
  async appoint(
    tx: Transaction,
    model: { id: string; kind: string; table: string },
    by: string,
    reason: string,
  ): Promise<void> {
    const now = this.clock.now();
    await rowsOf(
      tx,
      // A clock that was set back must not make a span end before it began.
      `update championship set valid_to = greatest(valid_from, $3)
       where kind = $1 and table_name = $2 and valid_to is null`,
      [model.kind, model.table, now],
    );
    await insertRow(tx, 'championship', {
      ...{ id: newId(), kind: model.kind, table_name: model.table, model_id: model.id, valid_from: now },
      ...{ appointed_by: by, reason },
    });
    const event = { modelId: model.id, kind: model.kind, table: model.table };
    await this.outbox.publish(tx, modelPromoted, { subjectId: model.id }, event);
  }
}
