import {
  Validation,
  Verdict,
  type ColumnImportance,
  type ExcludedColumn,
  type Model,
} from '@holdfast/contracts/churn_scoring/v1/model';
import { modelNotices } from './notices.js';

/** A row of table `model` without its bytes, and whether it is the one that scores now. */
export interface ModelRow {
  id: string;
  kind: string;
  table_name: string;
  name: string;
  table_version: string;
  training_hash: string;
  method: string;
  validation: object;
  importance: ColumnImportance[];
  excluded: ExcludedColumn[];
  seed: string;
  prevalence: number;
  checksum: string;
  trained_at: Date;
  champion: boolean;
  month: string;
  verdict: object | null;
  training_data: object | null;
}

/** Selects ModelRow from `model m`. */
export const MODEL_COLUMNS = `m.id, m.kind, m.table_name, m.name, m.table_version, m.training_hash, m.method,
  m.validation, m.importance, m.excluded, m.seed, m.prevalence, m.checksum, m.trained_at, m.month, m.verdict, m.training_data,
  exists (select 1 from championship c where c.model_id = m.id and c.valid_to is null) as champion`;

/** Method of a model of another program. @param format `xgboost` or `lightgbm` */
export function importedMethod(format: string): string {
  return `imported from ${format}`;
}

export function isImported({ method }: Pick<ModelRow, 'method'>): boolean {
  return method.startsWith(importedMethod(''));
}

export function modelMessage(row: ModelRow): Model {
  const validation = Validation.fromPartial(row.validation);
  return {
    modelId: row.id,
    kind: row.kind,
    name: row.name,
    table: row.table_name,
    tableVersion: row.table_version,
    trainingHash: row.training_hash,
    method: row.method,
    validation,
    importance: row.importance,
    excluded: row.excluded,
    seed: Number(row.seed),
    trainedAt: row.trained_at,
    champion: row.champion,
    prevalence: row.prevalence,
    notices: modelNotices(validation),
    month: row.month,
    verdict: row.verdict === null ? undefined : Verdict.fromPartial(row.verdict),
  };
}
