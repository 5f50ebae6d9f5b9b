/** Pairs with their evidence, as columns. The lesser number is left. */
export class Pairs {
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly sharedDays: Float32Array;
  readonly holidayDays: Float32Array;
  readonly eveningDays: Float32Array;
  readonly nightDays: Float32Array;
  readonly cellOverlap: Float32Array;
  readonly calls: Float32Array;
  /** Bits of links.ts. */
  readonly links: Uint8Array;
  /** Bits of rules.ts. */
  readonly rules: Uint8Array;

  constructor(readonly count: number) {
    this.left = new Int32Array(count);
    this.right = new Int32Array(count);
    this.sharedDays = new Float32Array(count);
    this.holidayDays = new Float32Array(count);
    this.eveningDays = new Float32Array(count);
    this.nightDays = new Float32Array(count);
    this.cellOverlap = new Float32Array(count);
    this.calls = new Float32Array(count);
    this.links = new Uint8Array(count);
    this.rules = new Uint8Array(count);
  }

  /** Some of the rows, in the order given. */
  taken(rows: Uint32Array): Pairs {
    const taken = new Pairs(rows.length);
    rows.forEach((row, at) => taken.copyRow(at, this, row));
    return taken;
  }

  /** Several one after the other. */
  static joined(parts: readonly Pairs[]): Pairs {
    const all = new Pairs(parts.reduce((sum, { count }) => sum + count, 0));
    let at = 0;
    for (const part of parts) {
      for (const name of PAIR_COLUMNS) all[name].set(part[name], at);
      at += part.count;
    }
    return all;
  }

  copyRow(at: number, from: Pairs, row: number): void {
    for (const name of PAIR_COLUMNS) this[name][at] = from[name][row]!;
  }
}

const PAIR_COLUMNS = [
  'left',
  'right',
  'sharedDays',
  'holidayDays',
  'eveningDays',
  'nightDays',
  'cellOverlap',
  'calls',
  'links',
  'rules',
] as const;
