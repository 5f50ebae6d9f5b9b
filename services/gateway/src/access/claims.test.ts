import { accessClaims, accessReasonOf, callerOfClaims } from './claims.js';

const claims = { client_id: 'partner', scope: 'churn:read  profile:read', exp: 1 };
const manner = { language: 'en' as const, accessReason: undefined };

test.each([
  [['demo'], ['demo/']],
  ['demo/shenyang demo/dalian', ['demo/shenyang/', 'demo/dalian/']],
  [['demo/shenyang/'], ['demo/shenyang/']],
  [undefined, []],
  [[''], []],
])('org_scope %p is the region %p', (org_scope, region) => {
  expect(callerOfClaims(accessClaims.parse({ ...claims, org_scope }), manner).orgScope).toEqual(region);
});

test('carries scopes and the agent', () => {
  const caller = callerOfClaims(accessClaims.parse({ ...claims, act: { sub: 'agent-7' } }), manner);
  expect([...caller.scopes]).toEqual(['churn:read', 'profile:read']);
  expect(caller).toMatchObject({ client: 'partner', onBehalfOf: 'agent-7', system: false });
});

test('a reason without pii:read opens nothing', () => {
  const reasoned = { language: 'en' as const, accessReason: 'complaint' };
  expect(callerOfClaims(accessClaims.parse(claims), reasoned).accessReason).toBeUndefined();
  expect(callerOfClaims(accessClaims.parse({ ...claims, scope: 'pii:read' }), reasoned).accessReason).toBe('complaint');
});

test.each([
  [undefined, undefined],
  ['  ', undefined],
  ['100% sure', '100% sure'],
  ['%E5%B7%A5%E5%8D%95', '工单'],
  ['x'.repeat(300), 'x'.repeat(200)],
  ['a%00b%0A', 'a b'],
  ['%00', undefined],
])('reason %p is %p', (header, reason) => {
  expect(accessReasonOf(header)).toBe(reason);
});

test('refuses a token without client', () => {
  expect(() => accessClaims.parse({ scope: 'churn:read', exp: 1 })).toThrow('client_id');
});
