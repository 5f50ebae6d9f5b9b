import { Injectable } from '@nestjs/common';
import { ModelComparison, ModelPromoted, type Championship } from '@holdfast/contracts/churn_scoring/v1/model';
import { Clock } from '@holdfast/platform/clock';
import { actorText } from '@holdfast/platform/actor';
import { Database, rowsOf, type Transaction, insertRow } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import { newId } from '@holdfast/platform/identity';
import { Outbox, eventOf } from '@holdfast/platform/outbox';
import { endShadow } from './end-shadow.js';
import { MODEL_COLUMNS, type ModelRow } from './model-row.js';

export const modelPromoted = eventOf('churn-scoring', ModelPromoted);

const championMissing = failure('precondition', 'model.noChampion', {
  en: 'The table {table} has no champion. Train a model, or promote one that did not become champion by itself.',
  'zh-CN': '表 {table} 还没有现役模型：请先训练模型，或手动启用未自动成为现役的模型。',
});

export const versionWithdrawn = failure('conflict', 'model.versionWithdrawn', {
  en: 'The version that the model was trained on was withdrawn.',
  'zh-CN': '该模型训练所用的数据版本已撤回。',
});

const HISTORY_ROWS_MAX = 1_000;

/** Why a model becomes champion, and on what figure. */
export interface Appointment {
  readonly by: string;
  readonly reason: string;
  readonly how: 'rule' | 'approval' | 'rollback' | 'withdrawal';
  /** With the champion before; undefined where the two were not compared. */
  readonly comparison?: ModelComparison | undefined;
  /** Request that was approved. */
  readonly promotionId?: string;
  /** Of a roll-back. */
  readonly requestId?: string | undefined;
}

interface ChampionshipRow {
  model_id: string;
  kind: string;
  table_name: string;
  valid_from: Date;
  valid_to: Date | null;
  appointed_by: string;
  reason: string;
  how: string;
  comparison: object | null;
  promotion_id: string | null;
  decider_client: string | null;
  decider_person: string | null;
  override_reason: string | null;
}

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

  /** Newest first. @param at only spans that contain this time; null for all */
  async history(kind: string, table: string, at: Date | null): Promise<Championship[]> {
    const sql = `select ${SPAN_COLUMNS} where c.kind = $1 and ($2 = '' or c.table_name = $2)
        and ($3::timestamptz is null or c.valid_from <= $3 and (c.valid_to is null or c.valid_to > $3))
      order by c.valid_from desc, c.id desc limit $4`;
    const rows = await this.database.query<ChampionshipRow>(sql, [kind, table, at, HISTORY_ROWS_MAX]);
    return rows.map(championshipMessage);
  }

  /** The spans of a model, newest first. */
  async spansOf(modelId: string): Promise<Championship[]> {
    const sql = `select ${SPAN_COLUMNS} where c.model_id = $1 order by c.valid_from desc, c.id desc limit $2`;
    const rows = await this.database.query<ChampionshipRow>(sql, [modelId, HISTORY_ROWS_MAX]);
    return rows.map(championshipMessage);
  }

  /** The span that a repeated request of a roll-back began; undefined for the first attempt. */
  async ofRequest(tx: Transaction, requestId: string): Promise<Championship | undefined> {
    const sql = `select ${SPAN_COLUMNS} where c.request_id = $1`;
    const [row] = await rowsOf<ChampionshipRow>(tx, sql, [requestId]);
    return row && championshipMessage(row);
  }

  /** The open span of a table. */
  async present(tx: Transaction, kind: string, table: string): Promise<Championship | undefined> {
    const sql = `select ${SPAN_COLUMNS} where c.kind = $1 and c.table_name = $2 and c.valid_to is null`;
    const [row] = await rowsOf<ChampionshipRow>(tx, sql, [kind, table]);
    return row && championshipMessage(row);
  }

  /**
   * The newest former champion other than a model, whose version was not withdrawn. A model that was rolled back is not
   * returned to: a second roll-back goes further back instead of to the model that the first one replaced.
   */
  async before(tx: Transaction, kind: string, table: string, modelId: string): Promise<ModelRow | undefined> {
    const sql = `with span as (
        select model_id, valid_from, id, valid_to, lead(how) over (order by valid_from, id) as next_how
        from championship where kind = $1 and table_name = $2),
      last_span as (select distinct on (model_id) * from span order by model_id, valid_from desc, id desc)
      select ${MODEL_COLUMNS} from last_span s join model m on m.id = s.model_id
      where s.valid_to is not null and s.model_id <> $3 and s.next_how is distinct from 'rollback'
        and ${isNotWithdrawn('m')}
      order by s.valid_from desc, s.id desc limit 1`;
    const [row] = await rowsOf<ModelRow>(tx, sql, [kind, table, modelId]);
    return row;
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
      where c.kind = $1 and c.table_name = $2 and c.valid_to is not null and ${isNotWithdrawn('m')}
      order by c.valid_from desc, c.id desc limit 1`;
    const [before] = await rowsOf<{ id: string }>(tx, earlier, [kind, table]);
    const reason = `Version ${version}, which the champion was trained on, was withdrawn.`;
    if (before !== undefined)
      return this.appoint(tx, { id: before.id, kind, table }, { by: 'churn-scoring', reason, how: 'withdrawal' });
    const sql = `update championship set valid_to = greatest(valid_from, $3)
      where kind = $1 and table_name = $2 and valid_to is null`;
    await rowsOf(tx, sql, [kind, table, this.clock.now()]);
  }

  /** Ends the present span and opens the next, under the table's lock. */
  async appoint(
    tx: Transaction,
    model: { id: string; kind: string; table: string },
    { by, reason, how, comparison, promotionId, requestId }: Appointment,
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
      ...{ appointed_by: by, reason, how, comparison: comparison ?? null },
      ...{ promotion_id: promotionId ?? null, request_id: requestId ?? null },
    });
    await endShadow(tx, { ids: [model.id] }, 'promotion', now);
    const event = { modelId: model.id, kind: model.kind, table: model.table };
    await this.outbox.publish(tx, modelPromoted, { subjectId: model.id }, event);
  }
}

const SPAN_COLUMNS = `c.model_id, c.kind, c.table_name, c.valid_from, c.valid_to, c.appointed_by, c.reason, c.how, c.comparison,
  c.promotion_id, p.decider_client, p.decider_person, p.override_reason
  from championship c left join promotion p on p.id = c.promotion_id`;

/** Condition that the version of the table that a model was trained on is present. @param model alias of its row */
export function isNotWithdrawn(model: string): string {
  return `not exists (select from withdrawn_version w
    where w.table_name = ${model}.table_name and w.version = ${model}.table_version)`;
}

function championshipMessage(row: ChampionshipRow): Championship {
  return {
    modelId: row.model_id,
    kind: row.kind,
    table: row.table_name,
    from: row.valid_from,
    to: row.valid_to ?? undefined,
    by: row.appointed_by,
    reason: row.reason,
    how: row.how,
    approvedBy: actorText(row.decider_client, row.decider_person),
    overrideReason: row.override_reason ?? '',
    promotionId: row.promotion_id ?? '',
    comparison: row.comparison === null ? undefined : ModelComparison.fromPartial(row.comparison),
  };
}
