import { AccessToken, type Credentials } from './access-token.js';
import { backOffMs } from './back-off.js';
import { ApiError, UnexpectedAnswerError, UnreachableError, apiErrorOf, isTransient, jsonOf } from './errors.js';
import type { Operations, Problem } from './gen/operations.js';
import { sleep } from './sleep.js';
import { textChunks } from './text-chunks.js';

/** Method and path, as in the documentation: `GET /api/v1/jobs/{jobId}`. */
export type OperationName = keyof Operations;
/** Parameters of path and query by name, and `body`. */
export type RequestOf<Name extends OperationName> = Operations[Name]['request'];
export type ResponseOf<Name extends OperationName> = Operations[Name]['response'];
/** Operations that can answer with NDJSON. */
type LinesName = { [Name in OperationName]: Operations[Name] extends { line: unknown } ? Name : never }[OperationName];
export type LineOf<Name extends LinesName> = Operations[Name]['line'];

/** Lists that come in pages, and the names of their entries. */
type ListName = {
  [Name in OperationName]: ResponseOf<Name> extends { nextPageToken: string | null } ? Name : never;
}[OperationName];
type EntriesName<Name extends ListName> = {
  [Key in keyof ResponseOf<Name>]: ResponseOf<Name>[Key] extends object[] ? Key : never;
}[keyof ResponseOf<Name>];
type EntryOf<Name extends ListName, Key extends EntriesName<Name>> = ResponseOf<Name>[Key] extends (infer Entry)[]
  ? Entry
  : never;

export type Language = 'zh-CN' | 'en';

export interface ClientOptions {
  /** Such as http://127.0.0.1:8080. */
  baseUrl: string;
  /** Without them, requests have no token. */
  credentials?: Credentials;
  /** Token endpoint of the issuer; default: the development issuer of the gateway. */
  tokenUrl?: string;
  /** Language of messages and texts; default: en. */
  language?: Language;
  /** The reason for reading personal data, recorded in the audit ledger. */
  accessReason?: string;
  /** How long to retry while the system does not answer; default: 180. */
  retrySeconds?: number;
  /** How long to retry while nothing has answered this client at all; default: `retrySeconds`. */
  firstAnswerSeconds?: number;
  /** Aborts all requests. */
  signal?: AbortSignal;
}

export interface CallOptions {
  /** Added, such as `if-match`; they replace those of the client. */
  headers?: Readonly<Record<string, string>>;
  language?: Language;
  signal?: AbortSignal;
}

/** The request may be omitted where nothing in it is required. */
type Arguments<Name extends OperationName> =
  object extends RequestOf<Name>
    ? [request?: RequestOf<Name>, options?: CallOptions]
    : [request: RequestOf<Name>, options?: CallOptions];

/** Whatever came back for one request. */
export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** The body as JSON, a problem document for a refusal; empty where it is no JSON object. */
  json: Record<string, unknown> & Partial<Problem>;
}

interface HttpRequest {
  method: string;
  path: string;
  /** Sent as JSON, unless it is text or a form. */
  body?: unknown;
  headers: Readonly<Record<string, string>>;
  signal: AbortSignal | undefined;
}

const ANSWER_SECONDS_MAX = 60;

/**
 * Client of the REST interface: gets and renews its token, and retries while the system is busy, restarting or
 * unreachable. That is safe for every request: a POST keeps its Idempotency-Key.
 *
 * Every method throws `ApiError` for a final refusal and `UnreachableError` after the retry window.
 */
export class RestClient {
  readonly baseUrl: string;
  private readonly token: AccessToken | undefined;
  private readonly retryMs: number;
  private readonly firstAnswerMs: number;
  private hasAnswered = false;

  constructor(private readonly options: ClientOptions) {
    this.baseUrl = options.baseUrl.replace(/\/$/, '');
    const { credentials, tokenUrl = `${this.baseUrl}/oauth/token`, retrySeconds = 180 } = options;
    const { firstAnswerSeconds = retrySeconds } = options;
    this.token = credentials && new AccessToken(tokenUrl, credentials);
    this.retryMs = retrySeconds * 1_000;
    this.firstAnswerMs = firstAnswerSeconds * 1_000;
  }

  /** Language of answers. */
  get language(): Language {
    return this.options.language ?? 'en';
  }

  /** The JSON answer of an operation; undefined where it has none. */
  async call<Name extends OperationName>(name: Name, ...args: Arguments<Name>): Promise<ResponseOf<Name>> {
    const answer = await this.send(name, args, 'application/json');
    return (answer.status === 204 ? undefined : await jsonOf(answer)) as ResponseOf<Name>;
  }

  /** The answer as text, such as the CSV of an operation with `format: 'csv'`. */
  async text<Name extends OperationName>(name: Name, ...args: Arguments<Name>): Promise<string> {
    return (await this.send(name, args, '*/*')).text();
  }

  /** The bytes of an answer as they arrive, without a time limit. */
  async stream<Name extends OperationName>(
    name: Name,
    ...args: Arguments<Name>
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    return (await this.send(name, args, '*/*', Infinity)).body!;
  }

  /** The objects of an NDJSON answer as they arrive. */
  async *lines<Name extends LinesName>(name: Name, ...args: Arguments<Name>): AsyncGenerator<LineOf<Name>> {
    const answer = await this.send(name, args, 'application/x-ndjson', Infinity);
    let rest = '';
    for await (const chunk of textChunks(answer.body!)) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop()!;
      for (const line of lines) if (line !== '') yield JSON.parse(line) as LineOf<Name>;
    }
    if (rest !== '') yield JSON.parse(rest) as LineOf<Name>;
  }

  /** All entries of a list, page by page. */
  async *list<Name extends ListName, Key extends EntriesName<Name>>(
    name: Name,
    entries: Key,
    ...[request, options]: Arguments<Name>
  ): AsyncGenerator<EntryOf<Name, Key>> {
    for (let pageToken: string | null | undefined; pageToken !== null;) {
      const args = [{ ...request, pageToken }, options] as Arguments<Name>;
      const page: ResponseOf<Name> = await this.call(name, ...args);
      yield* page[entries] as EntryOf<Name, Key>[];
      pageToken = page.nextPageToken;
    }
  }

  /** All entries of a list, collected. */
  async all<Name extends ListName, Key extends EntriesName<Name>>(
    name: Name,
    entries: Key,
    ...args: Arguments<Name>
  ): Promise<EntryOf<Name, Key>[]> {
    const all: EntryOf<Name, Key>[] = [];
    for await (const entry of this.list(name, entries, ...args)) all.push(entry);
    return all;
  }

  /** Sends one request, as it is and without retries, and gives whatever came back. */
  async ask(
    method: string,
    path: string,
    { body, headers = {}, signal }: CallOptions & { body?: unknown } = {},
  ): Promise<Answer> {
    const answer = await this.fetch({ method, path, body, headers, signal });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, text, json: objectIn(text) };
  }

  /** A token that is valid for some time yet. */
  async accessToken(): Promise<string> {
    return (await this.token?.value(this.options.signal)) ?? '';
  }

  private async send<Name extends OperationName>(
    name: Name,
    [request = {}, options = {}]: [request?: object, options?: CallOptions],
    accept: string,
    secondsMax = ANSWER_SECONDS_MAX,
  ): Promise<Response> {
    const { body, ...parameters } = request as { body?: unknown };
    const [method, template] = name.split(' ') as [string, string];
    const isForm = body instanceof FormData;
    // An upload takes as long as the file is large.
    const limitMs = isForm || secondsMax === Infinity ? undefined : secondsMax * 1_000;
    const headers = {
      ...(options.language === undefined ? {} : { 'accept-language': options.language }),
      accept,
      ...(method === 'POST' && !isForm ? { 'idempotency-key': crypto.randomUUID() } : {}),
      ...options.headers,
    };
    return this.untilFinal(
      { method, path: pathOf(template, parameters), body, headers, signal: options.signal },
      limitMs,
    );
  }

  /** Repeats a request until its answer is final. */
  private async untilFinal(request: HttpRequest, limitMs: number | undefined): Promise<Response> {
    const startedAtMs = Date.now();
    const signal = anySignal(this.options.signal, request.signal);
    let hasRenewedToken = false;
    for (let attempt = 0; ; attempt += 1) {
      const limit = limitMs === undefined ? undefined : AbortSignal.timeout(limitMs);
      const outcome = await this.attempt({ ...request, signal: anySignal(request.signal, limit) });
      if (outcome instanceof Response) return outcome;
      signal?.throwIfAborted();
      if (outcome.error instanceof ApiError && outcome.error.status === 401) {
        if (hasRenewedToken) throw outcome.error;
        hasRenewedToken = true;
      }
      const waitMs = backOffMs(attempt, outcome.retryAfterSeconds);
      const windowMs = this.hasAnswered ? this.retryMs : this.firstAnswerMs;
      if (Date.now() + waitMs > startedAtMs + windowMs) throw outcome.error;
      await sleep(waitMs, signal);
    }
  }

  /** A success, or an error that may pass. @throws ApiError for a final refusal */
  private async attempt(request: HttpRequest): Promise<Response | { error: Error; retryAfterSeconds?: number }> {
    let answer: Response;
    try {
      answer = await this.fetch(request);
    } catch (error) {
      if (error instanceof ApiError || error instanceof UnexpectedAnswerError) throw error;
      return { error: new UnreachableError(`${this.baseUrl} does not answer`, { cause: error }) };
    }
    this.hasAnswered = true;
    if (answer.ok) return answer;
    const error = await apiErrorOf(answer);
    if (answer.status === 401 && this.token !== undefined) {
      this.token.discard();
      return { error, retryAfterSeconds: 0 };
    }
    if (!isTransient(error)) throw error;
    const retryAfter = Number(answer.headers.get('retry-after'));
    return { error, ...(retryAfter > 0 ? { retryAfterSeconds: retryAfter } : {}) };
  }

  private async fetch({ method, path, body, headers, signal }: HttpRequest): Promise<Response> {
    const { accessReason } = this.options;
    const isJson = body !== undefined && typeof body !== 'string' && !(body instanceof FormData);
    return fetch(this.baseUrl + path, {
      method,
      headers: {
        ...(this.token === undefined ? {} : { authorization: `Bearer ${await this.accessToken()}` }),
        'accept-language': this.language,
        // A header cannot contain Chinese characters.
        ...(accessReason === undefined ? {} : { 'x-access-reason': encodeURIComponent(accessReason) }),
        ...(isJson ? { 'content-type': 'application/json' } : {}),
        ...headers,
      },
      ...(body === undefined ? {} : { body: isJson ? JSON.stringify(body) : (body as string | FormData) }),
      signal: anySignal(this.options.signal, signal) ?? null,
    });
  }
}

/** The path with its parameters in place; the others are the query. */
function pathOf(template: string, parameters: Readonly<Record<string, string | number | undefined>>): string {
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(parameters[name])));
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters))
    if (value !== undefined && !template.includes(`{${name}}`)) query.set(name, String(value));
  return query.size === 0 ? path : `${path}?${query.toString()}`;
}

function anySignal(...signals: (AbortSignal | undefined)[]): AbortSignal | undefined {
  const given = signals.filter((signal) => signal !== undefined);
  return given.length > 1 ? AbortSignal.any(given) : given[0];
}

function objectIn(text: string): Answer['json'] {
  try {
    return JSON.parse(text) as Answer['json'];
  } catch {
    return {};
  }
}
