import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  body: string;
}

/** Status and JSON; or a function that writes the answer itself. */
export type Reply =
  | { status?: number; json?: unknown; text?: string; headers?: Record<string, string> }
  | ((response: ServerResponse) => void);

export interface RestServer {
  url: string;
  /** All requests except those for tokens. */
  asked: Asked[];
  /** Tokens that were given out. */
  tokens: number;
  close(): Promise<void>;
}

/** An HTTP server that issues tokens and answers other requests by the test's function. */
export async function startRestServer(answer: (asked: Asked) => Reply): Promise<RestServer> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const url = new URL(request.url!, 'http://localhost');
      const body = Buffer.concat(chunks).toString('utf8');
      if (url.pathname === '/oauth/token') {
        rest.tokens += 1;
        const isKnown = new URLSearchParams(body).get('client_secret') === 'right';
        write(
          response,
          isKnown ? { json: { access_token: `token.of.${rest.tokens}`, expires_in: 3600 } } : { status: 401, json: {} },
        );
        return;
      }
      const one = {
        method: request.method!,
        path: url.pathname,
        query: url.searchParams,
        headers: request.headers,
        body,
      };
      asked.push(one);
      const reply = answer(one);
      if (typeof reply === 'function') reply(response);
      else write(response, reply);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const rest: RestServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    tokens: 0,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return rest;
}

function write(response: ServerResponse, reply: Exclude<Reply, (response: ServerResponse) => void>): void {
  const isProblem = (reply.status ?? 200) >= 400;
  const contentType =
    reply.text !== undefined ? 'text/plain' : isProblem ? 'application/problem+json' : 'application/json';
  response.writeHead(reply.status ?? 200, { 'content-type': contentType, ...reply.headers });
  response.end(reply.text ?? JSON.stringify(reply.json));
}

export function problem(status: number, code: string) {
  return {
    status,
    json: { title: '', status, detail: `It is ${code}`, code, errors: [], traceId: 'abc', retryable: false },
  };
}
