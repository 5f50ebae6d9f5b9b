import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { ABSENT_CODE, readCategory, readCategoryTexts, readUuids } from '@holdfast/platform/columns';
import { monthNumber } from '@holdfast/platform/calendar';

/** Subscription and month of each row of a monthly table; transferred to the thread. */
export interface Panel {
  /** By row, see `monthNumber`. */
  readonly months: Uint32Array<ArrayBuffer>;
  /** By row, a number for each subscription, in the order of appearance. */
  readonly subscriptions: Uint32Array<ArrayBuffer>;
  /** By month: subscriptions that left inside the gap. */
  readonly lostInGapByMonth: ReadonlyMap<number, number>;
}

/** Names for what a panel counts; stays with the service. */
export interface PanelNames {
  readonly subscriptionIds: readonly string[];
  /** By row; ABSENT_CODE where the row belongs to no unit. */
  readonly unitCodes: Uint32Array;
  readonly orgUnitPaths: readonly string[];
}

/** Collects subscription and month of the kept rows of each batch. */
export class PanelCollector {
  private readonly months: number[] = [];
  private readonly subscriptions: number[] = [];
  private readonly unitCodes: number[] = [];
  private readonly numberOfSubscription = new Map<string, number>();
  private readonly codeOfUnit = new Map<string, number>();
  private readonly lostInGapByMonth = new Map<number, number>();

  /** @param kept numbers of the batch's rows with a label @param lost those that left inside the gap */
  add(subject: ColumnBatch, kept: readonly number[], lost: readonly number[]): void {
    const months = readCategoryTexts(subject, 'month').map((month) => monthNumber(month ?? ''));
    const ids = readUuids(subject, 'subscription_id');
    const units = readCategory(subject, 'org_unit_path');
    for (const row of lost) this.lostInGapByMonth.set(months[row]!, (this.lostInGapByMonth.get(months[row]!) ?? 0) + 1);
    for (const row of kept) {
      this.months.push(months[row]!);
      this.subscriptions.push(numberOf(this.numberOfSubscription, ids[row]!));
      const unit = units.codes[row]!;
      this.unitCodes.push(unit === ABSENT_CODE ? ABSENT_CODE : numberOf(this.codeOfUnit, units.dictionary[unit]!));
    }
  }

  finish(): { panel: Panel; names: PanelNames } {
    return {
      panel: {
        months: Uint32Array.from(this.months),
        subscriptions: Uint32Array.from(this.subscriptions),
        lostInGapByMonth: this.lostInGapByMonth,
      },
      names: {
        subscriptionIds: [...this.numberOfSubscription.keys()],
        unitCodes: Uint32Array.from(this.unitCodes),
        orgUnitPaths: [...this.codeOfUnit.keys()],
      },
    };
  }
}

function numberOf(numbers: Map<string, number>, name: string): number {
  const known = numbers.get(name);
  if (known !== undefined) return known;
  numbers.set(name, numbers.size);
  return numbers.size - 1;
}
