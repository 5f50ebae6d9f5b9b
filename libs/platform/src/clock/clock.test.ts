import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
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

  describe('that processes share in a file', () => {
    let folder: string;
    let file: string;
    const minuteMs = 60_000;
    const shows = (clock: Clock, instant: string): boolean =>
      Math.abs(clock.now().getTime() - Date.parse(instant)) < minuteMs;

    beforeEach(() => {
      folder = mkdtempSync(path.join(tmpdir(), 'holdfast-clock-'));
      file = path.join(folder, 'clock.json');
      writeFileSync(file, JSON.stringify({ more: 1, setting: `2026-10-03T02:00:00Z@${new Date().toISOString()}` }));
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    it('follows the months that are published, in all of them, and never goes back', () => {
      const [one, other] = [new Clock('', file), new Clock('2020-01-01T00:00:00Z', file)];
      expect([one, other].map((clock) => shows(clock, '2026-10-03T02:00:00Z'))).toEqual([true, true]);
      one.follow('2026-10');
      expect([one, other].map((clock) => shows(clock, '2026-11-03T02:00:00Z'))).toEqual([true, true]);
      other.follow('2026-10', new Date('2026-11-16T03:00:00Z'));
      expect(shows(one, '2026-11-16T03:00:00Z')).toBe(true);
      one.follow('2026-09');
      expect(shows(new Clock('', file), '2026-11-16T03:00:00Z')).toBe(true);
      expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ more: 1 });
    });

    it('is known before it moves, and does not follow a month far ahead', () => {
      const clock = new Clock('', file);
      const extractedAt = new Date('2026-11-05T03:00:00Z');
      expect(clock.timeAfter('2026-10', extractedAt)).toEqual(extractedAt);
      expect(shows(clock, '2026-10-03T02:00:00Z')).toBe(true);
      clock.follow('2036-10');
      expect(shows(clock, '2026-10-03T02:00:00Z')).toBe(true);
    });

    it('stays what it was while the file cannot be read', () => {
      const clock = new Clock('', file);
      clock.now();
      rmSync(file);
      expect(shows(clock, '2026-10-03T02:00:00Z')).toBe(true);
    });
  });

  it('without a file does not follow the data', () => {
    const clock = new Clock('2026-10-03T02:00:00Z');
    clock.follow('2026-11');
    expect(clock.timeAfter('2026-11').getTime() - Date.parse('2026-10-03T02:00:00Z')).toBeLessThan(1_000);
  });
});
