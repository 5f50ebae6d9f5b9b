import { execFile } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { once } from 'node:events';
import { promisify } from 'node:util';
import type { AddressInfo } from 'node:net';

import { diskComplaint } from './disk.mjs';
import { serverFailure } from './failure.mjs';
import { Home, wantedHome } from './home.mjs';
import { operatorOf } from './input.mjs';
import { withAccess } from './main-job.mjs';
import { connectedFrom, freePorts, isPortFree, listenerOf } from './ports.mjs';

describe('ports', () => {
  it('given as free are different and free', async () => {
    const ports = await freePorts(5);
    expect(new Set(ports).size).toBe(5);
    expect(await Promise.all(ports.map(isPortFree))).toEqual([true, true, true, true, true]);
  });

  it('given to processes at the same time are different', async () => {
    const program = `import(${JSON.stringify(path.resolve(__dirname, 'ports.mjs'))})
      .then(({ freePorts }) => freePorts(400)).then((ports) => console.log(ports.join()))`;
    const outputs = await Promise.all(
      [1, 2, 3, 4].map(() => promisify(execFile)(process.execPath, ['--eval', program])),
    );
    const ports = outputs.flatMap(({ stdout }) => stdout.trim().split(','));
    expect(new Set(ports).size).toBe(1_600); // chosen without reservations some 50 would be the same
  });

  it.each(['127.0.0.1', '0.0.0.0'])('in use on %s are found out, with who uses them', async (host) => {
    const server = http.createServer().listen(0, host);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect(await isPortFree(port)).toBe(false);
    expect(listenerOf(port)).toContain(`(pid ${process.pid})`);
    const client = net.connect(port, '127.0.0.1');
    await once(client, 'connect');
    expect(connectedFrom([process.ppid, process.pid], client.localPort!)).toBe(process.pid);
    expect(connectedFrom([process.ppid], client.localPort!)).toBeUndefined();
    expect(connectedFrom([process.pid], port + 1)).toBeUndefined();
    client.destroy();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
    expect(listenerOf(port)).toBeUndefined();
  });
});

describe('the home', () => {
  it.each([
    [{}, undefined, /^\/repository\/\.holdfast$/],
    [{ HOLDFAST_HOME: '/data' }, '/x/table.csv', /^\/data$/],
    [{}, '/x/ibm telco.csv.gz', /^\/repository\/\.holdfast-ibm-telco-[0-9a-f]{8}$/],
  ])('for %j and the table %s', (environment, table, expected) => {
    expect(wantedHome(environment, '/repository', { tableFile: table })).toMatch(expected);
  });

  it('differs for tables of the same name', () => {
    const homeFor = (tableFile: string): string => wantedHome({}, '/r', { tableFile });
    expect(homeFor('/a/table.csv')).not.toBe(homeFor('/b/table.csv'));
  });

  it('of the example and of an extract are their own', () => {
    expect(wantedHome({}, '/r', { example: true })).toBe('/r/.holdfast-example');
    expect(wantedHome({}, '/r', { extractFolder: '/data/2026-09' })).toMatch(/^\/r\/\.holdfast-2026-09-[0-9a-f]{8}$/);
  });
});

describe('the operator', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'operator-test-'));
  afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));
  const newHome = () => new Home(fs.mkdtempSync(path.join(folder, 'home-')));
  const extract = (operator: string) =>
    ({ kind: 'extract', folder: '/x', operator, lastMonth: '2026-09', drawnAt: new Date(0) }) as const;
  const table = { kind: 'table', tableFile: 'a', mappingFile: 'b', isExample: false, lastMonth: undefined } as const;

  it('is the one of the extract, else HOLDFAST_OPERATOR, else demo', () => {
    expect(operatorOf(newHome(), extract('mytel'), undefined)).toBe('mytel');
    expect(operatorOf(newHome(), extract('mytel'), 'mytel')).toBe('mytel');
    expect(operatorOf(newHome(), table, 'mytel')).toBe('mytel');
    expect(operatorOf(newHome(), table, '')).toBe('demo');
  });

  it('stays that of the home', () => {
    const home = newHome();
    expect(operatorOf(home, extract('mytel'), undefined)).toBe('mytel');
    expect(operatorOf(home, extract('mytel'), undefined)).toBe('mytel');
    expect(() => operatorOf(home, extract('other'), undefined)).toThrow(
      /holds the data of the operator mytel, and this input is of the operator other/,
    );
  });

  it('is named with the other one where HOLDFAST_OPERATOR differs from the extract', () => {
    expect(() => operatorOf(newHome(), extract('mytel'), 'demo')).toThrow(
      /operator mytel, but HOLDFAST_OPERATOR is demo/,
    );
    expect(() => operatorOf(newHome(), table, 'My Tel')).toThrow(/HOLDFAST_OPERATOR must be/);
  });
});

describe('what goes wrong', () => {
  it('a nearly full disk', () => {
    expect(diskComplaint('/data', 1.2e9)).toBeUndefined();
    expect(diskComplaint('/data', 0.25e9)).toContain('The disk of /data has 0.25 GB free; Holdfast needs 1 GB');
  });

  it.each([
    ['FATAL:  could not write to file "pg_wal/x": No space left on device', /the disk is full/],
    ['FATAL:  could not bind IPv4 address "127.0.0.1"', /its port was taken/],
    ['FATAL:  lock file "postmaster.pid" already exists', /another server already uses/],
    ['initdb: error: could not access directory: Permission denied', /Set HOLDFAST_HOME/],
    ['FATAL:  database files are incompatible with server', /written by another version/],
    ['something else', /its output:\nsomething else/],
  ])('a server with the output %j', (output, expected) => {
    expect(serverFailure('PostgreSQL', output).message).toMatch(expected);
  });
});

describe('the commands of a stored summary', () => {
  it('get the present address and token', () => {
    const stored = 'curl -H "Authorization: Bearer a-b.c_d.e" http://127.0.0.1:1234/api';
    const present = 'curl -H "Authorization: Bearer x.y.z" http://127.0.0.1:8080/api';
    expect(withAccess(stored, 'http://127.0.0.1:8080', 'x.y.z')).toBe(present);
  });
});
