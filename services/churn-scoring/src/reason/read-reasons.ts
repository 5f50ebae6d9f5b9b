import {
  Reasons,
  type Cause as CauseMessage,
  type CauseEvidence,
  type Change,
  type ChangedColumn,
  type OtherCause,
  type Reason,
} from '@holdfast/contracts/churn_scoring/v1/scoring';
import { CAUSES, CHANGE_LEVERS, OTHER_CAUSES } from '@holdfast/platform/terms';
import type { TypedColumn } from '../table/typed-column.js';
import { columnsByCause, type CauseColumn } from './cause-columns.js';
import type { CauseModel } from './cause-model.js';
import type { Comparisons } from './comparisons.js';
import {
  CONTRIBUTION_UNITS,
  COUNT_BITS,
  EVIDENCE_SHIFT,
  NAMED_BIT,
  PACKED,
  PROBABILITY_UNITS,
} from './pack-reasons.js';
import { PackedReader } from './packed-bytes.js';
import { TAXONOMY, elementOf } from './taxonomy.js';
import { wireTo, wireUsual, wireValue, type Value } from './wire-values.js';

/** Whether the bytes need the model of their run to be read; former releases stored an encoded message. */
export function arePacked(bytes: Uint8Array): boolean {
  return bytes[0] === PACKED;
}

/** Reads what a `ReasonPacker` of the same model packed: names, types, what a value is compared with, the taxonomy. */
export class ReasonReader {
  private readonly byCause: readonly (readonly CauseColumn[])[];
  private readonly hasCauses: boolean;
  private readonly textsAt: readonly ((place: number) => string)[];
  private base: number | undefined;

  /**
   * @param columns those of explanations, in their order
   * @param baseOf the log-odds to which the contributions of any row add; called once
   */
  constructor(
    private readonly columns: readonly TypedColumn[],
    private readonly causes: CauseModel,
    private readonly comparisons: Comparisons,
    private readonly baseOf: () => number,
  ) {
    this.byCause = columnsByCause(causes, columns);
    this.hasCauses = this.byCause.some((each) => each.length > 0);
    this.textsAt = columns.map(
      ({ name }) =>
        (place) =>
          comparisons.textAt(name, place),
    );
  }

  /** @param bytes packed ones, or a message as former releases stored it */
  read(bytes: Uint8Array): Reasons {
    if (!arePacked(bytes)) return Reasons.decode(bytes);
    const reader = new PackedReader(bytes);
    reader.byte();
    const counts = [reader.byte(), reader.byte()];
    const values = new Map<number, Value>();
    const [raising, lowering] = counts.map((count) => Array.from({ length: count }, () => this.reason(reader, values)));
    const reasons: Reasons = {
      ...{ raising: raising!, lowering: lowering!, baseLogOdds: (this.base ??= this.baseOf()) },
      ...{ causes: [], otherCauses: [], comparisonGroup: undefined },
      ...{ hasClearReason: false, codedLeavers: 0, change: undefined },
    };
    if (!this.hasCauses) return reasons;
    const group = reader.whole();
    reasons.causes = CAUSES.map((_, place) => this.cause(reader, place, group, values));
    reasons.causes.sort((left, right) => right.probability - left.probability);
    reasons.otherCauses = OTHER_CAUSES.map((cause): OtherCause => {
      const { branch, group: ofTaxonomy, controllable } = TAXONOMY[cause];
      return { cause, probability: reader.whole() / PROBABILITY_UNITS, branch, group: ofTaxonomy, controllable };
    }).sort((left, right) => right.probability - left.probability);
    const { tenureFrom, tenureTo, plan = '', rows } = this.causes.groups.describe(group);
    reasons.comparisonGroup = { tenureFrom, tenureTo, plan, rows };
    reasons.hasClearReason = reasons.causes.some(({ named }) => named);
    reasons.codedLeavers = this.causes.json.codedLeavers;
    if (!reader.isEnd) reasons.change = this.change(reader, group);
    return reasons;
  }

  private reason(reader: PackedReader, values: Map<number, Value>): Reason {
    const index = reader.whole();
    const contribution = reader.signed() / CONTRIBUTION_UNITS;
    const value = this.value(reader, index, values);
    const column = this.columns[index]!;
    const comparison = this.comparisons.of(column, value);
    return { column: column.name, contribution, value: wireValue(value), comparison, type: column.type };
  }

  /** A row's value of a column is packed where the column is mentioned first. */
  private value(reader: PackedReader, index: number, values: Map<number, Value>): Value {
    if (!values.has(index)) values.set(index, reader.value(this.textsAt[index]!));
    return values.get(index);
  }

  private cause(reader: PackedReader, place: number, usualIn: number, values: Map<number, Value>): CauseMessage {
    const cause = CAUSES[place]!;
    const columns = this.byCause[place]!;
    const counts = reader.byte();
    const probability = reader.whole() / PROBABILITY_UNITS;
    const contribution = reader.signed() / CONTRIBUTION_UNITS;
    const names = Array.from({ length: counts & COUNT_BITS }, () => columns[reader.whole()]!.column.name);
    const evidence = Array.from({ length: (counts >> EVIDENCE_SHIFT) & COUNT_BITS }, (): CauseEvidence => {
      const { column, index } = columns[reader.whole()]!;
      const strength = reader.signed() / CONTRIBUTION_UNITS;
      const value = this.value(reader, index, values);
      const usual = this.causes.groups.usualValue(usualIn, column.name);
      const sinceMonths = reader.byte() || undefined;
      return {
        ...{ column: column.name, contribution: strength, value: wireValue(value) },
        ...{ usual: wireUsual(usual), type: column.type, sinceMonths, element: elementOf(column.name) },
      };
    });
    const { branch, group, controllable } = TAXONOMY[cause];
    const named = (counts & NAMED_BIT) !== 0;
    return { cause, contribution, columns: names, controllable, probability, branch, group, evidence, named };
  }

  private change(reader: PackedReader, usualIn: number): Change {
    const bits = reader.byte();
    const probability = reader.double();
    const columns = Array.from({ length: reader.whole() }, (): ChangedColumn => {
      const index = reader.whole();
      const { name, type } = this.columns[index]!;
      const value = reader.value(this.textsAt[index]!);
      return { column: name, type, value: wireValue(value), to: wireTo(this.causes.groups.usualValue(usualIn, name)) };
    });
    return { levers: CHANGE_LEVERS.filter((_, at) => (bits >> at) % 2 === 1), columns, probability };
  }
}
