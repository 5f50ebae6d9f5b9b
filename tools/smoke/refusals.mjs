import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';

import { GRPC_SERVICES } from '@holdfast/platform/services';
import { Client, credentials, status } from '@grpc/grpc-js';

import { StartFailure } from '../launch/failure.mjs';
import { freePort } from '../launch/ports.mjs';
import { read } from '../launch/secrets.mjs';
import { openDatabase } from './postgres.mjs';
import { Process } from './process.mjs';

const answerMsMax = 5_000;
const startMsMax = 30_000;
const healthPath = '/grpc.health.v1.Health/Check';

/** @typedef {import('./production.mjs').Production} Production */

/**
 * Everything that a production system must refuse: connections in plain text or without a certificate, and foreign tokens.
 * What must be accepted is tried in the same way, so that a refusal is not due to the attempt.
 * @param {Production} production
 * @param {string} token  of the real issuer
 * @throws {StartFailure} naming what was let in
 */
export async function checkRefusals(production, token) {
  for (const service of GRPC_SERVICES) await checkCertificates(production, service);
  await checkPostgres(production);
  await checkNats(production);
  await checkTokens(production, token);
}

/** @param {Production} production  @param {string} service */
async function checkCertificates({ loopback }, service) {
  const files = (/** @type {string} */ name) => fs.readFileSync(loopback.volume('files-gateway', name));
  const port = grpcPort(loopback, service);
  const ca = files('ca.pem');
  const own = await callHealth(service, port, credentials.createSsl(ca, files('key.pem'), files('certificate.pem')));
  expect(`${service} answers the certificate of the gateway`, own, status.OK);
  expect(
    `${service} refuses a connection without a certificate`,
    await callHealth(service, port, credentials.createSsl(ca)),
    status.UNAVAILABLE,
  );
  expect(
    `${service} refuses plain text`,
    await callHealth(service, port, credentials.createInsecure()),
    status.UNAVAILABLE,
  );
}

/** The port of its first container. @param {import('./loopback.mjs').Loopback} loopback  @param {string} service */
function grpcPort(loopback, service) {
  const address = loopback.compose.services[service].environment.HOLDFAST_GRPC_ADDRESS;
  const [container = service] = loopback.containersOf(service);
  return loopback.portOf(container, address.split(':')[1]);
}

/**
 * @param {string} service
 * @param {number} port
 * @param {import('@grpc/grpc-js').ChannelCredentials} channel
 * @returns {Promise<number>}  status
 */
function callHealth(service, port, channel) {
  const client = new Client(`127.0.0.1:${port}`, channel, { 'grpc.ssl_target_name_override': service });
  const bytes = (/** @type {Buffer} */ buffer) => buffer;
  const deadline = Date.now() + answerMsMax;
  return new Promise((resolve) => {
    client.makeUnaryRequest(healthPath, bytes, bytes, Buffer.alloc(0), { deadline }, (error) => {
      client.close();
      resolve(error === null ? status.OK : error.code);
    });
  });
}

/** @param {Production} production */
async function checkPostgres({ loopback }) {
  await (await openDatabase(loopback)).end();
  const refusal = await openDatabase(loopback, { hasTls: false }).then(
    (client) => client.end().then(() => 'let in'),
    (error) => String(error),
  );
  if (!refusal.includes('no encryption')) throw new StartFailure(`PostgreSQL without TLS: ${refusal}`);
}

/** A client with the right user and password that does not begin TLS. @param {Production} production */
async function checkNats({ loopback, nats }) {
  const user = 'campaign';
  const password = read(loopback.volume(`files-${user}`, 'nats.password'));
  await nats.asService(user, async () => undefined);
  const socket = net.connect(nats.port, '127.0.0.1');
  let answer = '';
  socket.setEncoding('utf8').on('data', (text) => (answer += text));
  socket.on('error', () => undefined);
  socket.setTimeout(answerMsMax, () => socket.destroy());
  await once(socket, 'data');
  socket.write(`CONNECT ${JSON.stringify({ user, pass: password, verbose: false, tls_required: false })}\r\nPING\r\n`);
  await once(socket, 'close');
  if (/PONG/.test(answer)) throw new StartFailure('NATS answers a client without TLS.');
}

/** @param {Production} production  @param {string} token */
async function checkTokens(production, token) {
  expect('the gateway accepts a token of its issuer', await askGateway(production, token), 200);
  expect('the gateway refuses a request without a token', await askGateway(production), 401);
  const issuer = settingOf(production, 'HOLDFAST_OIDC_ISSUER');
  expect(
    'the gateway refuses another audience',
    await askGateway(production, await tokenOf(production, issuer, 'urn:billing')),
    401,
  );
  const other = await startOtherIssuer(production);
  try {
    expect(
      'the gateway refuses another issuer',
      await askGateway(production, await tokenOf(production, other.address)),
      401,
    );
  } finally {
    await other.process.kill('SIGTERM');
  }
}

/** @param {Production} production  @param {string} [token]  @returns {Promise<number>}  status of the answer */
async function askGateway({ baseUrl }, token) {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return (await fetch(`${baseUrl}/api/v1/months`, { headers })).status;
}

/**
 * @param {Production} production
 * @param {string} issuer
 * @param {string} [resource]  whose audience the token gets; by default that of the gateway
 */
async function tokenOf({ loopback }, issuer, resource) {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: 'console',
    client_secret: read(loopback.volume('files-demo', 'client.secret')),
    ...(resource === undefined ? {} : { resource }),
  });
  const answer = await fetch(`${issuer}/token`, { method: 'POST', body });
  if (!answer.ok) throw new StartFailure(`${issuer} gives no token: ${answer.status} ${await answer.text()}`);
  const granted = /** @type {{ access_token: string }} */ (await answer.json());
  return granted.access_token;
}

/** Another process of the issuer's program, with the same clients and its own key. @param {Production} production */
async function startOtherIssuer(production) {
  const container = production.containerOf('issuer');
  const address = `https://localhost:${await freePort()}`;
  const process = new Process({
    name: 'other-issuer',
    command: container.command,
    environment: { ...container.environment, HOLDFAST_OIDC_ISSUER: address },
    folder: production.loopback.repository,
    logFile: path.join(production.logs, 'other-issuer.log'),
  });
  production.note('other-issuer', process.pid);
  for (const deadline = Date.now() + startMsMax; ;) {
    if (fs.readFileSync(process.logFile, 'utf8').includes('"ready"')) return { address, process };
    if (!process.isRunning || Date.now() > deadline) throw process.failure('does not start');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Of the gateway. @param {Production} production  @param {string} name  @returns {string} */
export function settingOf(production, name) {
  return production.containerOf('gateway').environment[name] ?? '';
}

/** @param {string} what  @param {number} found  @param {number} expected */
function expect(what, found, expected) {
  if (found !== expected) throw new StartFailure(`Not so: ${what} (${found} instead of ${expected}).`);
}
