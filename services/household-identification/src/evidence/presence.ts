import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { readCategoryTexts, readNumbers } from '@holdfast/platform/columns';
import type { MonthDays } from './month-days.js';
import { packedIds } from './packed.js';
import type { SubjectIds } from './subject-ids.js';

/** Activity in a cell on a day, as bits. */
export const TALKED = 1;
export const EVENING = 2;
export const NIGHT = 4;
/** Any event on that day by the calendar: the small hours after a night belong to the night, but are another day's activity. */
export const ACTIVE = 8;

/**
 * Presence by day, as sorted arrays. A group is a cell on a day; its rows are the subscriptions seen there, by number.
 * 15 bytes a row.
 */
export interface Presence {
  /** By row. */
  subject: Int32Array;
  did: Uint8Array;
  group: Int32Array;
  /** Rows of group g: groupStart[g] … groupStart[g + 1] - 1. */
  groupStart: Int32Array;
  /** Day of the month, from 0, by group. */
  groupDay: Uint8Array;
  /** Rows of subject s, ascending: rowsOf[rowsStart[s]] … */
  rowsOf: Int32Array;
  rowsStart: Int32Array;
  /** Cells where subject s made calls, with their number: callCells[callStart[s]] … */
  callCells: Int32Array;
  callCounts: Int32Array;
  callStart: Int32Array;
  cellCount: number;
  /** Rows of subscriptions that customer-profile does not have, or not as active ones. */
  strangers: number;
}

class Growing {
  values = new Int32Array(1 << 16);
  length = 0;

  push(value: number): void {
    if (this.length === this.values.length) {
      const wider = new Int32Array(this.values.length * 2);
      wider.set(this.values);
      this.values = wider;
    }
    this.values[this.length] = value;
    this.length += 1;
  }

  get used(): Int32Array {
    return this.values.subarray(0, this.length);
  }
}

/** Gathers `ReadPresence`, whose rows come by cell, day, subscription. */
export class PresenceReader {
  private readonly subject = new Growing();
  private readonly did = new Growing();
  private readonly group = new Growing();
  private readonly groupStart = new Growing();
  private readonly groupDay = new Growing();
  private readonly callSubject = new Growing();
  private readonly callCell = new Growing();
  private readonly callCount = new Growing();
  private readonly callsHere: Int32Array;
  private readonly calledHere: number[] = [];
  private readonly cellsLeft = new Set<string>();
  private cell: string | undefined;
  private day = Number.NaN;
  private cellCount = 0;
  private strangers = 0;

  constructor(
    private readonly ids: SubjectIds,
    private readonly month: MonthDays,
  ) {
    this.callsHere = new Int32Array(ids.count);
  }

  add(batch: ColumnBatch): void {
    const packed = packedIds(batch, 'subscription_id');
    const cells = readCategoryTexts(batch, 'cell_id');
    const days = readNumbers(batch, 'day');
    const [talked, evening, calls, night, events] = ['talked', 'evening', 'calls', 'night', 'events'].map((name) =>
      readNumbers(batch, name),
    );
    for (let row = 0; row < batch.rows; row += 1) {
      const subject = this.ids.find(packed, row);
      const dayOfMonth = days[row]! - this.month.firstDay;
      if (subject < 0 || cells[row] === undefined || !(dayOfMonth >= 0 && dayOfMonth < this.month.dayCount)) {
        if (subject < 0) this.strangers += 1;
        continue;
      }
      this.enter(cells[row]!, dayOfMonth, subject);
      this.subject.push(subject);
      this.did.push(
        (talked![row]! > 0 ? TALKED : 0) |
          (evening![row]! > 0 ? EVENING : 0) |
          (night![row]! > 0 ? NIGHT : 0) |
          (events![row]! > 0 ? ACTIVE : 0),
      );
      this.group.push(this.groupDay.length - 1);
      if (calls![row]! > 0) {
        if (this.callsHere[subject] === 0) this.calledHere.push(subject);
        this.callsHere[subject]! += calls![row]!;
      }
    }
  }

  finish(): Presence {
    this.leaveCell();
    this.groupStart.push(this.subject.length);
    const subject = this.subject.used;
    const byCell = startsOf(this.callSubject.used, this.ids.count);
    const { start: rowsStart, order: rowsOf } = startsOf(subject, this.ids.count);
    return {
      subject,
      did: Uint8Array.from(this.did.used),
      group: this.group.used,
      groupStart: this.groupStart.used,
      groupDay: Uint8Array.from(this.groupDay.used),
      rowsOf,
      rowsStart,
      callCells: byCell.order.map((at) => this.callCell.values[at]!),
      callCounts: byCell.order.map((at) => this.callCount.values[at]!),
      callStart: byCell.start,
      cellCount: this.cellCount,
      strangers: this.strangers,
    };
  }

  /** Rows in another order would be counted as fewer meetings than there were: that must not go unseen. */
  private enter(cell: string, day: number, subject: number): void {
    if (cell === this.cell && day === this.day) {
      if (subject <= this.subject.values[this.subject.length - 1]!) throw outOfOrder();
      return;
    }
    if (cell !== this.cell) {
      this.leaveCell();
      if (this.cellsLeft.has(cell)) throw outOfOrder();
      this.cellsLeft.add(cell);
      this.cell = cell;
      this.cellCount += 1;
    } else if (day < this.day) throw outOfOrder();
    this.day = day;
    this.groupStart.push(this.subject.length);
    this.groupDay.push(day);
  }

  private leaveCell(): void {
    for (const subject of this.calledHere) {
      this.callSubject.push(subject);
      this.callCell.push(this.cellCount - 1);
      this.callCount.push(this.callsHere[subject]!);
      this.callsHere[subject] = 0;
    }
    this.calledHere.length = 0;
  }
}

function outOfOrder(): Error {
  return new Error('Presence is to come by cell, day and subscription');
}

/** Places of an array by the value there, each value's ascending. O(n). */
export function startsOf(values: Int32Array, count: number): { start: Int32Array; order: Int32Array } {
  const start = new Int32Array(count + 1);
  for (const value of values) start[value + 1]! += 1;
  for (let value = 0; value < count; value += 1) start[value + 1]! += start[value]!;
  const next = start.slice();
  const order = new Int32Array(values.length);
  for (let at = 0; at < values.length; at += 1) order[next[values[at]!]!++] = at;
  return { start, order };
}
