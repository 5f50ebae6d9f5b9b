import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { endProcesses, identify, isRunning, startInStatLine } from './process-identity.mjs';

describe('the identity of a process', () => {
  const fields = Array.from({ length: 49 }, (_, index) => String(index + 4)).join(' ');

  it('is in the 22nd field, whatever the program is called', () => {
    expect(startInStatLine(`17 (node) S ${fields}`)).toBe('22');
    expect(startInStatLine(`17 (a) R 1) (b) S ${fields}`)).toBe('22');
  });

  it('is none for a process that only waits to be reaped', () => {
    expect(startInStatLine(`17 (node) Z ${fields}`)).toBeUndefined();
  });

  it('is not that of a later process with the same number', () => {
    const mine = identify('me', process.pid);
    expect(mine).toBeDefined();
    expect(isRunning({ name: 'me', pid: process.pid, startedAt: String(mine?.startedAt) })).toBe(true);
    expect(isRunning({ name: 'another', pid: process.pid, startedAt: '1' })).toBe(false);
  });
});

describe('ending processes', () => {
  it('ends the one that listens to no signal too, and never one that was given its number', async () => {
    const program = "process.on('SIGTERM', () => {}); console.log(1); setInterval(() => {}, 1000)";
    const stubborn = spawn(process.execPath, ['-e', program]);
    await once(stubborn.stdout, 'data');
    const found = identify('stubborn', Number(stubborn.pid));
    if (found === undefined) throw new Error('the process is not there');
    await endProcesses([{ ...found, startedAt: 'another time' }], { graceSeconds: 0.1 });
    expect(isRunning(found)).toBe(true);
    await endProcesses([found], { graceSeconds: 0.1 });
    expect(isRunning(found)).toBe(false);
  });
});
