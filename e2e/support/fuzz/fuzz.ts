/** A fuzz run: requests from the document under every token, several at a time, and the faults of their answers. */
import fc from 'fast-check';

import { faultsOf, kindOf, type CheckedSystem } from './checks.js';
import { Coverage } from './coverage.js';
import { parsed } from './document.js';
import type { Pool } from './pool.js';
import type { FuzzRequest } from './requests.js';
import { Sender, type Answer } from './send.js';

/** Requests at a time. */
const LANES = 6;
/** Attempts to make the request of one fault shorter. */
const SHORTENINGS_MAX = 200;
const PROGRESS_EVERY = 1_000;
const SEED_STEP = 1_000_003;

interface Run extends CheckedSystem {
  baseUrl: string;
  pool: Pool;
  requests: fc.Arbitrary<FuzzRequest>;
}

/** A fault, with the shortest request that shows it. */
interface Fault {
  what: string;
  request: string;
}

interface FuzzResult {
  coverage: Coverage;
  faults: Fault[];
}

/**
 * Sends that many requests. Each kind of fault is reported once, with the shortest request that fast-check finds for it.
 * A seed repeats the requests but for ids that were learned from answers.
 */
export async function fuzz(run: Run, { count, seed }: { count: number; seed: number }): Promise<FuzzResult> {
  const lanes = new Lanes(run, count, seed);
  await lanes.finish();
  return { coverage: lanes.coverage, faults: lanes.faults };
}

class Lanes {
  readonly coverage: Coverage;
  readonly faults: Fault[] = [];
  private readonly sender: Sender;
  private readonly reported = new Set<string>();
  private readonly startedAtMs = performance.now();

  constructor(
    private readonly run: Run,
    private readonly count: number,
    private readonly seed: number,
  ) {
    this.coverage = new Coverage(run.document);
    this.sender = new Sender(run.baseUrl, LANES);
  }

  async finish(): Promise<void> {
    const share = Math.ceil(this.count / LANES);
    try {
      await Promise.all(Array.from({ length: LANES }, (_, lane) => this.lane(share, this.seed + lane * SEED_STEP)));
    } finally {
      this.sender.close();
    }
  }

  private async lane(count: number, seed: number): Promise<void> {
    let sent = 0;
    for (let round = 0; sent < count; round += 1) {
      let kind: string | undefined;
      let what = '';
      let shortenings = 0;
      const property = fc.asyncProperty(this.run.requests, async (request) => {
        if (kind !== undefined && (shortenings += 1) > SHORTENINGS_MAX) return true;
        sent += 1;
        const answer = await this.ask(request);
        const kinds = faultsOf(this.run, request, answer).map((fault) => kindOf(request, fault));
        // While a request is made shorter, only the fault that was found first counts.
        const found = kinds.find((each) => (kind === undefined ? !this.reported.has(each) : each === kind));
        if (found === undefined) return true;
        this.reported.add(found);
        kind = found;
        what = `${found}\n${answer.text.slice(0, 500)}`;
        return false;
      });
      const checked = await fc.check(property, { numRuns: count - sent, seed: seed + round, endOnFailure: false });
      if (!checked.failed) break;
      if (kind === undefined) throw checked.errorInstance;
      this.faults.push({ what, request: textOf(checked.counterexample![0]) });
      process.stderr.write(`fuzz: ${kind}\n`);
    }
  }

  private async ask(request: FuzzRequest): Promise<Answer> {
    const startedAtMs = performance.now();
    const answer = await this.sender.send(request, this.run.tokens.get(request.token)!);
    this.coverage.count(request.operation.name, answer.status, performance.now() - startedAtMs);
    if (answer.status < 400 && answer.contentType?.startsWith('application/json'))
      this.run.pool.learn(parsed(answer.text));
    this.printProgress();
    return answer;
  }

  private printProgress(): void {
    const { requests } = this.coverage;
    if (requests % PROGRESS_EVERY !== 0) return;
    const seconds = Math.round((performance.now() - this.startedAtMs) / 1_000);
    process.stderr.write(`fuzz: seed ${this.seed}, ${requests} of ${this.count} requests in ${seconds} s\n`);
  }
}

function textOf({ operation, token, path, headers, body }: FuzzRequest): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`${operation.method} ${path}`, `token: ${token}`, ...lines, '', String(body ?? '').slice(0, 1_000)].join(
    '\n',
  );
}
