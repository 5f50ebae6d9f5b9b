import type { Calls } from '../evidence/calls.js';
import type { Kinship } from '../evidence/kinship.js';
import { countDays, type DayMask, type MonthDays } from '../evidence/month-days.js';
import { ACTIVE, EVENING, NIGHT, TALKED, startsOf, type Presence } from '../evidence/presence.js';
import type { Subjects } from '../evidence/subjects.js';
import { BUILDING, linkBits, type LinkedPairs } from './links.js';
import { Pairs } from './pairs.js';
import { TOP_CELLS, ruleFigures, type RuleLimits, topCells } from './rules.js';

interface MeetingInputs {
  subjects: Subjects;
  presence: Presence;
  kinship: Kinship;
  calls: Calls;
  linked: LinkedPairs;
  month: MonthDays;
  holidays: DayMask;
  limits: RuleLimits;
  /** A cell on a day, or a frequent cell, with more people makes no pair. */
  crowdMax: number;
}

/**
 * Finds the pairs of one subscription after the other: every one that it met in a cell on a day, shares a frequent cell
 * with, or is linked to. It is the product of a sparse matrix with its transpose, row by row with a dense accumulator
 * (Gustavson, "Two fast algorithms for sparse matrices", ACM TOMS 4(3), 1978): O(Σ over cells and days of those present²),
 * bounded by crowdMax × rows; memory is 25 bytes per subscription in addition to the presence, for any number of pairs.
 *
 * Linked pairs are counted in crowds, too.
 */
export class MeetingFinder {
  private readonly talked: Int32Array;
  private readonly evening: Int32Array;
  private readonly active: Int32Array;
  private readonly night: Int32Array;
  private readonly sharedTop: Int32Array;
  private readonly isFound: Uint8Array;
  private found: number[] = [];
  private readonly top: { cells: Int32Array; start: Int32Array };
  private readonly topHolders: { order: Int32Array; start: Int32Array };
  private readonly holderOf: Int32Array;
  /** Excluded crowds. */
  readonly crowds: { cellDays: number; cells: number };

  constructor(private readonly inputs: MeetingInputs) {
    const { subjects, presence, limits, crowdMax } = inputs;
    const count = subjects.ids.count;
    [this.talked, this.evening, this.active, this.night, this.sharedTop] = Array.from(
      { length: 5 },
      () => new Int32Array(count),
    ) as [Int32Array, Int32Array, Int32Array, Int32Array, Int32Array];
    this.isFound = new Uint8Array(count);
    this.top = topCellsOf(presence, count, limits.topCells);
    this.holderOf = new Int32Array(this.top.cells.length);
    for (let subject = 0; subject < count; subject += 1)
      this.holderOf.fill(subject, this.top.start[subject], this.top.start[subject + 1]);
    this.topHolders = startsOf(this.top.cells, presence.cellCount);
    this.crowds = {
      cellDays: countOver(presence.groupStart, crowdMax),
      cells: countOver(this.topHolders.start, crowdMax),
    };
  }

  /** Pairs of which `left` is the lesser that some rule or some link finds, ascending by the other. */
  pairsOf(left: number): Pairs {
    const { linked, subjects, kinship, month, holidays, limits } = this.inputs;
    this.meet(left);
    this.shareCells(left);
    const linkedRights = linked.right.subarray(linked.start[left]!, linked.start[left + 1]!);
    for (const right of linkedRights) this.lookClosely(left, right);
    const rights = Int32Array.from(this.found).sort();
    const pairs = new Pairs(rights.length);
    let kept = 0;
    for (const right of rights) {
      if (this.isHopeless(right)) continue;
      const meeting = {
        talked: this.talked[right]!,
        evening: this.evening[right]!,
        active: this.active[right]!,
        night: this.night[right]!,
        sharedTop: this.sharedTop[right]!,
        leftTop: this.topCount(left),
        rightTop: this.topCount(right),
      };
      const figures = ruleFigures(meeting, month, holidays, limits);
      const isLinked = this.isFound[right] === LINKED;
      if (!isLinked && figures.rules === 0) continue;
      // who met often enough for another rule may share cells that are too crowded to have been counted
      if (!isLinked && figures.rules !== TOP_CELLS) {
        meeting.sharedTop = this.sharedTopOf(left, right);
        Object.assign(figures, ruleFigures(meeting, month, holidays, limits));
      }
      const calls = this.inputs.calls.between(left, right);
      pairs.left[kept] = left;
      pairs.right[kept] = right;
      pairs.sharedDays[kept] = figures.sharedDays;
      pairs.holidayDays[kept] = figures.holidayDays;
      pairs.eveningDays[kept] = figures.eveningDays;
      pairs.nightDays[kept] = figures.nightDays;
      pairs.cellOverlap[kept] = figures.cellOverlap;
      pairs.calls[kept] = calls;
      pairs.links[kept] = linkBits(subjects, kinship, calls, left, right);
      pairs.rules[kept] = figures.rules;
      kept += 1;
    }
    this.forget();
    return pairs.taken(Uint32Array.from({ length: kept }, (_, row) => row));
  }

  private meet(left: number): void {
    const { presence, crowdMax } = this.inputs;
    const { rowsOf, rowsStart, group, groupStart, groupDay, subject, did } = presence;
    for (let at = rowsStart[left]!; at < rowsStart[left + 1]!; at += 1) {
      const row = rowsOf[at]!;
      const here = group[row]!;
      const end = groupStart[here + 1]!;
      if (end - groupStart[here]! > crowdMax) continue;
      const day = 1 << groupDay[here]!;
      const mine = did[row]!;
      for (let other = row + 1; other < end; other += 1) {
        const right = subject[other]!;
        this.note(right);
        this.mark(right, day, mine & did[other]!);
      }
    }
  }

  private shareCells(left: number): void {
    const { order, start } = this.topHolders;
    for (let at = this.top.start[left]!; at < this.top.start[left + 1]!; at += 1) {
      const cell = this.top.cells[at]!;
      if (start[cell + 1]! - start[cell]! > this.inputs.crowdMax) continue;
      for (let place = start[cell]!; place < start[cell + 1]!; place += 1) {
        const right = this.holderOf[order[place]!]!;
        if (right <= left) continue;
        this.note(right);
        this.sharedTop[right]! += 1;
      }
    }
  }

  /** Counts a pair again, over all cells and days: O(rows of both). */
  private lookClosely(left: number, right: number): void {
    const { rowsOf, rowsStart, group, groupDay, did } = this.inputs.presence;
    this.note(right);
    this.isFound[right] = LINKED;
    this.clear(right);
    let mine = rowsStart[left]!;
    let theirs = rowsStart[right]!;
    while (mine < rowsStart[left + 1]! && theirs < rowsStart[right + 1]!) {
      const [myGroup, theirGroup] = [group[rowsOf[mine]!]!, group[rowsOf[theirs]!]!];
      if (myGroup === theirGroup)
        this.mark(right, 1 << groupDay[myGroup]!, did[rowsOf[mine]!]! & did[rowsOf[theirs]!]!);
      if (myGroup <= theirGroup) mine += 1;
      if (theirGroup <= myGroup) theirs += 1;
    }
    this.sharedTop[right] = this.sharedTopOf(left, right);
  }

  /** Most people who pass each other once or twice a month: no rule can find them, which is cheap to see. */
  private isHopeless(right: number): boolean {
    const { sameCellDaysMin, holidayDaysMin, eveningDaysMin } = this.inputs.limits;
    const daysMin = Math.min(sameCellDaysMin, holidayDaysMin, eveningDaysMin);
    return this.isFound[right] === MET && this.sharedTop[right] === 0 && countDays(this.active[right]!) < daysMin;
  }

  private mark(right: number, day: DayMask, both: number): void {
    if (both & ACTIVE) this.active[right]! |= day;
    if (both & TALKED) this.talked[right]! |= day;
    if (both & EVENING) this.evening[right]! |= day;
    if (both & NIGHT) this.night[right]! |= day;
  }

  private sharedTopOf(left: number, right: number): number {
    const { cells, start } = this.top;
    const mine = cells.subarray(start[left]!, start[left + 1]!);
    let shared = 0;
    for (let at = start[right]!; at < start[right + 1]!; at += 1) if (mine.includes(cells[at]!)) shared += 1;
    return shared;
  }

  private topCount(subject: number): number {
    return this.top.start[subject + 1]! - this.top.start[subject]!;
  }

  private note(right: number): void {
    if (this.isFound[right] !== 0) return;
    this.isFound[right] = MET;
    this.found.push(right);
  }

  private forget(): void {
    for (const right of this.found) {
      this.clear(right);
      this.isFound[right] = 0;
    }
    this.found = [];
  }

  private clear(right: number): void {
    this.talked[right] = 0;
    this.evening[right] = 0;
    this.active[right] = 0;
    this.night[right] = 0;
    this.sharedTop[right] = 0;
  }
}

const MET = 1;
const LINKED = 2;

/** The most frequent call cells of all, one subscription after the other. */
function topCellsOf(presence: Presence, count: number, topCount: number): { cells: Int32Array; start: Int32Array } {
  const { callCells, callCounts, callStart } = presence;
  const start = new Int32Array(count + 1);
  const cells = new Int32Array(callCells.length);
  for (let subject = 0; subject < count; subject += 1) {
    const [from, to] = [callStart[subject]!, callStart[subject + 1]!];
    const top = topCells(callCells.subarray(from, to), callCounts.subarray(from, to), topCount);
    cells.set(top, start[subject]!);
    start[subject + 1] = start[subject]! + top.length;
  }
  return { cells: cells.slice(0, start[count]!), start };
}

function countOver(starts: Int32Array, max: number): number {
  let over = 0;
  for (let at = 0; at + 1 < starts.length; at += 1) if (starts[at + 1]! - starts[at]! > max) over += 1;
  return over;
}

/** Whether a pair has evidence other than co-presence. A building alone is the crowd of a tower. */
export function hasLink(links: number): boolean {
  return (links & ~BUILDING) !== 0;
}
