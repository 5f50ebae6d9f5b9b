import fs from 'node:fs';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { Secrets } from './secrets.mjs';

describe('the clients of a home', () => {
  const folder = new TemporaryFolder();

  it('of a former release get what they lack and keep their secrets and additions', () => {
    const former = [
      { client_id: 'console', secret: 'kept', scopes: ['profile:read'], org_scope: ['demo'] },
      { client_id: 'partner', secret: 'own', scopes: ['jobs:read'], org_scope: ['demo/shenyang'] },
    ];
    fs.chmodSync(folder.write('clients.json', JSON.stringify(former)), 0o600);
    const secrets = new Secrets(folder.path, 'demo');
    expect(secrets.credentials('console')).toEqual({ clientId: 'console', secret: 'kept' });
    const clients = JSON.parse(folder.read('clients.json')) as typeof former;
    expect(clients.find(({ client_id: id }) => id === 'console')!.scopes).toContain('campaign:write');
    expect(clients.find(({ client_id: id }) => id === 'partner')).toEqual(former[1]);
    const lead = secrets.credentials('marketing-lead');
    expect(new Secrets(folder.path, 'demo').credentials('marketing-lead')).toEqual(lead);
  });

  it.each([
    ['plans campaigns', ['campaign:write', 'campaign:approve']],
    ['requests promotions', ['model:promote', 'model:approve']],
  ])('no client that %s may approve them', (_, pair) => {
    const file = new Secrets(folder.path, 'demo').clients();
    const clients = JSON.parse(fs.readFileSync(file, 'utf8')) as { scopes: string[] }[];
    const both = clients.filter(({ scopes }) => pair.every((scope) => scopes.includes(scope)));
    expect(both).toEqual([]);
  });
});
