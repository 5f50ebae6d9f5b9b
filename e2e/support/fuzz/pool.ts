/** What an answer teaches: the parameters and properties that take a value, by the property that has it. */
const LEARNED: Readonly<Record<string, readonly string[]>> = {
  campaignId: ['campaignId', 'queue'],
  deadLetterId: ['deadLetterId'],
  householdId: ['householdId'],
  importId: ['importId'],
  jobId: ['jobId'],
  leaseId: ['leaseId', 'lease'],
  modelId: ['modelId'],
  nextPageToken: ['pageToken'],
  runId: ['runId'],
  suppressionId: ['suppressionId'],
};
/** The newest of each name: work and states go on. */
const LEARNED_MAX = 16;
const LEARNED_OF_ANSWER_MAX = 4;
const VALUES_OF_ANSWER_MAX = 2_000;

/** Ids and names that exist, by the name of the parameter or property that takes them: given ones, and those in answers. */
export class Pool {
  private readonly given: ReadonlyMap<string, readonly string[]>;
  private readonly learned = new Map<string, string[]>();

  constructor(given: Iterable<readonly [string, readonly string[]]>) {
    this.given = new Map(given);
  }

  /** @param states only those that were last seen in one of them, if there are any */
  of(name: string, states: readonly string[] = []): readonly string[] {
    const fitting = states.flatMap((state) => this.learned.get(inState(name, state)) ?? []);
    return fitting.length > 0 ? fitting : [...(this.given.get(name) ?? []), ...(this.learned.get(name) ?? [])];
  }

  /** Adds what an answer names. */
  learn(answer: unknown): void {
    const found = new Map<string, Set<string>>();
    let left = VALUES_OF_ANSWER_MAX;
    const visit = (value: unknown): void => {
      if (typeof value !== 'object' || value === null || (left -= 1) < 0) return;
      const { state } = value as { state?: unknown };
      for (const [name, each] of Object.entries(value)) {
        if (typeof each === 'object') visit(each);
        if (typeof each !== 'string' || each === '' || !Object.hasOwn(LEARNED, name)) continue;
        for (const taker of LEARNED[name]!) {
          note(taker, each);
          if (typeof state === 'string') note(inState(taker, state), each);
        }
      }
    };
    const note = (name: string, value: string): void => {
      found.set(name, (found.get(name) ?? new Set()).add(value));
    };
    visit(answer);
    for (const [name, values] of found) this.add(name, [...values].slice(0, LEARNED_OF_ANSWER_MAX));
  }

  private add(name: string, values: readonly string[]): void {
    const given = this.given.get(name) ?? [];
    const kept = (this.learned.get(name) ?? []).filter((value) => !values.includes(value));
    const more = values.filter((value) => !given.includes(value));
    this.learned.set(name, [...kept, ...more].slice(-LEARNED_MAX));
  }
}

function inState(name: string, state: string): string {
  return `${name} ${state}`;
}
