import { ApiError, JobFailedError } from '@holdfast/client/errors';
import type { Month, MonthStep } from '@holdfast/client/gen/operations';
import type { RestClient } from '@holdfast/client/rest-client';
import { sleep } from '@holdfast/client/sleep';

/** Shows progress. */
export type Report = (progress: { text: string; fraction?: number }) => void;

export type StepName = MonthStep['step'];
export type Steps = ReadonlyMap<StepName, MonthStep>;

interface WatchOptions {
  report: Report;
  /** Called once for each step that has been done, with the seconds of its job. */
  onDone?: (step: StepName, seconds: number) => void;
  signal?: AbortSignal | undefined;
}

const LOOK_EVERY_MS = 500;
/** How long nothing may run although something is to come. */
const STALLED_SECONDS_MAX = 900;

/**
 * Watches the steps of a month, which the services start by themselves, until nothing more comes.
 * @param table plain table; null for the extract
 * @throws JobFailedError where a step has failed; an Error where nothing has run for some minutes
 */
export async function watchMonth(
  client: RestClient,
  { month, table }: { month: string; table: string | null },
  { report, onDone = () => undefined, signal }: WatchOptions,
): Promise<Steps> {
  const done = new Set<StepName>();
  let lastRanAtMs = Date.now();
  for (;;) {
    const known = await readMonth(client, month);
    const steps = new Map((known?.steps ?? []).filter((step) => step.table === table).map((step) => [step.step, step]));
    for (const step of steps.values()) {
      if (step.state === 'failed') await failed(client, step);
      if (step.state !== 'done' || done.has(step.step)) continue;
      done.add(step.step);
      onDone(step.step, secondsOf(step));
    }
    const open = [...steps.values()].filter(({ state }) => state === 'waiting' || state === 'running');
    const isPartial = known === undefined || known.unavailable.length > 0;
    if (!isPartial && steps.size > 0 && open.length === 0) return steps;
    const running = open.filter(({ state }) => state === 'running');
    if (running.length > 0 || isPartial) lastRanAtMs = Date.now();
    if (Date.now() - lastRanAtMs > STALLED_SECONDS_MAX * 1_000) throw new Error(stalledText(month, open));
    report(progressOf(running, open));
    await sleep(LOOK_EVERY_MS, signal);
  }
}

/** Undefined while nothing of the month is known. */
async function readMonth(
  client: RestClient,
  month: string,
): Promise<(Month & { unavailable: readonly string[] }) | undefined> {
  try {
    return await client.call('GET /api/v1/months/{month}', { month });
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

async function failed(client: RestClient, { jobId, step, message }: MonthStep): Promise<never> {
  if (jobId === null) throw new Error(`${step}: ${message}`);
  throw new JobFailedError(await client.call('GET /api/v1/jobs/{jobId}', { jobId }));
}

function secondsOf({ requestedAt, endedAt }: MonthStep): number {
  if (requestedAt === null || endedAt === null) return 0;
  return Math.round((Date.parse(endedAt) - Date.parse(requestedAt)) / 100) / 10;
}

/** Of the first step that runs: the text of all would change with each of them. */
function progressOf([first]: readonly MonthStep[], open: readonly MonthStep[]): Parameters<Report>[0] {
  if (first === undefined) return { text: `waiting: ${open.map(({ step }) => step).join(', ')}` };
  const { step, phase, progress } = first;
  return { text: phase === '' ? step : `${step}: ${phase}`, fraction: progress };
}

function stalledText(month: string, open: readonly MonthStep[]): string {
  const waiting = open.map(({ step, message }) => `${step} (${message ?? 'waiting'})`).join(', ');
  return `Nothing of the month ${month} has run for ${STALLED_SECONDS_MAX} seconds; still to come: ${waiting}. The logs of the services have the reason.`;
}
