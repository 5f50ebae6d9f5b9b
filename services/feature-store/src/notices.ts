import { fill, type FailureParams, type Texts } from '@holdfast/platform/errors';

/** What values look like (column/personal-values.ts), and the key of `personal` in a mapping that they belong under. */
const PERSONAL_WORDS = {
  phone: { en: 'telephone or document numbers', 'zh-CN': '电话或证件号码', as: 'phone' },
  document: { en: 'numbers of identity documents', 'zh-CN': '身份证号码', as: 'document' },
  email: { en: 'e-mail addresses', 'zh-CN': '电子邮箱', as: 'email' },
  name: { en: 'names of persons', 'zh-CN': '姓名', as: 'name' },
  address: { en: 'addresses', 'zh-CN': '地址', as: 'address' },
} as const;

/** A remark about a file, for its owner. */
export interface Notice {
  key: NoticeKey;
  /** Empty for the table. */
  column: string;
  text: Texts;
}

const TEXTS = {
  'column.suspectedLeak': {
    en: 'Column {column} alone almost determines who churned (AUC {auc}), as if recorded afterwards. Models do not use it; keep overrides this.',
    'zh-CN':
      '列 {column} 单独就几乎能完全判断谁会流失（AUC {auc}），疑似事后才产生的信息。模型不使用该列；如确需使用，请写入 keep。',
  },
  'column.constant': {
    en: 'Column {column} has one value only. Models do not use it.',
    'zh-CN': '列 {column} 只有一个取值，模型不使用该列。',
  },
  'column.empty': { en: 'Column {column} is empty.', 'zh-CN': '列 {column} 为空。' },
  'column.identifier': {
    en: 'Column {column} identifies subscribers rather than describing them. It is not stored in the lake; a declared type overrides this.',
    'zh-CN':
      '列 {column} 几乎每个用户的取值都不同，类似姓名或号码。模型不使用、数据湖也不保存该列；如确需使用，请在 types 中声明类型。',
  },
  'column.personal': {
    en: 'The values of column {column} look like {what}. It is not stored in the lake, and models do not use it. Write personal: {{as}: {column}} in the mapping to keep it encrypted with the customer, or list it under exclude; a declared type overrides this.',
    'zh-CN':
      '列 {column} 的取值看起来是{what}。模型不使用、数据湖也不保存该列。请在映射文件中写 personal: {{as}: {column}}，以便加密保存在客户资料中，或写入 exclude；如确需使用，请在 types 中声明类型。',
  },
  'column.personalFree': {
    en: 'The values of column {column}, which is outside the contract, look like {what}. It is not stored in the lake.',
    'zh-CN': '列 {column} 不属于输入规范，其取值看起来是{what}。数据湖不保存该列。',
  },
  'column.tooManyValues': {
    en: 'Column {column} has {values} different texts; a category may have {max}. Models do not use it.',
    'zh-CN': '列 {column} 有 {values} 个不同的文本，超过类别上限 {max}，模型不使用该列。',
  },
  'column.almostNumber': {
    en: 'Column {column} is a category, because {others} cells are not numbers. Declare it as number, or list these texts under missing.',
    'zh-CN':
      '列 {column} 有 {others} 个单元格不是数字，因此按类别处理。可在 types 中声明为 number（这些行将被拒绝），或把这些文本写入 missing。',
  },
  'label.manyValues': {
    en: 'The label {column} has {values} values; all but the positive count as stayed. Set negative to reject others.',
    'zh-CN': '标签列 {column} 有 {values} 个不同取值，除正类外均视为未流失；如需拒绝其他取值，请写明 negative。',
  },
  'label.oneClass': {
    en: 'All rows with a label are of one class. There is nothing to learn from them.',
    'zh-CN': '所有带标签的行都属于同一类，无法训练。',
  },
  'experiment.unused': {
    en: 'The experiment is stored with the mapping; models do not use its columns. It is not evaluated yet.',
    'zh-CN': '实验信息已随映射保存，其列不供模型使用；目前尚不评估实验。',
  },
  'table.outsideContract': {
    en: 'Table {column} is not part of the input contract and was not read.',
    'zh-CN': '表 {column} 不属于输入规范，未读取。',
  },
  'table.stopped': {
    en: 'Nothing of table {column} went in: {problem}',
    'zh-CN': '表 {column} 未导入任何数据：{problem}',
  },
  'table.parentStopped': {
    en: 'Nothing of table {column} went in, as its rows refer to table {parent}, of which nothing went in.',
    'zh-CN': '表 {column} 未导入任何数据：其记录引用的表 {parent} 未能导入。',
  },
  'table.allRejected': {
    en: 'Nothing of table {column} went in: all of its {read} rows were rejected.',
    'zh-CN': '表 {column} 未导入任何数据：全部 {read} 行均被拒绝。',
  },
  'rejects.cut': {
    en: 'Of the {rejected} rejected rows, the first {kept} are stored.',
    'zh-CN': '共拒绝 {rejected} 行，仅保留前 {kept} 行供查看。',
  },
  'column.calendar': {
    en: 'Column {column} is set by the month ({percent} % of its variance) and does not distinguish subscribers. Models do not use it; keep overrides this.',
    'zh-CN':
      '列 {column} 由月份决定（占其方差的 {percent} %），无法区分用户。模型不使用该列；如确需使用，请写入 keep。',
  },
  'label.byDisappearance': {
    en: 'Churn is inferred from missing rows: {left} subscribers churned. An absence of {absentMonths} months counts as churn; {returned} shorter absences ended with a return.',
    'zh-CN':
      '根据缺失的行判断离网：共 {left} 人离网。连续缺失 {absentMonths} 个月视为离网；另有 {returned} 次较短的缺失后又恢复。',
  },
  'label.monthsSkipped': {
    en: 'The table has no rows of {months}. Rows whose outcome is in these months have no label.',
    'zh-CN': '表中缺少 {months} 的数据，结果落在这些月份的行没有标签。',
  },
  'label.afterLeaving': {
    en: '{rows} rows are after the month in which their subscriber churned. They are neither used for training nor scored.',
    'zh-CN': '有 {rows} 行位于用户离网月份之后，既不用于训练，也不评分。',
  },
  'label.notYetKnown': {
    en: 'No row of {months} is positive, where {expected} would be usual: their outcome is treated as not known yet.',
    'zh-CN': '{months} 没有任何正类行，而按以往约有 {expected} 行：视为结果尚未可知。',
  },
  'consent.refusalsOfRejected': {
    en: 'Table {column}: {count} refusals are in rows that were not imported. They count nevertheless.',
    'zh-CN': '表 {column}：{count} 条拒绝营销的记录所在行未导入，但拒绝仍然生效。',
  },
  'consent.unreadable': {
    en: 'Table {column}: {count} cells of the consent are neither yes nor no. They count as refusals.',
    'zh-CN': '表 {column}：{count} 个营销同意单元格既非同意也非拒绝，均按拒绝处理。',
  },
  'consent.unlocated': {
    en: 'Table {column}: in {count} rows the key or the consent cannot be located. Whether they refuse is not known.',
    'zh-CN': '表 {column}：{count} 行无法定位标识或营销同意单元格，不能确定其是否拒绝。',
  },
  'file.encoding': {
    en: 'The file{name} was read as {encoding}, not as UTF-8.',
    'zh-CN': '文件{name}按 {encoding} 编码读取（不是 UTF-8）。',
  },
  'file.sepLine': {
    en: 'The first line (sep=) sets the delimiter {delimiter}. It was not read as a header.',
    'zh-CN': '首行（sep=）指定了分隔符 {delimiter}，未作为表头读取。',
  },
  'file.titleSkipped': {
    en: 'The first {lines} lines are above the header and were not read.',
    'zh-CN': '表头之上有 {lines} 行标题，未读取。',
  },
  'column.index': {
    en: 'Column {place} has no name. It is treated as the row numbers that pandas writes, and not used.',
    'zh-CN': '第 {place} 列没有列名，视为 pandas 写出的行号，不使用。',
  },
  'column.nullMarks': {
    en: 'In column {column}, {cells} cells such as \\N, NULL or NaN were read as unknown.',
    'zh-CN': '列 {column} 中有 {cells} 个单元格（如 \\N、NULL、NaN）按“未知”读取。',
  },
  'label.nullMarks': {
    en: 'In the label {column}, {cells} cells such as \\N, NULL or NaN were read as unknown: they count neither as churned nor as stayed.',
    'zh-CN': '标签列 {column} 中有 {cells} 个单元格（如 \\N、NULL、NaN）按“未知”读取，既不算流失也不算未流失。',
  },
  'column.openEnds': {
    en: 'In column {column}, {cells} cells such as 9999-12-31 or 0000-00-00 were read as no date.',
    'zh-CN': '列 {column} 中有 {cells} 个单元格（如 9999-12-31、0000-00-00）按“无日期”读取。',
  },
  'column.decimalComma': {
    en: 'The numbers of column {column} have a decimal comma (102,30) and were read so. decimal in the mapping sets it.',
    'zh-CN': '列 {column} 的数字使用逗号作小数点（102,30），已按此读取；可在映射文件中用 decimal 指定。',
  },
  'column.grouped': {
    en: 'The numbers of column {column} have thousands separators (19,715) and were read so. decimal: "," in the mapping reads the comma as a decimal one.',
    'zh-CN': '列 {column} 的数字带千位分隔符（19,715），已按此读取；若逗号是小数点，请在映射文件中写 decimal: ","。',
  },
  'column.commaUnclear': {
    en: 'In column {column}, the commas of {cells} cells may be decimal or separate thousands (1,234). Set decimal: "," or decimal: "." in the mapping.',
    'zh-CN':
      '列 {column} 有 {cells} 个单元格的逗号可能是小数点，也可能是千位分隔符（1,234）。请在映射文件中写明 decimal: "," 或 decimal: "."。',
  },
  'column.commaMixed': {
    en: 'In column {column}, {cells} cells have a decimal comma (102,30) and others do not fit. Set decimal: "," in the mapping if all numbers of the file are written so.',
    'zh-CN':
      '列 {column} 有 {cells} 个单元格使用逗号作小数点（102,30），其余单元格写法不一。若文件中的数字均如此书写，请在映射文件中写 decimal: ","。',
  },
  'column.commaRejected': {
    en: 'In column {column}, {cells} rejected numbers have a comma (102,30 or 19,715). A table of an extract has a decimal point and no thousands separators.',
    'zh-CN':
      '列 {column} 有 {cells} 个被拒绝的数字含有逗号（如 102,30 或 19,715）。提取包的表须使用小数点，且不得有千位分隔符。',
  },
  'column.scientificLeftOut': {
    en: 'Column {column} has long numbers in scientific notation (8.61E+12), whose digits are lost. Models do not use it.',
    'zh-CN': '列 {column} 的长数字为科学计数法（8.61E+12），位数已丢失，模型不使用该列。',
  },
  'rows.negativeValue': {
    en: '{rows} rows have a negative {column} and were rejected: a value is at least 0. If these are credits, set them to 0, or name no value and keep the column as a feature.',
    'zh-CN':
      '{rows} 行的 {column} 为负数，已被拒绝：价值不得小于 0。如为退费，请改为 0；或不指定 value，仅将该列作为特征。',
  },
  'rows.totals': {
    en: '{rows} rows are totals (合计, Total, …), not subscribers, and were rejected.',
    'zh-CN': '{rows} 行为合计行（合计、Total 等），不是用户，已被拒绝。',
  },
  'months.joined': {
    en: 'In addition to the rows of this file the table has {rows} rows of {months}, from {files} earlier files.',
    'zh-CN': '除本文件的行外，该表还包含 {files} 个此前文件中 {months} 的 {rows} 行。',
  },
  'months.replaced': {
    en: 'The rows of {months} in earlier files are replaced by those of this file.',
    'zh-CN': '此前文件中 {months} 的行由本文件的行取代。',
  },
  'months.rejected': {
    en: '{rows} rows of earlier files break a rule and are not part of the table.',
    'zh-CN': '此前文件中有 {rows} 行不符合规则，未纳入该表。',
  },
  'months.lost': {
    en: 'No row of {months} in earlier files fits the mapping of this file; the table no longer has these months.',
    'zh-CN': '此前文件中 {months} 的行均不符合本文件的映射，该表不再包含这些月份。',
  },
  'months.withoutKey': {
    en: 'This file replaces the table: the mapping has no key, so no subscriber is recognised in the months of earlier files.',
    'zh-CN': '本文件将取代该表：映射文件没有 key，无法在此前各月中识别用户。',
  },
  'months.withoutDate': {
    en: 'This file replaces the table: its month is unknown, so it cannot be joined with the months of earlier files. Write asOf in the mapping, or use --as-of.',
    'zh-CN': '本文件将取代该表：不知道其所属月份，无法与此前各月合并。请在映射文件中写 asOf，或使用 --as-of。',
  },
  'months.otherKeys': {
    en: 'The rows of {months} in earlier files are not part of the table: their keys identified otherwise (keySpace).',
    'zh-CN': '此前文件中 {months} 的行未纳入该表：其键的识别方式不同（keySpace）。',
  },
  'months.erased': {
    en: 'The rows of {months} in earlier files are not part of the table: their files were erased.',
    'zh-CN': '此前文件中 {months} 的行未纳入该表：其文件已被删除。',
  },
  'months.tooMany': {
    en: 'The rows of {months} are not part of the table: the newest {max} earlier files are joined.',
    'zh-CN': '{months} 的行未纳入该表：只合并最近的 {max} 个此前文件。',
  },
  'assignments.severalGroups': {
    en: 'Table {column}: {rows} rows assign a randomisation unit of a campaign to a second arm and were rejected; its first row counts. Omit units that got two treatments.',
    'zh-CN':
      '表 {column}：{rows} 行将同一活动的单元分到第二个组，已被拒绝，以首行为准。接受了两种处理的单元请不要提供。',
  },
} as const satisfies Record<string, Texts>;

type NoticeKey = keyof typeof TEXTS;

/** That nothing of a table was imported. @param why the failure */
export function stoppedNotice(table: string, why: Texts): Notice {
  const { key, column, text } = notice('table.stopped', table);
  return {
    key,
    column,
    text: { en: fill(text.en, { problem: why.en }), 'zh-CN': fill(text['zh-CN'], { problem: why['zh-CN'] }) },
  };
}

/** That the values of a column look like personal data. @param isFree of a table of an extract, which has no mapping */
export function personalNotice(kind: keyof typeof PERSONAL_WORDS, column: string, isFree = false): Notice {
  const { as, ...what } = PERSONAL_WORDS[kind];
  const key = isFree ? 'column.personalFree' : 'column.personal';
  const text = TEXTS[key];
  const filled = (language: 'en' | 'zh-CN'): string => fill(text[language], { column, as, what: what[language] });
  return { key, column, text: { en: filled('en'), 'zh-CN': filled('zh-CN') } };
}

/** A notice of a key about a column (empty for the table). */
export function notice(key: NoticeKey, column: string, params: FailureParams = {}): Notice {
  const text = TEXTS[key];
  const all = { column, ...params };
  return { key, column, text: { en: fill(text.en, all), 'zh-CN': fill(text['zh-CN'], all) } };
}
