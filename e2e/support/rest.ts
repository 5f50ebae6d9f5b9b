const READING_TRIES = 5;

/** What came back for one request. */
export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** The body as JSON; undefined where it is something else. */
  json: unknown;
}

interface Asking {
  /** Sent as JSON; a FormData as multipart. */
  body?: unknown;
  headers?: Record<string, string>;
}

export interface Credentials {
  clientId: string;
  secret: string;
}

/** A program that talks to the REST API with the rights of one client; without credentials, with none. */
export class RestClient {
  private token: Promise<string> | undefined;

  constructor(
    readonly baseUrl: string,
    private readonly credentials?: Credentials,
  ) {}

  /** Sends a request and gives whatever came back. */
  async ask(method: string, path: string, { body, headers = {} }: Asking = {}): Promise<Answer> {
    const isForm = body instanceof FormData;
    const response = await fetch(`${this.baseUrl}${path}`, {
      method,
      headers: {
        'accept-language': 'en',
        ...(this.credentials === undefined ? {} : { authorization: `Bearer ${await this.accessToken()}` }),
        ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: parsed(text) };
  }

  /**
   * Sends a request that must succeed. A reading that is not available at the moment is asked for again, as the answer says:
   * on two cores, under the load of two systems, a deadline may pass.
   * @throws an Error with the problem, where it does not succeed
   */
  async expect<T>(method: string, path: string, asking: Asking = {}): Promise<T> {
    let answer = await this.ask(method, path, asking);
    for (let tries = 1; method === 'GET' && answer.status === 503 && tries < READING_TRIES; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      answer = await this.ask(method, path, asking);
    }
    const { status, text, json } = answer;
    if (status >= 400) throw new Error(`${method} ${path} gave ${status}: ${text.slice(0, 1_000)}`);
    return json as T;
  }

  get<T>(path: string): Promise<T> {
    return this.expect('GET', path);
  }

  post<T>(path: string, body: unknown, headers: Record<string, string> = {}): Promise<T> {
    return this.expect('POST', path, { body, headers });
  }

  put<T>(path: string, body: unknown): Promise<T> {
    return this.expect('PUT', path, { body });
  }

  /** All rows of a list that comes in pages: `rowsOf` picks them out of each. */
  async all<Page extends { nextPageToken: string | null }, Row>(
    path: string,
    rowsOf: (page: Page) => Row[],
  ): Promise<Row[]> {
    const rows: Row[] = [];
    let token = '';
    do {
      const page = await this.get<Page>(
        `${path}${path.includes('?') ? '&' : '?'}pageToken=${encodeURIComponent(token)}`,
      );
      rows.push(...rowsOf(page));
      token = page.nextPageToken ?? '';
    } while (token !== '');
    return rows;
  }

  accessToken(): Promise<string> {
    this.token ??= this.fetchToken();
    return this.token;
  }

  private async fetchToken(): Promise<string> {
    const { clientId, secret } = this.credentials!;
    const response = await fetch(`${this.baseUrl}/oauth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: secret }),
    });
    if (!response.ok) throw new Error(`The client ${clientId} got no token: ${response.status}`);
    return ((await response.json()) as { access_token: string }).access_token;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
