import http from 'node:http';

import type { FuzzRequest } from './requests.js';
import type { Token } from './tokens.js';

const ANSWER_MS_MAX = 30_000;
/** How long the events of a job are listened to. */
const STREAM_MS_MAX = 500;

/** Status of a request whose connection was closed without an answer. */
export const NO_ANSWER = 0;

export interface Answer {
  status: number;
  contentType: string | null;
  text: string;
}

/** Sends requests of one run over a few connections that stay open. */
export class Sender {
  private readonly agent: http.Agent;
  private readonly address: { hostname: string; port: string };

  constructor(baseUrl: string, connections: number) {
    this.agent = new http.Agent({ keepAlive: true, maxSockets: connections });
    const { hostname, port } = new URL(baseUrl);
    this.address = { hostname, port };
  }

  /** The answer, or `NO_ANSWER` with the error. Of a stream of events, what comes within half a second. */
  send({ operation, path, headers, body }: FuzzRequest, { authorization }: Token): Promise<Answer> {
    return new Promise((resolve) => {
      const sent = http.request(
        {
          ...{ ...this.address, path, method: operation.method, agent: this.agent, timeout: ANSWER_MS_MAX },
          headers: {
            ...headers,
            ...(authorization === undefined ? {} : { authorization }),
            ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
          },
        },
        (answer) => {
          const chunks: Buffer[] = [];
          const contentType = answer.headers['content-type'] ?? null;
          const finish = (): void =>
            resolve({ status: answer.statusCode!, contentType, text: Buffer.concat(chunks).toString('utf8') });
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('error', ({ message }) => resolve({ status: NO_ANSWER, contentType: null, text: message }));
          answer.on('end', finish);
          if (contentType === 'text/event-stream') {
            setTimeout(() => {
              finish();
              answer.destroy();
            }, STREAM_MS_MAX).unref();
          }
        },
      );
      sent.on('timeout', () => sent.destroy(new Error('no answer in time')));
      sent.on('error', ({ code, message }: NodeJS.ErrnoException) => {
        resolve({ status: NO_ANSWER, contentType: null, text: code ?? message });
      });
      sent.end(body);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}
