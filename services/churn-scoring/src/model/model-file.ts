import { createHash } from 'node:crypto';
import { ChurnModel, type ChurnModelJson } from '@holdfast/learning/churn-model';
import { failure } from '@holdfast/platform/errors';
import type { UsualCauses } from '../reason/causes.js';
import { Comparisons, type ComparisonTable } from '../reason/comparisons.js';
import type { TypedColumn } from '../table/typed-column.js';

const FORMAT = 'holdfast-churn-scoring';
/** 2: numbers are compared by band. 3: columns map to one of the seven reasons. */
const VERSION = 3;
/**
 * Files of earlier versions score as they did: those of 1 have no bands, so that numbers come without a comparison,
 * those of 1 and 2 name none of the seven reasons.
 */
const VERSIONS_READ: readonly number[] = [1, 2, VERSION];

const modelOfOtherVersion = failure('precondition', 'model.otherVersion', {
  en: 'A stored model has format {version}, which this release does not read. Train or promote another.',
  'zh-CN': '已存储模型的格式为 {version}，当前版本无法读取，请训练或启用其他模型。',
});

/** Everything that scoring and explaining need, and nothing that depends on when or where it was trained. */
interface ModelFile {
  readonly format: string;
  readonly version: number;
  /** In the order of the model's explanations. */
  readonly columns: readonly TypedColumn[];
  readonly model: ChurnModelJson;
  readonly comparisons: ComparisonTable;
  readonly usualCauses?: UsualCauses;
}

/** A model ready to score. */
export interface LoadedModel {
  readonly model: ChurnModel;
  readonly columns: readonly TypedColumn[];
  readonly comparisons: Comparisons;
  readonly usualCauses: UsualCauses;
}

/** Equal models give equal bytes. */
export function encodeModelFile(
  model: ChurnModel,
  columns: readonly TypedColumn[],
  comparisons: ComparisonTable,
  usual: UsualCauses,
): Uint8Array<ArrayBuffer> {
  const file: ModelFile = {
    format: FORMAT,
    version: VERSION,
    columns,
    model: model.toJSON(),
    comparisons,
    usualCauses: usual,
  };
  return new TextEncoder().encode(JSON.stringify(file));
}

/** @throws precondition where the bytes were written by `encodeModelFile` of a version that this one does not read */
export function decodeModelFile(bytes: Uint8Array): LoadedModel {
  const file = JSON.parse(new TextDecoder().decode(bytes)) as ModelFile;
  if (file.format !== FORMAT || !VERSIONS_READ.includes(file.version))
    throw modelOfOtherVersion({ version: `${file.format} ${file.version}` });
  return {
    model: ChurnModel.fromJSON(file.model),
    columns: file.columns,
    comparisons: new Comparisons(file.comparisons),
    usualCauses: file.usualCauses ?? {},
  };
}

export function checksumOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
