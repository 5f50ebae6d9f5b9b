import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Problem } from './answers.js';
import { backOffMs } from './back-off.js';

export interface Credentials {
  clientId: string;
  secret: string;
}

interface ClientOptions {
  /** Such as http://127.0.0.1:8080. */
  baseUrl: string;
  credentials: Credentials;
  /** Language of messages and texts. */
  language?: 'zh-CN' | 'en';
  /** The reason for reading personal data, recorded in the audit ledger. */
  accessReason?: string;
  /** How long to retry while the system does not answer. */
  retrySeconds?: number;
  signal?: AbortSignal;
}

interface RequestOptions {
  query?: Readonly<Record<string, string | number | undefined>>;
  /** Sent as JSON; a form is sent as multipart. */
  body?: object;
  accept?: string;
  language?: 'zh-CN' | 'en';
  /** The answer is awaited without a limit: for streams. */
  isStream?: boolean;
}

/** A refusal. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly status: number,
    readonly problem: Problem | undefined,
  ) {
    super(problem === undefined ? `The system answered ${status}.` : messageOf(problem));
  }

  get code(): string {
    return this.problem?.code ?? '';
  }
}

/** The system was not reachable within the retry window. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
}

const ANSWER_SECONDS_MAX = 60;
const RENEW_TOKEN_BEFORE_MS = 60_000;

/**
 * Client of the REST interface: gets and renews its token, and retries while the system is busy, restarting or
 * unreachable. That is safe for every request: a POST keeps its Idempotency-Key.
 */
export class RestClient {
  private token: { value: string; renewAtMs: number } | undefined;
  private readonly retryMs: number;

  constructor(private readonly options: ClientOptions) {
    this.retryMs = (options.retrySeconds ?? 180) * 1_000;
  }

  get baseUrl(): string {
    return this.options.baseUrl;
  }

  get<T>(path: string, options?: RequestOptions): Promise<T> {
    return this.json<T>('GET', path, options);
  }

  post<T>(path: string, body: object, options: RequestOptions = {}): Promise<T> {
    return this.json<T>('POST', path, { ...options, body });
  }

  put<T>(path: string, body: object = {}): Promise<T> {
    return this.json<T>('PUT', path, { body });
  }

  async delete(path: string): Promise<void> {
    await (await this.send('DELETE', path, {})).arrayBuffer();
  }

  async text(path: string, options: RequestOptions = {}): Promise<string> {
    return (await this.send('GET', path, options)).text();
  }

  /** The answer's body as it arrives. */
  async stream(path: string, options: RequestOptions = {}): Promise<ReadableStream<Uint8Array>> {
    return (await this.send('GET', path, { ...options, isStream: true })).body!;
  }

  /** All entries of a list, page by page. */
  async *all<T>(path: string, entries: string, query: RequestOptions['query'] = {}): AsyncIterable<T> {
    for (let pageToken: string | null = ''; pageToken !== null;) {
      const page: Record<string, unknown> = await this.get(path, {
        query: { ...query, pageToken: pageToken || undefined },
      });
      yield* page[entries] as T[];
      pageToken = page['nextPageToken'] as string | null;
    }
  }

  private async json<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    const answer = await this.send(method, path, { ...options, accept: 'application/json' });
    return (await answer.json()) as T;
  }

  /**
   * @throws ApiError for a final refusal
   * @throws UnreachableError after the retry window
   */
  private async send(method: string, path: string, options: RequestOptions): Promise<Response> {
    const giveUpAtMs = Date.now() + this.retryMs;
    const idempotencyKey = randomUUID();
    let hasRenewedToken = false;
    for (let attempt = 0; ; attempt += 1) {
      const outcome = await this.attempt(method, path, options, idempotencyKey);
      if (outcome instanceof Response) return outcome;
      if (outcome.error instanceof ApiError && outcome.error.status === 401) {
        if (hasRenewedToken) throw outcome.error;
        hasRenewedToken = true;
      }
      const waitMs = backOffMs(attempt, outcome.retryAfterSeconds);
      if (Date.now() + waitMs > giveUpAtMs) throw outcome.error;
      await sleep(waitMs, undefined, this.options.signal === undefined ? {} : { signal: this.options.signal });
    }
  }

  private async attempt(
    method: string,
    path: string,
    options: RequestOptions,
    idempotencyKey: string,
  ): Promise<Response | { error: Error; retryAfterSeconds?: number }> {
    let answer: Response;
    try {
      answer = await fetch(this.urlOf(path, options.query), {
        method,
        headers: await this.headersOf(method, options, idempotencyKey),
        ...(options.body === undefined ? {} : { body: bodyOf(options.body) }),
        ...this.signalFor(options),
      });
    } catch (error) {
      if (error instanceof ApiError) throw error;
      this.options.signal?.throwIfAborted();
      return { error: new UnreachableError(`${this.options.baseUrl} does not answer`, { cause: error }) };
    }
    if (answer.ok) return answer;
    const error = new ApiError(answer.status, await problemIn(answer));
    if (answer.status === 401 && this.token !== undefined) {
      // Expired, or of a former issuer: retry once with a new token.
      this.token = undefined;
      return { error, retryAfterSeconds: 0 };
    }
    if (!isPassing(error)) throw error;
    const retryAfter = Number(answer.headers.get('retry-after'));
    return { error, ...(retryAfter > 0 ? { retryAfterSeconds: retryAfter } : {}) };
  }

  private urlOf(path: string, query: RequestOptions['query'] = {}): URL {
    const url = new URL(path, this.options.baseUrl);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, String(value));
    return url;
  }

  private async headersOf(
    method: string,
    options: RequestOptions,
    idempotencyKey: string,
  ): Promise<Record<string, string>> {
    const isForm = options.body instanceof FormData;
    const { accessReason } = this.options;
    return {
      authorization: `Bearer ${await this.accessToken()}`,
      'accept-language': options.language ?? this.options.language ?? 'en',
      // A header holds no Chinese characters as they are.
      ...(accessReason === undefined ? {} : { 'x-access-reason': encodeURIComponent(accessReason) }),
      ...(options.accept === undefined ? {} : { accept: options.accept }),
      ...(options.body === undefined || isForm ? {} : { 'content-type': 'application/json' }),
      ...(method === 'POST' && !isForm ? { 'idempotency-key': idempotencyKey } : {}),
    };
  }

  /** A token that is good for some time yet. */
  async accessToken(): Promise<string> {
    if (this.token !== undefined && this.token.renewAtMs > Date.now()) return this.token.value;
    const { clientId, secret } = this.options.credentials;
    const answer = await fetch(new URL('/oauth/token', this.options.baseUrl), {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: secret }),
      ...this.signalFor({}),
    });
    if (answer.status >= 500 || answer.status === 429) throw new UnreachableError(`No token yet: ${answer.status}`);
    if (!answer.ok) {
      throw new ApiError(answer.status, {
        title: 'No access token',
        status: answer.status,
        detail: `The client ${clientId} is not known there, or its secret is wrong.`,
        code: 'token.refused',
        errors: [],
        traceId: '',
        retryable: false,
      });
    }
    const granted = (await answer.json()) as { access_token: string; expires_in: number };
    const lifetimeMs = granted.expires_in * 1_000;
    const renewAtMs = Date.now() + Math.max(lifetimeMs - RENEW_TOKEN_BEFORE_MS, lifetimeMs / 2);
    this.token = { value: granted.access_token, renewAtMs };
    return granted.access_token;
  }

  private signalFor({ isStream, body }: RequestOptions): { signal?: AbortSignal } {
    const signals = [
      ...(this.options.signal === undefined ? [] : [this.options.signal]),
      // An upload takes as long as the file is large.
      ...(isStream || body instanceof FormData ? [] : [AbortSignal.timeout(ANSWER_SECONDS_MAX * 1_000)]),
    ];
    return signals.length === 0 ? {} : { signal: AbortSignal.any(signals) };
  }
}

function bodyOf(body: object): string | FormData {
  return body instanceof FormData ? body : JSON.stringify(body);
}

async function problemIn(answer: Response): Promise<Problem | undefined> {
  const isProblem = answer.headers.get('content-type')?.startsWith('application/problem+json') ?? false;
  if (isProblem) return (await answer.json()) as Problem;
  await answer.body?.cancel();
  return undefined;
}

/** Whether the same request may succeed in a moment. */
function isPassing({ status, code }: ApiError): boolean {
  return status === 503 || status === 502 || status === 504 || status === 429 || code === 'idempotencyKey.inFlight';
}

function messageOf({ detail, errors, code, traceId }: Problem): string {
  const fields = errors.map(({ pointer, message }) => `  ${pointer}: ${message}`);
  const trace = traceId === '' ? '' : `, trace ${traceId}`;
  return [`${detail} (${code}${trace})`, ...fields].join('\n');
}
