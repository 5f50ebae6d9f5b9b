/** A fuzz run: requests from the document under every token, and what is checked of each answer. */
import http from 'node:http';
import fc from 'fast-check';

import type { ApiDocument } from './document.js';
import type { FuzzRequest } from './requests.js';
import type { Token } from './tokens.js';

const ANSWER_MS_MAX = 30_000;
/** Status of a request whose connection was closed without an answer. */
const NO_ANSWER = 0;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g;
const ORG_UNIT = /"orgUnit(?:Path)?":"([^"]*)"/g;
/** Every name and number of the simulated operator has a mark. A masked name shows its first character only. */
const PERSONAL = /孪[\u4e00-\u9fff]{2}|(?<![\d.])1990000\d{4}(?!\d)/;
/** Attempts to make the request of one fault shorter. */
const SHORTENINGS_MAX = 200;

interface System {
  baseUrl: string;
  document: ApiDocument;
  tokens: ReadonlyMap<string, Token>;
  /** Org unit path of each subscription and customer, by id. */
  owners: ReadonlyMap<string, string>;
}

interface Answer {
  status: number;
  contentType: string | null;
  text: string;
}

/** A fault, with the shortest request that shows it. */
interface Fault {
  what: string;
  request: string;
}

export interface FuzzResult {
  requests: number;
  statuses: Record<number, number>;
  faults: Fault[];
}

/**
 * Sends that many requests. Each kind of fault is reported once, with the shortest request that
 * fast-check finds for it.
 */
export async function fuzz(system: System, requests: fc.Arbitrary<FuzzRequest>, count: number, seed: number) {
  const result: FuzzResult = { requests: 0, statuses: {}, faults: [] };
  const known = new Set<string>();
  for (let round = 0; result.requests < count; round += 1) {
    let kind = '';
    let what = '';
    let shortenings = 0;
    const property = fc.asyncProperty(requests, async (request) => {
      if (kind !== '' && (shortenings += 1) > SHORTENINGS_MAX) return true;
      const answer = await send(system, request);
      result.requests += 1;
      result.statuses[answer.status] = (result.statuses[answer.status] ?? 0) + 1;
      const fault = faultOf(system, request, answer);
      if (fault === undefined) return true;
      const faultKind = `${request.operation.name}: ${fault.replace(UUID, '…')}`;
      // While a request is made shorter, only the fault that was found first counts.
      if (known.has(faultKind) || (kind !== '' && kind !== faultKind)) return true;
      kind = faultKind;
      what = `${faultKind}\n${answer.text.slice(0, 500)}`;
      return false;
    });
    const numRuns = count - result.requests;
    const checked = await fc.check(property, { numRuns, seed: seed + round, endOnFailure: false });
    if (!checked.failed) break;
    known.add(kind);
    result.faults.push({ what, request: textOf(checked.counterexample![0]) });
  }
  return result;
}

function textOf({ operation, token, path, headers, body }: FuzzRequest): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`${operation.method} ${path}`, `token: ${token}`, ...lines, '', String(body ?? '').slice(0, 1_000)].join(
    '\n',
  );
}

function send({ baseUrl, tokens }: System, request: FuzzRequest): Promise<Answer> {
  const { authorization } = tokens.get(request.token)!;
  const { hostname, port } = new URL(baseUrl);
  return new Promise((resolve) => {
    const sent = http.request(
      {
        ...{ hostname, port, path: request.path, method: request.operation.method, agent },
        headers: {
          ...request.headers,
          ...(authorization === undefined ? {} : { authorization }),
          ...(request.body === undefined ? {} : { 'content-length': Buffer.byteLength(request.body) }),
        },
        timeout: ANSWER_MS_MAX,
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', ({ message }) => resolve({ status: NO_ANSWER, contentType: null, text: message }));
        answer.on('end', () =>
          resolve({
            status: answer.statusCode!,
            contentType: answer.headers['content-type'] ?? null,
            text: Buffer.concat(chunks).toString('utf8'),
          }),
        );
      },
    );
    sent.on('timeout', () => sent.destroy(new Error('no answer in time')));
    sent.on('error', ({ code, message }: NodeJS.ErrnoException) => {
      resolve({ status: NO_ANSWER, contentType: null, text: code ?? message });
    });
    sent.end(request.body);
  });
}
const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });

function faultOf({ document, tokens, owners }: System, request: FuzzRequest, answer: Answer): string | undefined {
  const token = tokens.get(request.token)!;
  if (answer.status === NO_ANSWER) return `no answer: ${answer.text}`;
  if (answer.status >= 500) return `a fault of the system, ${answer.status}`;
  if (token.region === undefined && request.operation.scope !== undefined && answer.status < 400)
    return 'no valid token';
  const undeclared = document.undeclared(request.operation, answer);
  if (undeclared !== undefined) return undeclared;
  if (request.operation.scope === undefined) return undefined; // what is open has examples only
  const isPersonal = PERSONAL.test(answer.text);
  if (isPersonal && !token.mayReadPersonalData) return 'personal data without pii:read';
  if (isPersonal && !isGiven(request.headers['X-Access-Reason'])) return 'personal data without a reason';
  return foreignRow(token.region ?? [], owners, request, answer);
}

function isGiven(reason: string | undefined): boolean {
  return (reason ?? '').trim() !== '';
}

/** A subscription, a customer or an org unit that is outside of the region and was not named by the request. */
function foreignRow(
  region: readonly string[],
  owners: System['owners'],
  request: FuzzRequest,
  { text }: Answer,
): string | undefined {
  const isWithin = (unit: string): boolean => region.some((own) => unit.startsWith(own) || own.startsWith(unit));
  const named = `${request.path} ${String(request.body ?? '').slice(0, 100_000)}`;
  for (const [id] of text.matchAll(UUID)) {
    const unit = owners.get(id);
    if (unit !== undefined && !region.some((own) => unit.startsWith(own)) && !named.includes(id))
      return 'a foreign row';
  }
  for (const [, unit] of text.matchAll(ORG_UNIT)) if (!isWithin(unit!)) return `the org unit ${unit} is foreign`;
  return undefined;
}
