import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { create, type CreateOptions } from './create.js';
import type { CreateSettings } from './settings.js';

/** Resources for an operator of a size. */
export interface SizeTaken {
  subscribers: number;
  seconds: number;
  /** Of all threads; independent of the machine's load. */
  cpuSeconds: number;
  bytes: number;
  events: number;
}

/** Creates operators of several sizes in temporary folders. */
export async function measureSizes(
  sizes: readonly number[],
  settings: CreateSettings,
  options: CreateOptions,
  onSize: (taken: SizeTaken) => void,
): Promise<SizeTaken[]> {
  const taken: SizeTaken[] = [];
  for (const subscribers of sizes) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'twin-scale-'));
    try {
      const started = performance.now();
      const before = process.cpuUsage();
      const { bytes, events } = await create(folder, { ...settings, subscribers }, options);
      const { user, system } = process.cpuUsage(before);
      const seconds = (performance.now() - started) / 1000;
      taken.push({ subscribers, seconds, cpuSeconds: (user + system) / 1e6, bytes, events });
      onSize(taken.at(-1)!);
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  }
  return taken;
}

/** Exponent of a power law: the slope of the least-squares line through the logarithms. */
export function exponentOf(sizes: readonly number[], values: readonly number[]): number {
  const [x, y] = [sizes.map(Math.log), values.map(Math.log)];
  const mean = (all: readonly number[]): number => all.reduce((sum, value) => sum + value, 0) / all.length;
  const [meanX, meanY] = [mean(x), mean(y)];
  const product = x.reduce((sum, value, at) => sum + (value - meanX) * (y[at]! - meanY), 0);
  return product / x.reduce((sum, value) => sum + (value - meanX) ** 2, 0);
}

export function sizeLine({ subscribers, seconds, cpuSeconds, bytes, events }: SizeTaken): string {
  const time = `${seconds.toFixed(1)} s (${cpuSeconds.toFixed(1)} s of CPU)`;
  return `${subscribers}: ${time}, ${(bytes / 1e6).toFixed(1)} MB, ${events} events`;
}

export function exponentLine(taken: readonly SizeTaken[]): string {
  const sizes = taken.map(({ subscribers }) => subscribers);
  const of = (values: (each: SizeTaken) => number): string => exponentOf(sizes, taken.map(values)).toFixed(2);
  const time = of(({ seconds }) => seconds);
  const cpu = of(({ cpuSeconds }) => cpuSeconds);
  return `exponents: time ${time}, CPU ${cpu}, bytes ${of(({ bytes }) => bytes)}`;
}
