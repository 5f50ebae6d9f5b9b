import fc from 'fast-check';
import { CallerTokens, requireScope, requireSystem, sees, systemCaller, orgUnitFilter, type Caller } from './caller.js';

const key = 'k'.repeat(64);
const agent: Caller = {
  client: 'front-desk',
  scopes: new Set(['churn:read', 'pii:read']),
  orgScope: ['demo/shenyang/'],
  onBehalfOf: 'agent-7',
  language: 'zh-CN',
  accessReason: 'complaint',
  system: false,
};

describe('caller', () => {
  it('arrives as it was sent', async () => {
    expect(await new CallerTokens(key).verify(await new CallerTokens(key).mint(agent))).toEqual(agent);
    const system = systemCaller('campaign');
    expect(await new CallerTokens(key).verify(await new CallerTokens(key).mint(system))).toEqual(system);
  });

  it('is refused when the token is of another key, changed, or none', async () => {
    const token = await new CallerTokens(key).mint(agent);
    const [head, body, signature] = token.split('.') as [string, string, string];
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as object;
    const forged = Buffer.from(JSON.stringify({ ...claims, sys: true })).toString('base64url');
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${body}.`;
    for (const bad of [`${head}.${forged}.${signature}`, none, '', 'x'])
      await expect(new CallerTokens(key).verify(bad)).rejects.toMatchObject({ kind: 'unauthenticated' });
    await expect(new CallerTokens('j'.repeat(64)).verify(token)).rejects.toMatchObject({ kind: 'unauthenticated' });
  });

  it('needs the scope, unless it is a service', () => {
    expect(() => requireScope(agent, 'churn:read')).not.toThrow();
    expect(() => requireScope(agent, 'model:train')).toThrow('model:train');
    expect(() => requireScope(systemCaller('campaign'), 'model:train')).not.toThrow();
    expect(() => requireSystem(agent)).toThrow('Only services');
  });

  it('sees its units and what lies below them, and a caller without units sees nothing', () => {
    const unit = fc.stringMatching(/^[a-z]{1,4}$/);
    const path = fc.array(unit, { minLength: 1, maxLength: 4 }).map((codes) => `${codes.join('/')}/`);
    fc.assert(
      fc.property(path, path, (scope, row) => {
        const below =
          row
            .split('/')
            .slice(0, scope.split('/').length - 1)
            .join('/') === scope.slice(0, -1);
        expect(sees({ ...agent, orgScope: [scope] }, row)).toBe(below);
        expect(sees({ ...agent, orgScope: [] }, row)).toBe(false);
        expect(sees(systemCaller('x'), row)).toBe(true);
      }),
    );
    expect(orgUnitFilter({ ...agent, orgScope: [] })).toEqual([]);
  });
});
