import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ApiError, UnreachableError } from '@holdfast/client/errors';
import { UsageError, connect, credentialsOf } from './connection.js';
import { exitCodeOf, messageOf } from './failure.js';

let home: string;

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'holdfast-home-'));
  mkdirSync(path.join(home, 'secrets'));
  writeFileSync(
    path.join(home, 'secrets', 'clients.json'),
    JSON.stringify([{ client_id: 'console', secret: 'of the home' }]),
  );
  writeFileSync(path.join(home, 'secret'), 'of the file\n');
});
afterEach(() => rmSync(home, { recursive: true }));

test('the secret comes from the option, else a file, else the home of a local system', () => {
  const environment = { HOLDFAST_HOME: home };
  expect(credentialsOf({}, environment)).toEqual({ clientId: 'console', secret: 'of the home' });
  const withFile = { ...environment, HOLDFAST_CLIENT_ID: 'a', HOLDFAST_CLIENT_SECRET_FILE: path.join(home, 'secret') };
  expect(credentialsOf({}, withFile)).toEqual({ clientId: 'a', secret: 'of the file' });
  expect(credentialsOf({ clientId: 'b', clientSecret: 'x' }, withFile)).toEqual({ clientId: 'b', secret: 'x' });
});

test('the address comes from the option, else the environment, else this machine', () => {
  const urlOf = (url: string | undefined, environment: Record<string, string>) =>
    connect({ clientSecret: 'x', ...(url === undefined ? {} : { url }) }, environment).baseUrl;
  expect(urlOf('http://a:1', { HOLDFAST_URL: 'http://b:2', HOLDFAST_PORT: '3' })).toBe('http://a:1');
  expect(urlOf(undefined, { HOLDFAST_URL: 'http://b:2', HOLDFAST_PORT: '3' })).toBe('http://b:2');
  expect(urlOf(undefined, { HOLDFAST_PORT: '3' })).toBe('http://127.0.0.1:3');
  expect(urlOf(undefined, {})).toBe('http://127.0.0.1:8080');
});

test('tokens come from the issuer that the option or the environment names', async () => {
  const issuer = createServer((_request, response) => response.writeHead(401).end()).listen(0, '127.0.0.1');
  await once(issuer, 'listening');
  const tokenUrl = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/token`;
  const environment = { HOLDFAST_URL: 'http://127.0.0.1:1', HOLDFAST_TOKEN_URL: tokenUrl };
  try {
    const client = connect({ clientSecret: 'x' }, environment);
    await expect(client.call('GET /api/v1/months')).rejects.toMatchObject({ status: 401 });
  } finally {
    issuer.close();
  }
});

test('names the missing options', () => {
  expect(() => credentialsOf({ clientId: 'unknown' }, { HOLDFAST_HOME: home })).toThrow('--client-id');
  expect(() => credentialsOf({}, { HOLDFAST_HOME: path.join(home, 'nowhere') })).toThrow('--client-secret-file');
});

test('accepts two languages', () => {
  expect(() => connect({ language: 'fr', clientSecret: 'x' }, {})).toThrow(UsageError);
  expect(connect({ clientSecret: 'x' }, { HOLDFAST_URL: 'http://h:1' }).baseUrl).toBe('http://h:1');
});

test.each([
  [new UsageError('x'), 2],
  [new UnreachableError('x'), 3],
  [new ApiError(404, undefined), 1],
  [new Error('x'), 1],
  [Object.assign(new Error('x'), { name: 'AbortError' }), 130],
])('%p ends with %d', (error, code) => {
  expect(exitCodeOf(error)).toBe(code);
});

test('shows no stack for what is no fault of the program', () => {
  expect(messageOf(new UnreachableError('http://h does not answer'))).toBe(
    'http://h does not answer. Is the system running (npm start), and on that port (--url, HOLDFAST_PORT)?',
  );
  expect(messageOf(new ApiError(404, undefined))).toBe('The system answered 404.');
});
