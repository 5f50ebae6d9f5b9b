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
  it('arrives from the gateway as it was sent', async () => {
    const token = await new CallerTokens(key, 'gateway').mint(agent, 'campaign');
    expect(await new CallerTokens(key, 'campaign').verify(token)).toEqual({ caller: agent, service: 'gateway' });
    const system = systemCaller('campaign');
    const own = new CallerTokens(key, 'campaign');
    expect(await own.verify(await own.mint(system, 'campaign'))).toEqual({ caller: system, service: undefined });
  });

  it('has at most the scopes of the service that passes it on', async () => {
    const store = new CallerTokens(key, 'feature-store');
    const from = async (service: string, caller: Caller) =>
      store.verify(await new CallerTokens(key, service).mint(caller, 'feature-store'));
    const asker = { ...agent, scopes: new Set(['features:read', 'pii:read', 'ingest:write']) };
    const { caller, service } = await from('campaign', asker);
    expect({ ...caller, service }).toEqual({ ...agent, scopes: new Set(['features:read']), service: 'campaign' });
    // A token may claim more than the service has.
    const claimed = { ...systemCaller('customer-profile'), scopes: new Set(['pii:read']) };
    const own = { ...systemCaller('campaign'), scopes: new Set(['features:read']), limited: true };
    expect(await from('campaign', claimed)).toEqual({ caller: own, service: 'campaign' });
    expect(() => requireScope(own as Caller, 'features:read')).not.toThrow();
    expect(() => requireScope(own as Caller, 'ingest:write')).toThrow('ingest:write');
    await expect(from('evil', asker)).rejects.toMatchObject({ kind: 'forbidden', key: 'caller.serviceRefused' });
    await expect(from('toString', asker)).rejects.toMatchObject({ kind: 'forbidden', key: 'caller.serviceRefused' });
  });

  it('is refused at another service than its audience, and from another than its issuer', async () => {
    const token = await new CallerTokens(key, 'gateway').mint(agent, 'campaign');
    const other = new CallerTokens(key, 'evaluation').verify(token);
    await expect(other).rejects.toMatchObject({ kind: 'unauthenticated' });
    const campaign = new CallerTokens(key, 'campaign');
    await expect(campaign.verify(token, 'gateway')).resolves.toMatchObject({ service: 'gateway' });
    const stolen = campaign.verify(token, 'evaluation');
    await expect(stolen).rejects.toMatchObject({ kind: 'forbidden', key: 'caller.issuedToAnother' });
  });

  it('is refused when the token is of another key, changed, or none', async () => {
    const token = await new CallerTokens(key, 'gateway').mint(agent, 'campaign');
    const campaign = new CallerTokens(key, 'campaign');
    const [head, body, signature] = token.split('.') as [string, string, string];
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as object;
    const forged = Buffer.from(JSON.stringify({ ...claims, sys: true })).toString('base64url');
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${body}.`;
    for (const bad of [`${head}.${forged}.${signature}`, none, '', 'x'])
      await expect(campaign.verify(bad)).rejects.toMatchObject({ kind: 'unauthenticated' });
    const otherKey = new CallerTokens('j'.repeat(64), 'campaign').verify(token);
    await expect(otherKey).rejects.toMatchObject({ kind: 'unauthenticated' });
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
