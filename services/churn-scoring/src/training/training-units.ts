import { UnitSources, type UnitArgs, type UnitCall, type UnitName, type UnitResult } from './units.js';
import type { TrainingInput } from './training-input.js';

/** Computes one unit at a time: this thread, or another one. */
export interface UnitThread {
  compute(call: UnitCall, context: UnitCallContext): Promise<unknown>;
}

interface UnitCallContext {
  readonly signal: AbortSignal;
  readonly onProgress?: ((done: number) => void) | undefined;
}

interface WaitingUnit {
  readonly call: UnitCall;
  readonly context: UnitCallContext;
  readonly resolve: (result: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Distributes units to threads in the order of their requests. So all kinds of a training proceed together, and the
 * one with most units, which depend on each other least, fills the threads at the end.
 */
export class UnitPool {
  private readonly idle: UnitThread[];
  private readonly waiting: WaitingUnit[] = [];

  constructor(threads: readonly UnitThread[]) {
    this.idle = [...threads];
  }

  /** @throws the signal's reason, also while the unit waits; CannotLearnError; what ended the thread */
  compute(call: UnitCall, context: UnitCallContext): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ call, context, resolve, reject });
      this.begin();
    });
  }

  private begin(): void {
    while (this.idle.length > 0 && this.waiting.length > 0) {
      const unit = this.waiting.shift()!;
      if (unit.context.signal.aborted) unit.reject(unit.context.signal.reason);
      else void this.computeOn(this.idle.pop()!, unit);
    }
  }

  private async computeOn(thread: UnitThread, { call, context, resolve, reject }: WaitingUnit): Promise<void> {
    try {
      resolve(await thread.compute(call, context));
    } catch (thrown) {
      reject(thrown);
    }
    this.idle.push(thread);
    this.begin();
  }
}

/** A pool that computes in this thread. */
export function unitsInThread(inputs: readonly TrainingInput[]): UnitPool {
  return new UnitPool([new UnitSources(inputs)]);
}

/** The units of one input. */
export class TrainingUnits {
  constructor(
    private readonly pool: UnitPool,
    private readonly input: number,
    private readonly signal: AbortSignal,
    private readonly excluded: readonly string[] = [],
  ) {}

  /** The same, without some of the columns. */
  without(excluded: readonly string[]): TrainingUnits {
    return new TrainingUnits(this.pool, this.input, this.signal, excluded);
  }

  run<Name extends UnitName>(
    name: Name,
    args: UnitArgs<Name>,
    onProgress?: (done: number) => void,
  ): Promise<UnitResult<Name>> {
    const call: UnitCall<Name> = { name, args, input: this.input, excluded: this.excluded };
    return this.pool.compute(call, { signal: this.signal, onProgress }) as Promise<UnitResult<Name>>;
  }
}
