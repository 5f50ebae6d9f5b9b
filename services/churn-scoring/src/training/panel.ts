import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { ABSENT_CODE, readCategory, readCategoryTexts, readUuids } from '@holdfast/platform/columns';
import { monthNumber } from '@holdfast/platform/calendar';
import { KINDS, type Kind } from '../model/kind.js';
import { sharedIntegers } from './shared-memory.js';

/** Subscription and month of each row of a monthly table, in memory that the training threads share. */
export interface Panel {
  /** By row, see `monthNumber`. */
  readonly months: Uint32Array;
  /** By row, a number for each subscription, in the order of appearance. */
  readonly subscriptions: Uint32Array;
  /** By month: subscriptions that left inside the gap. */
  readonly lostInGapByMonth: LostByMonth;
}

type LostByMonth = ReadonlyMap<number, number>;

/** The panel of all kinds that are trained on the rows. */
export interface SharedPanel extends Omit<Panel, 'lostInGapByMonth'> {
  /** By kind, those that left by it. */
  readonly lostInGap: Readonly<Record<Kind, LostByMonth>>;
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
  private readonly lostInGap = forEachKind(() => new Map<number, number>());

  /** @param kept numbers of the batch's rows with a label @param lost by kind, those that left inside the gap */
  add(subject: ColumnBatch, kept: readonly number[], lost: Readonly<Record<Kind, readonly number[]>>): void {
    const months = readCategoryTexts(subject, 'month').map((month) => monthNumber(month ?? ''));
    const ids = readUuids(subject, 'subscription_id');
    const units = readCategory(subject, 'org_unit_path');
    for (const kind of KINDS) {
      const counts = this.lostInGap[kind];
      for (const row of lost[kind]) counts.set(months[row]!, (counts.get(months[row]!) ?? 0) + 1);
    }
    for (const row of kept) {
      this.months.push(months[row]!);
      this.subscriptions.push(numberOf(this.numberOfSubscription, ids[row]!));
      const unit = units.codes[row]!;
      this.unitCodes.push(unit === ABSENT_CODE ? ABSENT_CODE : numberOf(this.codeOfUnit, units.dictionary[unit]!));
    }
  }

  finish(): { panel: SharedPanel; names: PanelNames } {
    return {
      panel: {
        months: sharedIntegers(this.months),
        subscriptions: sharedIntegers(this.subscriptions),
        lostInGap: this.lostInGap,
      },
      names: {
        subscriptionIds: [...this.numberOfSubscription.keys()],
        unitCodes: Uint32Array.from(this.unitCodes),
        orgUnitPaths: [...this.codeOfUnit.keys()],
      },
    };
  }
}

export function forEachKind<T>(make: (kind: Kind) => T): Record<Kind, T> {
  return Object.fromEntries(KINDS.map((kind) => [kind, make(kind)])) as Record<Kind, T>;
}

function numberOf(numbers: Map<string, number>, name: string): number {
  const known = numbers.get(name);
  if (known !== undefined) return known;
  numbers.set(name, numbers.size);
  return numbers.size - 1;
}
