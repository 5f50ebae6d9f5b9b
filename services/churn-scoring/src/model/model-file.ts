import { createHash } from 'node:crypto';
import { ChurnModel, type ChurnModelJson } from '@holdfast/learning/churn-model';
import { Comparisons, type ComparisonTable } from '../reason/comparisons.js';
import type { TypedColumn } from '../table/typed-column.js';

const FORMAT = 'holdfast-churn-scoring';
const VERSION = 1;

/** Everything that scoring and explaining need, and nothing that depends on when or where it was trained. */
interface ModelFile {
  readonly format: string;
  readonly version: number;
  /** In the order of the model's explanations. */
  readonly columns: readonly TypedColumn[];
  readonly model: ChurnModelJson;
  readonly comparisons: ComparisonTable;
}

/** A model ready to score. */
export interface LoadedModel {
  readonly model: ChurnModel;
  readonly columns: readonly TypedColumn[];
  readonly comparisons: Comparisons;
}

/** Equal models give equal bytes. */
export function encodeModelFile(
  model: ChurnModel,
  columns: readonly TypedColumn[],
  comparisons: ComparisonTable,
): Uint8Array<ArrayBuffer> {
  const file: ModelFile = { format: FORMAT, version: VERSION, columns, model: model.toJSON(), comparisons };
  return new TextEncoder().encode(JSON.stringify(file));
}

/** @throws Error where the bytes were not written by `encodeModelFile` of a version that this one reads */
export function decodeModelFile(bytes: Uint8Array): LoadedModel {
  const file = JSON.parse(new TextDecoder().decode(bytes)) as ModelFile;
  if (file.format !== FORMAT || file.version !== VERSION)
    throw new Error(`A model file ${file.format} ${file.version} cannot be read`);
  return {
    model: ChurnModel.fromJSON(file.model),
    columns: file.columns,
    comparisons: new Comparisons(file.comparisons),
  };
}

export function checksumOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
