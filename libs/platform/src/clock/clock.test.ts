import { Clock } from './clock.js';

describe('clock', () => {
  it('runs with the machine where nothing is set', () => {
    expect(Math.abs(new Clock().now().getTime() - Date.now())).toBeLessThan(1_000);
  });

  it('shows the same instant in every process that shares an anchor', () => {
    const anchor = new Date(Date.now() - 90_000).toISOString();
    const clock = new Clock(`2026-10-03T10:00:00+08:00@${anchor}`);
    expect(clock.now().getTime()).toBeGreaterThanOrEqual(Date.parse('2026-10-03T02:01:30Z'));
    expect(clock.now().getTime()).toBeLessThan(Date.parse('2026-10-03T02:02:00Z'));
    expect(Math.abs(clock.wall().getTime() - Date.now())).toBeLessThan(1_000);
  });

  it('refuses what is no instant, naming the setting', () => {
    expect(() => new Clock('yesterday')).toThrow('HOLDFAST_NOW');
    expect(() => new Clock('2026-10-03T10:00:00Z@soon')).toThrow('HOLDFAST_NOW');
  });
});
