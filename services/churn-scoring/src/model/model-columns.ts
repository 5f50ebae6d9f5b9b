import { failure } from '@holdfast/platform/errors';

const columnsMissing = failure('precondition', 'score.columnsMissing', {
  en: 'The table {table} lacks columns of its model {model}: {columns}. Train a model on this version.',
  'zh-CN': '表 {table} 缺少模型 {model} 所需的列：{columns}。请用该版本重新训练。',
});
const columnsRetyped = failure('precondition', 'score.columnsRetyped', {
  en: 'The table {table} has columns of its model {model} with another type: {columns}. Set the type with types in the mapping and import the table again, or train a model on this version.',
  'zh-CN':
    '表 {table} 中模型 {model} 所需的列类型不同：{columns}。请在映射文件的 types 中声明类型后重新导入，或用该版本重新训练。',
});

/**
 * Checks that a table has what a model was trained on.
 * @param typeOf types of the table's features by name
 * @throws precondition where columns are missing or have another type
 */
export function checkModelColumns(
  columns: readonly { name: string; type: string }[],
  typeOf: ReadonlyMap<string, string>,
  of: { table: string; model: string },
): void {
  const missing = columns.filter(({ name }) => !typeOf.has(name)).map(({ name }) => name);
  if (missing.length > 0) throw columnsMissing({ ...of, columns: missing.join(', ') });
  const retyped = columns.filter(({ name, type }) => typeOf.get(name) !== type);
  if (retyped.length === 0) return;
  const said = retyped.map(({ name, type }) => `${name} (${typeOf.get(name)!}; the model has ${type})`);
  throw columnsRetyped({ ...of, columns: said.join(', ') });
}
