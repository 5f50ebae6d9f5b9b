import { ChurnModel } from '@holdfast/learning/churn-model';
import { boostedTreesOf, ImportRefused, type ImportedTrees } from '@holdfast/learning/imported-trees';
import type { FitContext, Learner } from '@holdfast/learning/learner';
import { readLightgbm } from '@holdfast/learning/lightgbm-model';
import { LogisticModel } from '@holdfast/learning/logistic-regression';
import type { Table } from '@holdfast/learning/table';
import { readXgboost } from '@holdfast/learning/xgboost-model';
import { failure } from '@holdfast/platform/errors';
import type { TypedColumn } from '../table/typed-column.js';

const FORMATS = ['xgboost', 'lightgbm'] as const;
export type ImportFormat = (typeof FORMATS)[number];

/** A file of another program; crosses into the training thread. */
export interface ImportedFile {
  readonly format: ImportFormat;
  readonly content: string;
  /** Column of the table by feature; a feature that is not named has a column of the same name. */
  readonly columns: Readonly<Record<string, string>>;
}

const formatUnknown = failure('invalid', 'model.formatUnknown', {
  en: 'There is no format {format}; there are: {formats}.',
  'zh-CN': '没有格式 {format}；可用格式：{formats}。',
});
const fileRefused = failure('invalid', 'model.fileRefused', {
  en: 'The model file cannot be imported. {reason}',
  'zh-CN': '无法导入模型文件：{reason}',
});
const columnsMissing = failure('precondition', 'model.featuresMissing', {
  en: 'The table {table} has no number columns for these features of the model: {features}. Map them with columns.',
  'zh-CN': '表 {table} 缺少模型特征所对应的数值列：{features}。请用 columns 指定对应关系。',
});

/** @throws invalid */
export function formatOf(format: string): ImportFormat {
  const known = FORMATS.find((each) => each === format);
  if (known === undefined) throw formatUnknown({ format, formats: FORMATS.join(', ') });
  return known;
}

/** @throws invalid where the file cannot be read, precondition where the table lacks a column that the model splits on */
export function checkImport(file: ImportedFile, table: string, columns: readonly TypedColumn[]): void {
  const { trees, featureNames } = read(file);
  const used = new Set(trees.flatMap(({ feature }) => [...feature]).filter((source) => source >= 0));
  const typeOf = new Map(columns.map(({ name, type }) => [name, type]));
  const missing = featureNames.filter((name, source) => {
    const type = typeOf.get(columnOf(file, name));
    return used.has(source) && (type === undefined || type === 'category');
  });
  if (missing.length > 0) throw columnsMissing({ table, features: missing.join(', ') });
}

/** Gives the imported model whatever rows it is to learn from. */
export class ImportedLearner implements Learner<ChurnModel> {
  readonly name = 'imported';

  constructor(private readonly file: ImportedFile) {}

  fit(_table: Table, labels: Uint8Array, rows: Uint32Array, _context: FitContext): Promise<ChurnModel> {
    const boostedTrees = boostedTreesOf(read(this.file), (feature) => columnOf(this.file, feature));
    const columns = [...new Set(boostedTrees.features.map(({ column }) => column))].sort();
    const regression = new LogisticModel([], { intercept: 0, weights: new Float64Array(0) }, new Float64Array(0));
    const trainingRate = rows.reduce((sum, row) => sum + labels[row]!, 0) / rows.length;
    const parts = { columns, boostedTrees, regression, treeWeight: 1, calibration: { kind: 'identity' } as const };
    return Promise.resolve(new ChurnModel({ ...parts, trainingRate, servedRate: null }));
  }
}

function read({ format, content }: ImportedFile): ImportedTrees {
  try {
    return format === 'xgboost' ? readXgboost(content) : readLightgbm(content);
  } catch (thrown) {
    throw thrown instanceof ImportRefused ? fileRefused({ reason: thrown.message }) : thrown;
  }
}

function columnOf({ columns }: ImportedFile, feature: string): string {
  return Object.hasOwn(columns, feature) ? columns[feature]! : feature;
}
