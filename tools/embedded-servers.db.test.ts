import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import pg from 'pg';

describe('the servers that tests get', () => {
  it('are a PostgreSQL 18 that takes the superuser only with the password', async () => {
    const client = new pg.Client({ connectionString: process.env['TEST_DATABASE_URL'] });
    await client.connect();
    const { rows } = await client.query("select current_setting('server_version_num')::int as version");
    await client.end();
    expect(rows[0].version).toBeGreaterThanOrEqual(180000);

    const withoutPassword = new URL(String(process.env['TEST_DATABASE_URL']));
    withoutPassword.password = 'wrong';
    const stranger = new pg.Client({ connectionString: withoutPassword.toString() });
    await expect(stranger.connect()).rejects.toMatchObject({ code: '28P01' });
  });

  it('are a NATS whose JetStream stores a message once per message id', async () => {
    const token = process.env['TEST_NATS_TOKEN'];
    const servers = String(process.env['TEST_NATS_URL']).split(',');
    const connection = await connect({ servers, ...(token ? { token } : {}) });
    const manager = await jetstreamManager(connection);
    const name = `embedded_servers_${process.pid}`;
    await manager.streams.add({ name, subjects: [`${name}.>`] });
    const publisher = jetstream(connection);
    await publisher.publish(`${name}.sent`, 'hello', { msgID: 'one' });
    await publisher.publish(`${name}.sent`, 'hello', { msgID: 'one' });
    const { state } = await manager.streams.info(name);
    await manager.streams.delete(name);
    await connection.close();
    expect(state.messages).toBe(1);
  });
});
