import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { gauge } from './measurements.js';

const NANOS_PER_SECOND = 1e9;
const DELAY_PERCENTILE = 99;

/** Memory and event loop of this process, since the reading before. */
export function measureProcess(): void {
  const delay = monitorEventLoopDelay();
  delay.enable();
  let before = performance.eventLoopUtilization();
  gauge('nodejs.eventloop.utilization', () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    return [{ value: utilization }];
  });
  gauge('nodejs.eventloop.delay.p99', () => {
    const value = delay.percentile(DELAY_PERCENTILE) / NANOS_PER_SECOND;
    delay.reset();
    return [{ value }];
  });
  gauge('process.memory.usage', () => [{ value: process.memoryUsage.rss() }]);
}
