import { connect } from '@nats-io/transport-node';

const connectMsMax = 5_000;
const answerMsMax = 5_000;

/**
 * Whether JetStream answers. nats-server 2.9 keeps its connections and stops to answer for good after a write that failed
 * on a full disk.
 * @param {string} url
 * @param {string} token
 */
export async function jetStreamAnswers(url, token) {
  /** @type {import('@nats-io/transport-node').NatsConnection | undefined} */
  let connection;
  try {
    connection = await connect({ servers: url, token, timeout: connectMsMax, reconnect: false });
    await connection.request('$JS.API.INFO', '', { timeout: answerMsMax });
    return true;
  } catch {
    return false;
  } finally {
    await connection?.close();
  }
}
