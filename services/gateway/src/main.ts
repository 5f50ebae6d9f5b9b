import '@holdfast/platform/telemetry';
import { loadConfig } from '@holdfast/platform/config';
import { log, startLog } from '@holdfast/platform/log';
import { announceReady, stopOnSignals } from '@holdfast/platform/service';
import type { AddressInfo } from 'node:net';
import { gatewayConfig } from './config.js';
import { createGateway } from './server.js';

const processLog = startLog('gateway');
try {
  const config = loadConfig(gatewayConfig, process.env);
  const app = await createGateway(config);
  stopOnSignals(app);
  if (config.oidcIssuer === '') {
    log('access').warn('DEVELOPMENT MODE: this gateway issues access tokens itself, at /oauth/token');
  }
  await app.listen({ host: config.host, port: config.port });
  const { port } = app.getHttpServer().address() as AddressInfo;
  announceReady('gateway', { http: port });
} catch (thrown) {
  // The text of a start failure names settings and addresses, not data.
  processLog.fatal({ err: thrown, problem: thrown instanceof Error ? thrown.message : String(thrown) }, 'cannot start');
  process.exit(1);
}
