import { cloneDatabase } from '@holdfast/testing/infra';
import { TestAuthority } from '@holdfast/testing/certificates';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { Database } from './database.js';

const folder = new TemporaryFolder();

test('with a CA, a server without TLS is refused', async () => {
  const authority = await TestAuthority.create(folder.path);
  await authority.issue('campaign');
  const clone = await cloneDatabase('campaign');
  const options = { url: clone.url, schema: 'campaign', applicationName: 'tls-test', poolMax: 2 };
  try {
    const plain = await Database.open(options);
    await plain.close();
    const { ca } = authority.pathsOf('campaign');
    await expect(Database.open({ ...options, caFile: ca })).rejects.toThrow('does not support SSL');
  } finally {
    await clone.drop();
  }
});
