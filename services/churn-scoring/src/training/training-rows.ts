import { createHash } from 'node:crypto';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import type { Column } from '@holdfast/learning/table';
import { ABSENT_CODE, readCategory, readNumbers, readUuids } from '@holdfast/platform/columns';
import { failure } from '@holdfast/platform/errors';
import type { BatchParts } from '../table/batch-table.js';
import type { TypedColumn } from '../table/typed-column.js';
import { PanelCollector, type Panel, type PanelNames } from './panel.js';

const tooManyRows = failure('tooLarge', 'training.tooManyRows', {
  en: 'The table has more than {max} rows to train on. Raise HOLDFAST_TRAINING_ROWS_MAX.',
  'zh-CN': '可用于训练的行数超过 {max}，请调大 HOLDFAST_TRAINING_ROWS_MAX。',
});

/** The rows of a table whose label is known. */
export interface TrainingRows {
  readonly columns: readonly Column[];
  /** 1 left, 0 stayed. */
  readonly labels: Uint8Array<ArrayBuffer>;
  /** 1 train, 0 test, NaN neither; undefined where the table has no split. */
  readonly split: Float64Array<ArrayBuffer> | undefined;
  /** Undefined where the table has one row a subscription. */
  readonly panel: Panel | undefined;
  readonly names: PanelNames | undefined;
  /** Over names, types, subscriptions, months, values, labels and split; the same for any division into batches. */
  readonly hash: string;
}

/** Columns in addition to features and labels. */
export interface TrainingRowFacts {
  readonly hasSplit: boolean;
  /** A row for each subscription and month. */
  readonly isPanel?: boolean;
  /** Column, requested after the features, that is 1 where a row has no label because its subscription churned in the gap. */
  readonly lostInGap?: string | undefined;
}

/** Gathers batches into one growing buffer per column; rows without a label are omitted. */
export class TrainingRowCollector {
  private readonly collectors: (NumberCollector | CategoryCollector)[];
  private readonly labels = new NumberCollector('label');
  private readonly split: NumberCollector | undefined;
  private readonly panel: PanelCollector | undefined;
  private readonly lostInGap: string | undefined;
  private readonly subscriptions = createHash('sha256');

  constructor(
    private readonly columns: readonly TypedColumn[],
    { hasSplit, isPanel, lostInGap }: TrainingRowFacts,
    private readonly rowsMax: number,
  ) {
    this.collectors = columns.map(({ name, type }) =>
      type === 'category' ? new CategoryCollector(name) : new NumberCollector(name),
    );
    this.split = hasSplit ? new NumberCollector('split') : undefined;
    this.panel = isPanel === true ? new PanelCollector() : undefined;
    this.lostInGap = lostInGap;
  }

  get rowCount(): number {
    return this.labels.rowCount;
  }

  /** @throws tooLarge */
  add({ subject, features, facts }: BatchParts): void {
    const labels = readNumbers(facts, 'label');
    const known: number[] = [];
    labels.forEach((label, row) => {
      if (!Number.isNaN(label)) known.push(row);
    });
    if (this.rowCount + known.length > this.rowsMax) throw tooManyRows({ max: this.rowsMax });
    const subscriptions = readUuids(subject, 'subscription_id');
    for (const row of known) this.subscriptions.update(subscriptions[row]!);
    for (const collector of this.collectors) collector.add(features, known);
    this.labels.add(facts, known);
    this.split?.add(facts, known);
    this.panel?.add(subject, known, this.lostRows(features, labels));
  }

  private lostRows(features: ColumnBatch, labels: Float64Array): number[] {
    if (this.lostInGap === undefined) return [];
    const isLost = readNumbers(features, this.lostInGap);
    return [...labels.keys()].filter((row) => Number.isNaN(labels[row]!) && isLost[row] === 1);
  }

  finish(): TrainingRows {
    const columns = this.collectors.map((collector) => collector.finish());
    const labels = Uint8Array.from(this.labels.finish().values);
    const split = this.split?.finish().values;
    const hash = createHash('sha256').update(JSON.stringify(this.columns)).update(this.subscriptions.digest());
    for (const column of columns) {
      if (column.kind === 'number') hash.update(column.values);
      else hash.update(column.codes).update(JSON.stringify(column.categories));
    }
    hash.update(labels);
    if (split !== undefined) hash.update(split);
    const { panel, names } = this.panel?.finish() ?? { panel: undefined, names: undefined };
    if (panel !== undefined) {
      const lost = [...panel.lostInGapByMonth].sort(([left], [right]) => left - right);
      hash.update(panel.months).update(JSON.stringify(lost));
    }
    return { columns, labels, split, panel, names, hash: hash.digest('hex') };
  }
}

const FIRST_CAPACITY = 8_192;

class NumberCollector {
  private values = new Float64Array(FIRST_CAPACITY);
  rowCount = 0;

  constructor(private readonly name: string) {}

  add(batch: ColumnBatch, rows: readonly number[]): void {
    const incoming = readNumbers(batch, this.name);
    if (this.rowCount + rows.length > this.values.length) {
      const grown = new Float64Array(Math.max(2 * this.values.length, this.rowCount + rows.length));
      grown.set(this.values);
      this.values = grown;
    }
    for (const row of rows) this.values[this.rowCount++] = incoming[row]!;
  }

  finish() {
    return { kind: 'number' as const, name: this.name, values: this.values.slice(0, this.rowCount) };
  }
}

class CategoryCollector {
  private codes = new Uint32Array(FIRST_CAPACITY);
  private readonly codeOf = new Map<string, number>();
  private rowCount = 0;

  constructor(private readonly name: string) {}

  /** Every batch has its own dictionary; this one lists the categories in the order of the rows. */
  add(batch: ColumnBatch, rows: readonly number[]): void {
    const { codes, dictionary } = readCategory(batch, this.name);
    if (this.rowCount + rows.length > this.codes.length) {
      const grown = new Uint32Array(Math.max(2 * this.codes.length, this.rowCount + rows.length));
      grown.set(this.codes);
      this.codes = grown;
    }
    const translated = new Uint32Array(dictionary.length).fill(ABSENT_CODE);
    for (const row of rows) {
      const code = codes[row]!;
      if (code !== ABSENT_CODE && translated[code] === ABSENT_CODE) translated[code] = this.codeFor(dictionary[code]!);
      this.codes[this.rowCount++] = code === ABSENT_CODE ? ABSENT_CODE : translated[code]!;
    }
  }

  private codeFor(category: string): number {
    const known = this.codeOf.get(category);
    if (known !== undefined) return known;
    this.codeOf.set(category, this.codeOf.size);
    return this.codeOf.size - 1;
  }

  finish() {
    return {
      kind: 'category' as const,
      name: this.name,
      codes: this.codes.slice(0, this.rowCount),
      categories: [...this.codeOf.keys()],
    };
  }
}
