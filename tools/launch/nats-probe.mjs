import { connect } from '@nats-io/transport-node';

const connectMsMax = 5_000;
const answerMsMax = 5_000;

/** The user of the launcher, without limits, as the superuser of PostgreSQL is; no service has its password. */
export const administrator = { user: 'administrator', permissions: { publish: ['>'], subscribe: ['>'] } };

/**
 * Whether JetStream answers. nats-server 2.9 keeps its connections and stops to answer for good after a write that failed
 * on a full disk.
 * @param {string} url
 * @param {string} password  of the administrator
 */
export async function jetStreamAnswers(url, password) {
  /** @type {import('@nats-io/transport-node').NatsConnection | undefined} */
  let connection;
  try {
    const credentials = { user: administrator.user, pass: password };
    connection = await connect({ servers: url, ...credentials, timeout: connectMsMax, reconnect: false });
    await connection.request('$JS.API.INFO', '', { timeout: answerMsMax });
    return true;
  } catch {
    return false;
  } finally {
    await connection?.close();
  }
}
