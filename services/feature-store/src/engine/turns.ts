/** Limits how many of something run at a time; the others wait in the order of their requests. */
export class Turns {
  private running = 0;
  private readonly waiting = new Set<Turn>();

  constructor(private readonly runningMax: number) {}

  /** Undefined if the turn is free. Each turn is ended, or cancelled while it waits. */
  take(): Turn | undefined {
    if (this.running < this.runningMax) {
      this.running += 1;
      return undefined;
    }
    const turn = new Turn();
    this.waiting.add(turn);
    return turn;
  }

  /** Rejects a turn that waits. @returns false for a turn that has begun */
  cancel(turn: Turn, reason: Error): boolean {
    if (!this.waiting.delete(turn)) return false;
    turn.fail(reason);
    return true;
  }

  end(): void {
    const [next] = this.waiting;
    if (next === undefined) {
      this.running -= 1;
      return;
    }
    this.waiting.delete(next);
    next.begin();
  }
}

/** A turn that was not free when it was requested. */
class Turn {
  begin!: () => void;
  fail!: (reason: Error) => void;
  readonly begun = new Promise<void>((resolve, reject) => {
    this.begin = resolve;
    this.fail = reject;
  });
}
