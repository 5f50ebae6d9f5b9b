import { hashIntegers } from '@holdfast/learning/random';
import { UNKNOWN, type Subjects } from '../evidence/subjects.js';
import { PERSON, KNOWN } from '../pair/links.js';
import { hasLink } from '../pair/meetings.js';
import { Pairs } from '../pair/pairs.js';

/** What a pair is to the model. */
export type Standing = 'family' | 'strangers' | 'unlabelled' | 'ignored';

/**
 * Members of one known household are a family; members of two different ones are not. Others are unlabelled:
 * most families are in no family plan. Two numbers of one person are neither.
 */
export function standingOf({ links, left, right }: Pairs, { known }: Subjects, row: number): Standing {
  if (links[row]! & PERSON) return 'ignored';
  if (links[row]! & KNOWN) return 'family';
  return known[left[row]!] !== UNKNOWN && known[right[row]!] !== UNKNOWN ? 'strangers' : 'unlabelled';
}

/** Rows of one kind, at most so many: those with the least hashes, so that it does not matter how they came. */
class Reservoir {
  private kept: { hash: number; pair: Pairs; row: number }[] = [];
  private limit = 2 ** 32;
  seen = 0;

  constructor(private readonly rowsMax: number) {}

  offer(pairs: Pairs, row: number): void {
    this.seen += 1;
    const hash = hashIntegers(pairs.left[row]!, pairs.right[row]!);
    if (hash >= this.limit) return;
    this.kept.push({ hash, pair: pairs.taken(Uint32Array.of(row)), row: 0 });
    if (this.kept.length >= 2 * this.rowsMax) this.cut();
  }

  /** In the order of their numbers. */
  finish(): Pairs {
    this.cut();
    const pairs = Pairs.joined(this.kept.map(({ pair }) => pair));
    const order = Uint32Array.from(pairs.left.keys());
    return pairs.taken(order.sort((a, b) => pairs.left[a]! - pairs.left[b]! || pairs.right[a]! - pairs.right[b]!));
  }

  private cut(): void {
    if (this.kept.length <= this.rowsMax) return;
    this.kept.sort((one, other) => one.hash - other.hash);
    this.limit = this.kept[this.rowsMax]!.hash;
    this.kept.length = this.rowsMax;
  }
}

export interface Sample {
  pairs: Pairs;
  /** Of pairs that only co-presence finds, this share is in it; all the others count whole. */
  metShare: number;
}

/** Samples training pairs from all pairs, which may exceed memory. */
export class Sampler {
  /** Known families among them at their natural share: what is learnt depends on it. */
  private readonly linked: Reservoir;
  private readonly met: Reservoir;

  /** @param rowsMax at most; a quarter of them are pairs that only met, of which one is much like the other */
  constructor(
    private readonly subjects: Subjects,
    rowsMax: number,
  ) {
    this.linked = new Reservoir(Math.ceil((3 * rowsMax) / 4));
    this.met = new Reservoir(Math.ceil(rowsMax / 4));
  }

  add(pairs: Pairs): void {
    for (let row = 0; row < pairs.count; row += 1) {
      if (standingOf(pairs, this.subjects, row) === 'ignored') continue;
      (hasLink(pairs.links[row]!) ? this.linked : this.met).offer(pairs, row);
    }
  }

  finish(): Sample {
    const met = this.met.finish();
    return {
      pairs: Pairs.joined([this.linked.finish(), met]),
      metShare: this.met.seen === 0 ? 1 : met.count / this.met.seen,
    };
  }
}
