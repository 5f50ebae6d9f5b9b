import { parameterNames, routerPath } from './router-path.js';

test.each([
  ['/api/v1/jobs', '/api/v1/jobs'],
  ['/api/v1/jobs/{jobId}/events', '/api/v1/jobs/:jobId/events'],
  ['/api/v1/customers:resolve', '/api/v1/customers::resolve'],
  ['/api/v1/leases/{leaseId}:renew', '/api/v1/leases/:leaseId(^[^:]+)::renew'],
])('%s is routed as %s', (documented, routed) => {
  expect(routerPath(documented)).toBe(routed);
});

test('names the parameters', () => {
  expect(parameterNames('/a/{service}/{key}:undo')).toEqual(['service', 'key']);
});
