import { readFileSync } from 'node:fs';
import path from 'node:path';
import { GRPC_SERVICES, SERVICES } from '../services/services.js';
import { GATEWAY, grantsOf } from './service-grants.js';

const ROW = /^\| ([a-z-]+) \| ([a-z-]+) \| ((?:[a-z]+:[a-z]+(?:, )?)+|–) \|/;

test('ARCHITECTURE.md has the table of scopes between services', () => {
  const text = readFileSync(path.join(__dirname, '../../../../ARCHITECTURE.md'), 'utf8');
  const documented = text.split('\n').flatMap((line) => {
    const [, service = '', at = '', scopes = ''] = ROW.exec(line) ?? [];
    return service === '' || !isService(service) ? [] : [[service, at, scopes === '–' ? [] : scopes.split(', ')]];
  });
  const granted = SERVICES.flatMap((service) =>
    GRPC_SERVICES.flatMap((at) => {
      const scopes = grantsOf(service, at);
      return scopes === undefined ? [] : [[service, at, [...scopes]]];
    }),
  );
  expect(granted.length).toBeGreaterThan(10);
  const inOrder = (rows: unknown[]) => rows.map((row) => JSON.stringify(row)).sort();
  expect(inOrder(documented)).toEqual(inOrder(granted));
});

test('the gateway does no work without a client', () => {
  for (const at of GRPC_SERVICES) expect(grantsOf(GATEWAY, at)).toBeUndefined();
});

function isService(name: string): boolean {
  return SERVICES.includes(name);
}
