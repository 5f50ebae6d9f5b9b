import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { TrainingData } from '@holdfast/contracts/churn_scoring/v1/card';
import type { ColumnImportance, ExcludedColumn, Validation, Verdict } from '@holdfast/contracts/churn_scoring/v1/model';
import { Clock } from '@holdfast/platform/clock';
import { Database, type Transaction, insertRow } from '@holdfast/platform/database';
import { failure, type Failure } from '@holdfast/platform/errors';
import { uuidOrNull } from '@holdfast/platform/identity';
import { log } from '@holdfast/platform/log';
import { idAfter, pageTokenInvalid } from '@holdfast/platform/paging';
import { Champions, isNotWithdrawn } from './champions.js';
import { ContainerFault } from './container.js';
import { checksumOf, decodeModelFile, type LoadedModel } from './model-file.js';
import type { StoredHorizons } from './horizon.js';
import { MODEL_COLUMNS, type ModelRow } from './model-row.js';
import { storeLeavers, type StoredLeaver } from './stored-leavers.js';
import { verdictOn, type Opponent, type PromotionRule } from './verdict.js';

const modelUnknown = failure('notFound', 'model.unknown', { en: 'There is no such model.', 'zh-CN': '没有这个模型。' });

const modelDamaged = failure('precondition', 'model.damaged', {
  en: 'The model {model} is damaged ({fault}: {part}, bytes {from} to {to}). Promote or train another.',
  'zh-CN': '模型 {model} 已损坏（{fault}：{part}，第 {from} 至 {to} 字节），请启用或训练其他模型。',
});

const faults: Readonly<Record<ContainerFault['fault'], string>> = {
  notThisFormat: 'not a model file / 不是模型文件',
  truncated: 'truncated / 文件不完整',
  tooLong: 'longer than written / 文件过长',
  checksum: 'wrong checksum / 校验和不符',
  content: 'unreadable / 内容无法读取',
};

/** What training hands over; everything but its name, which follows from its id. */
interface NewModel {
  id: string;
  kind: string;
  table: string;
  tableVersion: string;
  /** Last month of the table, `YYYY-MM`; empty where it has none. */
  month: string;
  trainingHash: string;
  method: string;
  validation: Validation;
  importance: ColumnImportance[];
  excluded: ExcludedColumn[];
  seed: number;
  prevalence: number;
  bytes: Uint8Array;
  leavers: readonly StoredLeaver[];
  trainingData: TrainingData;
  /** Null for a kind without horizons. */
  horizons: StoredHorizons | null;
}

/**
 * Such as `telco-3f9a04c1`. An id follows from the rows and the way of training, so that the same name, wherever it is
 * shown, means the same model; a number counted up would name another one in every home.
 */
function modelName({ id, table }: { id: string; table: string }): string {
  return `${table}-${id.slice(0, 8)}`;
}

/** @throws precondition where the bytes are damaged, with the place */
function readModel(bytes: Uint8Array, model: string): LoadedModel {
  try {
    return decodeModelFile(bytes);
  } catch (thrown) {
    throw thrown instanceof ContainerFault ? damaged(model, thrown) : thrown;
  }
}

function damaged(model: string, { fault, part, from, to }: ContainerFault): Failure {
  return modelDamaged({ model, fault: faults[fault], part, from, to });
}

const LOADED_MODELS_MAX = 8;

/** The models of this operator, and those that this process has in memory. */
@Injectable()
export class Registry {
  /** By checksum: equal bytes are one model. */
  private readonly loaded = new LRUCache<string, LoadedModel>({ max: LOADED_MODELS_MAX });
  private readonly log = log('registry');

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly champions: Champions,
  ) {}

  /** Stores a model, which becomes champion if the rule allows it. An existing model stays unchanged. */
  async add(model: NewModel, opponent: Opponent, rule: PromotionRule, by: string): Promise<void> {
    readModel(model.bytes, modelName(model)); // a model that cannot be read is not registered
    await this.database.transaction(async (tx) => {
      await this.champions.lock(tx, model.kind, model.table);
      const champion = await this.champions.current(tx, model.kind, model.table);
      const verdict = verdictOn(model.validation, opponent, rule, champion);
      if (!(await this.insert(tx, model, verdict))) return;
      await storeLeavers(tx, model.id, model.leavers);
      const { comparison, textEn: reason } = verdict;
      if (verdict.promoted) await this.champions.appoint(tx, model, { by, reason, how: 'rule', comparison });
    });
    this.log.info({ model: model.id, table: model.table }, 'model stored');
  }

  private async insert(tx: Transaction, model: NewModel, verdict: Verdict): Promise<boolean> {
    const { id, kind, table, bytes, validation, importance, excluded, seed, prevalence, method } = model;
    const row = {
      ...{ id, kind, table_name: table, name: modelName(model), table_version: model.tableVersion },
      ...{ training_hash: model.trainingHash, method, validation, importance: JSON.stringify(importance) },
      ...{ excluded: JSON.stringify(excluded), seed, prevalence, bytes: Buffer.from(bytes) },
      ...{ checksum: checksumOf(bytes), trained_at: this.clock.now(), month: model.month, verdict },
      horizons: model.horizons === null ? null : JSON.stringify(model.horizons),
      training_data: JSON.stringify(model.trainingData),
    };
    const inserted = await insertRow(tx, 'model', row, 'on conflict (id) do nothing returning 1');
    return inserted.length > 0;
  }

  /** Last month that a model of the table has learned from, withdrawn versions aside, `YYYY-MM`; empty without a model. */
  async lastMonth(kind: string, table: string): Promise<string> {
    const sql = `select coalesce(max(month), '') as month from model m where kind = $1 and table_name = $2
      and ${isNotWithdrawn('m')}`;
    const [row] = await this.database.query<{ month: string }>(sql, [kind, table]);
    return row!.month;
  }

  async has(id: string): Promise<boolean> {
    return (await this.database.query('select 1 from model where id = $1', [id])).length > 0;
  }

  /** @throws notFound */
  async get(id: string): Promise<ModelRow> {
    const row = await this.find(id);
    if (row === undefined) throw modelUnknown();
    return row;
  }

  private async find(id: string): Promise<ModelRow | undefined> {
    const sql = `select ${MODEL_COLUMNS} from model m where m.id = $1`;
    return (await this.database.query<ModelRow>(sql, [uuidOrNull(id)]))[0];
  }

  /** Newest first, from after a model on. @param pageToken its id @throws invalid where there is no such model */
  async list(table: string, rowsMax: number, pageToken: string): Promise<ModelRow[]> {
    const afterId = idAfter(pageToken);
    const after = afterId === null ? undefined : await this.find(afterId);
    if (afterId !== null && after === undefined) throw pageTokenInvalid();
    const sql = `select ${MODEL_COLUMNS} from model m
      where ($1 = '' or m.table_name = $1) and ($2::timestamptz is null or (m.trained_at, m.id) < ($2, $3::uuid))
      order by m.trained_at desc, m.id desc limit $4`;
    return this.database.query<ModelRow>(sql, [table, after?.trained_at ?? null, after?.id ?? null, rowsMax]);
  }

  /** A model ready to score. @throws precondition where the stored bytes are not those that were trained */
  async load({ id, name, checksum }: Pick<ModelRow, 'id' | 'name' | 'checksum'>): Promise<LoadedModel> {
    const known = this.loaded.get(checksum);
    if (known !== undefined) return known;
    const bytes = await this.bytes(id);
    const isUnchanged = checksumOf(bytes) === checksum;
    if (!isUnchanged) this.log.error({ model: id }, 'checksum of a stored model is wrong');
    const model = readModel(bytes, name); // finds the place of damage
    if (!isUnchanged) throw damaged(name, new ContainerFault('checksum', 'file', 0, bytes.length));
    this.loaded.set(checksum, model);
    return model;
  }

  /** A model's file as it is stored. @throws notFound */
  async bytes(id: string): Promise<Buffer> {
    const [stored] = await this.database.query<{ bytes: Buffer }>('select bytes from model where id = $1', [id]);
    if (stored === undefined) throw modelUnknown();
    return stored.bytes;
  }
}
