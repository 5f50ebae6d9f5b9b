import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Secrets } from './secrets.mjs';

describe('the clients of a home', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'secrets-test-'));
  afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

  it('of a former release get what they lack and keep their secrets and additions', () => {
    const file = path.join(folder, 'clients.json');
    const former = [
      { client_id: 'console', secret: 'kept', scopes: ['profile:read'], org_scope: ['demo'] },
      { client_id: 'partner', secret: 'own', scopes: ['jobs:read'], org_scope: ['demo/shenyang'] },
    ];
    fs.writeFileSync(file, JSON.stringify(former), { mode: 0o600 });
    const secrets = new Secrets(folder, 'demo');
    expect(secrets.credentials('console')).toEqual({ clientId: 'console', secret: 'kept' });
    const clients = JSON.parse(fs.readFileSync(file, 'utf8')) as typeof former;
    expect(clients.find(({ client_id: id }) => id === 'console')!.scopes).toContain('campaign:write');
    expect(clients.find(({ client_id: id }) => id === 'partner')).toEqual(former[1]);
    const lead = secrets.credentials('marketing-lead');
    expect(new Secrets(folder, 'demo').credentials('marketing-lead')).toEqual(lead);
  });

  it('no client that plans campaigns may approve them', () => {
    const clients = JSON.parse(fs.readFileSync(new Secrets(folder, 'demo').clients(), 'utf8')) as {
      scopes: string[];
    }[];
    const both = clients.filter(
      ({ scopes }) => scopes.includes('campaign:write') && scopes.includes('campaign:approve'),
    );
    expect(both).toEqual([]);
  });
});
