import { createHash } from 'node:crypto';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import type { CategoryColumn, Column } from '@holdfast/learning/table';
import { ABSENT_CODE, readCategory, readNumbers, readUuids } from '@holdfast/platform/columns';
import { failure } from '@holdfast/platform/errors';
import type { BatchParts } from '../table/batch-table.js';
import type { CauseColumns, TypedColumn } from '../table/typed-column.js';
import type { Kind } from '../model/kind.js';
import { hasDates, isLostInGap, labelOfKind, leftAfterOf, rowOutcomes, type Outcome } from './outcomes.js';
import { sharedDoubles, sharedIntegers } from './shared-memory.js';
import { PanelCollector, forEachKind, type PanelNames, type SharedPanel } from './panel.js';

const tooManyRows = failure('tooLarge', 'training.tooManyRows', {
  en: 'The table has more than {max} rows to train on. Raise HOLDFAST_TRAINING_ROWS_MAX.',
  'zh-CN': '可用于训练的行数超过 {max}，请调大 HOLDFAST_TRAINING_ROWS_MAX。',
});

/** The rows of a table whose label of some kind is known, in memory that the training threads share. */
export interface TrainingRows {
  readonly columns: readonly Column[];
  /** By kind that is trained: 1 left by it, 0 did not, NaN not known. */
  readonly labels: ReadonlyMap<Kind, Float64Array>;
  /** By kind of which the table has dates: months after the row in which it left by the kind, NaN where it did not. */
  readonly leftAfter: ReadonlyMap<Kind, Float64Array>;
  /** 1 train, 0 test, NaN neither; undefined where the table has no split. */
  readonly split: Float64Array | undefined;
  /** Undefined where the table has one row a subscription. */
  readonly panel: SharedPanel | undefined;
  readonly names: PanelNames | undefined;
  /** Codes of reasons of churned rows; undefined where the table has none. */
  readonly leaveReasons: CategoryColumn | undefined;
  /** 1 where a campaign contacted the subscription before its label, NaN where unknown; undefined without the column. */
  readonly contacted: Float64Array | undefined;
  /** Over names, types, subscriptions, months, values, all labels and split; the same for any division into batches. */
  readonly hash: string;
}

/** Columns in addition to features and labels. */
export interface TrainingRowFacts {
  readonly hasSplit: boolean;
  /** A row for each subscription and month. */
  readonly isPanel?: boolean;
  /** Requested after the features. */
  readonly outcomes?: readonly Outcome[];
  /** Requested after the outcomes. */
  readonly causes?: CauseColumns;
}

/** Gathers batches into one growing buffer per column; rows without a label of any kind are omitted. */
export class TrainingRowCollector {
  private readonly collectors: (NumberCollector | CategoryCollector)[];
  private readonly labels: ReadonlyMap<Kind, NumberCollector>;
  private readonly leftAfter: ReadonlyMap<Kind, NumberCollector>;
  private readonly split: NumberCollector | undefined;
  private readonly panel: PanelCollector | undefined;
  private readonly outcomes: readonly Outcome[];
  private readonly leaveReasons: CategoryCollector | undefined;
  private readonly contacted: NumberCollector | undefined;
  private readonly subscriptions = createHash('sha256');
  private rows = 0;

  /** @param kinds that are trained on the rows */
  constructor(
    private readonly columns: readonly TypedColumn[],
    kinds: readonly Kind[],
    { hasSplit, isPanel, outcomes = [], causes = {} }: TrainingRowFacts,
    private readonly rowsMax: number,
  ) {
    this.collectors = columns.map(({ name, type }) =>
      type === 'category' ? new CategoryCollector(name) : new NumberCollector(name),
    );
    this.labels = new Map(kinds.map((kind) => [kind, new NumberCollector(kind)]));
    const dated = kinds.filter((kind) => hasDates(kind, outcomes));
    this.leftAfter = new Map(dated.map((kind) => [kind, new NumberCollector(kind)]));
    this.split = hasSplit ? new NumberCollector('split') : undefined;
    this.panel = isPanel === true ? new PanelCollector() : undefined;
    this.outcomes = outcomes;
    if (causes.leaveReason !== undefined) this.leaveReasons = new CategoryCollector(causes.leaveReason.name);
    if (causes.contacted !== undefined) this.contacted = new NumberCollector(causes.contacted.name);
  }

  get rowCount(): number {
    return this.rows;
  }

  /** @throws tooLarge */
  add({ subject, features, facts }: BatchParts): void {
    const outcomes = rowOutcomes(features, this.outcomes);
    const all = readNumbers(facts, 'label');
    const labels = new Map(
      [...this.labels.keys()].map((kind) => [kind, all.map((label, row) => labelOfKind(kind, label, outcomes[row]!))]),
    );
    const known = [...all.keys()].filter((row) => [...labels.values()].some((ofKind) => !Number.isNaN(ofKind[row]!)));
    if (this.rows + known.length > this.rowsMax) throw tooManyRows({ max: this.rowsMax });
    this.rows += known.length;
    const subscriptions = readUuids(subject, 'subscription_id');
    for (const row of known) this.subscriptions.update(subscriptions[row]!);
    for (const collector of this.collectors) collector.add(features, known);
    for (const [kind, collector] of this.labels) collector.addValues(labels.get(kind)!, known);
    for (const [kind, collector] of this.leftAfter) {
      collector.addValues(
        Float64Array.from(outcomes, (row) => leftAfterOf(kind, row)),
        known,
      );
    }
    this.split?.add(facts, known);
    this.leaveReasons?.add(features, known);
    this.contacted?.add(features, known);
    const unlabelled = [...all.keys()].filter((row) => Number.isNaN(all[row]!));
    const lostOf = (kind: Kind): number[] => unlabelled.filter((row) => isLostInGap(kind, outcomes[row]!));
    this.panel?.add(subject, known, forEachKind(lostOf));
  }

  finish(): TrainingRows {
    const columns = this.collectors.map((collector) => collector.finish());
    const labels = new Map([...this.labels].map(([kind, collector]) => [kind, collector.finish().values]));
    const leftAfter = new Map([...this.leftAfter].map(([kind, collector]) => [kind, collector.finish().values]));
    const split = this.split?.finish().values;
    const hash = createHash('sha256').update(JSON.stringify(this.columns)).update(this.subscriptions.digest());
    for (const column of columns) {
      if (column.kind === 'number') hash.update(column.values);
      else hash.update(column.codes).update(JSON.stringify(column.categories));
    }
    for (const [kind, values] of [...labels, ...leftAfter]) hash.update(kind).update(values);
    if (split !== undefined) hash.update(split);
    const { panel, names } = this.panel?.finish() ?? { panel: undefined, names: undefined };
    if (panel !== undefined) {
      const lost = Object.entries(panel.lostInGap).map(([kind, counts]) => [kind, [...counts].sort(byMonth)]);
      hash.update(panel.months).update(JSON.stringify(lost));
    }
    const leaveReasons = this.leaveReasons?.finish();
    if (leaveReasons !== undefined) hash.update(leaveReasons.codes).update(JSON.stringify(leaveReasons.categories));
    const contacted = this.contacted?.finish().values;
    if (contacted !== undefined) hash.update(contacted);
    return { columns, labels, leftAfter, split, panel, names, leaveReasons, contacted, hash: hash.digest('hex') };
  }
}

function byMonth([left]: [number, number], [right]: [number, number]): number {
  return left - right;
}

const FIRST_CAPACITY = 8_192;

class NumberCollector {
  private values = new Float64Array(FIRST_CAPACITY);
  rowCount = 0;

  constructor(private readonly name: string) {}

  add(batch: ColumnBatch, rows: readonly number[]): void {
    this.addValues(readNumbers(batch, this.name), rows);
  }

  addValues(incoming: Float64Array, rows: readonly number[]): void {
    if (this.rowCount + rows.length > this.values.length) {
      const grown = new Float64Array(Math.max(2 * this.values.length, this.rowCount + rows.length));
      grown.set(this.values);
      this.values = grown;
    }
    for (const row of rows) this.values[this.rowCount++] = incoming[row]!;
  }

  finish() {
    return { kind: 'number' as const, name: this.name, values: sharedDoubles(this.values.subarray(0, this.rowCount)) };
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
      codes: sharedIntegers(this.codes.subarray(0, this.rowCount)),
      categories: [...this.codeOf.keys()],
    };
  }
}
