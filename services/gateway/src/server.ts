import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import helmet from '@fastify/helmet';
import multipart from '@fastify/multipart';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { nestLog } from '@holdfast/platform/service';
import type { GatewayConfig } from './config.js';
import { GatewayModule } from './gateway.module.js';
import { MAPPING_BYTES_MAX } from './imports/upload.js';
import { Lifecycle } from './lifecycle/lifecycle.js';
import type { ServiceClients } from './service-clients.js';
import { ProblemFilter } from './problem/problem.filter.js';
import { answerUnparsable } from './problem/unparsable-request.js';

/** Longest id in a path, a job's, is well below. */
const PATH_PARAMETER_LENGTH_MAX = 200;
/** Idle time after which a connection is closed; the heartbeat of job events is shorter. */
const IDLE_MS_MAX = 120_000;

/** How often the time of a head is looked at. */
const HEAD_CHECK_MS = 5_000;

/** The gateway, ready to listen. Stop it with `close()`. */
export async function createGateway(config: GatewayConfig, services?: ServiceClients): Promise<NestFastifyApplication> {
  const problems = new ProblemFilter();
  const adapter = new FastifyAdapter({
    bodyLimit: config.jsonBytesMax,
    connectionTimeout: IDLE_MS_MAX,
    http: {
      headersTimeout: config.headSecondsMax * 1_000,
      connectionsCheckingInterval: Math.min(HEAD_CHECK_MS, config.headSecondsMax * 500),
    },
    routerOptions: { maxParamLength: PATH_PARAMETER_LENGTH_MAX },
    multipart: false,
    clientErrorHandler: answerUnparsable,
    // An address that the router cannot read gets here before any hook.
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) =>
      problems.send(error, request, reply),
  });
  const app = await NestFactory.create<NestFastifyApplication>(
    await GatewayModule.register(config, services),
    adapter,
    { logger: nestLog(), abortOnError: false },
  );
  const server = adapter.getInstance<FastifyInstance>();
  app.get(Lifecycle).install(server);
  await server.register(helmet, {
    // The page at /docs styles itself inline; nothing else is loosened. Plain HTTP must work inside a private network.
    contentSecurityPolicy: { directives: { 'upgrade-insecure-requests': null } },
  });
  await server.register(multipart, {
    limits: {
      fieldSize: MAPPING_BYTES_MAX,
      fileSize: config.uploadBytesMax === 0 ? Number.POSITIVE_INFINITY : config.uploadBytesMax,
      parts: 8,
    },
  });
  app.useGlobalFilters(problems);
  await app.init();
  return app;
}
