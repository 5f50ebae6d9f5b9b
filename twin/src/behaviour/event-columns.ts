/** Codes of events, call types and networks by their names in the extract. */
export const KIND = {
  voice_out: 0,
  voice_in: 1,
  sms_out: 2,
  sms_in: 3,
  data: 4,
  location: 5,
  port_query: 6,
  hall_visit: 7,
};
export const CALL = { local: 0, long_distance: 1, roaming: 2 };
export const NETWORK = { own: 0, rival_a: 1, rival_b: 2, fixed: 3 };
/** Empty, in columns of codes and of numbers. */
const NO_CODE = 255;
export const NONE = -1;

/** Events in columns that grow by doubling and are reused; no object per event. */
export class EventColumns {
  count = 0;
  /** Local seconds since 1970. */
  moment = new Uint32Array(0);
  subscription = new Int32Array(0);
  kind = new Uint8Array(0);
  /** Number of the other party, or NONE. */
  peer = new Int32Array(0);
  /** Its subscription, if it is a subscriber. */
  peerSubscription = new Int32Array(0);
  network = new Uint8Array(0);
  isHotline = new Uint8Array(0);
  callType = new Uint8Array(0);
  durationS = new Int32Array(0);
  /** Thousandths of a MB. */
  volumeMilliMb = new Int32Array(0);
  cell = new Int32Array(0);
  private capacity = 0;

  /** @returns the index of the event, its optional columns empty */
  add(moment: number, subscription: number, kind: number, cell: number): number {
    if (this.count === this.capacity) this.grow();
    const at = this.count;
    this.count += 1;
    this.moment[at] = moment;
    this.subscription[at] = subscription;
    this.kind[at] = kind;
    this.cell[at] = cell;
    this.peer[at] = NONE;
    this.peerSubscription[at] = NONE;
    this.network[at] = NO_CODE;
    this.isHotline[at] = 0;
    this.callType[at] = NO_CODE;
    this.durationS[at] = 0;
    this.volumeMilliMb[at] = 0;
    return at;
  }

  addCopy(from: EventColumns, source: number): void {
    const at = this.add(from.moment[source]!, from.subscription[source]!, from.kind[source]!, from.cell[source]!);
    this.peer[at] = from.peer[source]!;
    this.peerSubscription[at] = from.peerSubscription[source]!;
    this.network[at] = from.network[source]!;
    this.isHotline[at] = from.isHotline[source]!;
    this.callType[at] = from.callType[source]!;
    this.durationS[at] = from.durationS[source]!;
    this.volumeMilliMb[at] = from.volumeMilliMb[source]!;
  }

  /** Whether two events are equal except for time and subscription. */
  isSame(left: number, right: number): boolean {
    const { kind, peer, isHotline, callType, durationS, volumeMilliMb, cell } = this;
    const columns = [kind, peer, isHotline, callType, durationS, volumeMilliMb, cell];
    return columns.every((column) => column[left] === column[right]);
  }

  clear(): void {
    this.count = 0;
  }

  private grow(): void {
    this.capacity = Math.max(1024, 2 * this.capacity);
    this.moment = grown(this.moment, new Uint32Array(this.capacity));
    this.subscription = grown(this.subscription, new Int32Array(this.capacity));
    this.kind = grown(this.kind, new Uint8Array(this.capacity));
    this.peer = grown(this.peer, new Int32Array(this.capacity));
    this.peerSubscription = grown(this.peerSubscription, new Int32Array(this.capacity));
    this.network = grown(this.network, new Uint8Array(this.capacity));
    this.isHotline = grown(this.isHotline, new Uint8Array(this.capacity));
    this.callType = grown(this.callType, new Uint8Array(this.capacity));
    this.durationS = grown(this.durationS, new Int32Array(this.capacity));
    this.volumeMilliMb = grown(this.volumeMilliMb, new Int32Array(this.capacity));
    this.cell = grown(this.cell, new Int32Array(this.capacity));
  }
}

function grown<T extends Uint8Array | Int32Array | Uint32Array>(old: T, fresh: T): T {
  fresh.set(old);
  return fresh;
}
