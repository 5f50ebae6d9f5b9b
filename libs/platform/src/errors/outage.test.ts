import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { Client } from 'pg';
import { asFailure, failure } from './errors.js';
import { isOutage } from './outage.js';

const withCode = (code: string) => Object.assign(new Error('text'), { code });

describe('an outage', () => {
  it.each([
    ['08006', 'connection failure'],
    ['53100', 'disk full'],
    ['53300', 'too many connections'],
    ['57P01', 'administrator shutdown'],
    ['57P03', 'cannot connect now'],
    ['40001', 'serialisation failure'],
    ['40P01', 'deadlock'],
    ['ECONNRESET', 'connection reset'],
    ['ENOSPC', 'no space left'],
  ])('is %s, %s', (code) => {
    expect(isOutage(withCode(code))).toBe(true);
  });

  it.each([['23505'], ['22P02'], ['42P01'], ['ENOENT'], ['EACCES']])('is not %s', (code) => {
    expect(isOutage(withCode(code))).toBe(false);
  });

  it('is found in the cause of an error and in the parts of an aggregate', () => {
    expect(isOutage(new Error('outer', { cause: withCode('57P01') }))).toBe(true);
    expect(isOutage(Object.assign(new Error('query failed'), { driverError: withCode('53100') }))).toBe(true);
    expect(isOutage(new AggregateError([withCode('ECONNREFUSED')]))).toBe(true);
    expect(isOutage(new Error('outer', { cause: withCode('23505') }))).toBe(false);
  });

  it.each([
    'IO Error: Could not write file "/lake/x.parquet": No space left on device',
    'Connection terminated unexpectedly',
    'timeout exceeded when trying to connect',
  ])('is known by its text where a driver gives no code: %s', (text) => {
    expect(isOutage(new Error(text))).toBe(true);
  });

  it('is a database that does not listen, and one that closes the connection', async () => {
    const server = net.createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const connecting = () => new Client({ host: '127.0.0.1', port, user: 'a' }).connect();
    const closed: unknown = await connecting().catch((thrown: unknown) => thrown);
    server.close();
    await once(server, 'close');
    const refused: unknown = await connecting().catch((thrown: unknown) => thrown);
    expect([isOutage(closed), isOutage(refused)]).toEqual([true, true]);
  });

  it('is a failure that may be tried again; a failure keeps its kind', () => {
    const shown = asFailure(withCode('57P01'));
    expect(shown).toMatchObject({ kind: 'unavailable', key: 'system.unavailable', retryAfterSeconds: 5 });
    const invalid = failure('invalid', 'some.key', { en: 'Text.', 'zh-CN': '文。' });
    expect(asFailure(invalid({}, { cause: withCode('57P01') })).kind).toBe('invalid');
  });
});
