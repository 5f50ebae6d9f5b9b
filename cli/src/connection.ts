import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Credentials } from '@holdfast/client/access-token';
import { RestClient, type Language } from '@holdfast/client/rest-client';

/** Options that every command takes; each has an environment variable. */
export interface ConnectionOptions {
  url?: string;
  tokenUrl?: string;
  clientId?: string;
  clientSecret?: string;
  clientSecretFile?: string;
  language?: string;
  reason?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_PORT = '8080';
/** Until the first answer: a system that is not running is noticed soon, one that restarts is waited for. */
const FIRST_ANSWER_SECONDS = 3;
/** Client of a development system that may do everything. */
const DEFAULT_CLIENT = 'console';

/** Something that the user must set right. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A refusal that is not a problem document. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
}

/** @throws UsageError if there is no way to know the client's secret */
export function connect(options: ConnectionOptions, environment: Environment, signal?: AbortSignal): RestClient {
  const language = languageOf(options, environment);
  const tokenUrl = options.tokenUrl ?? environment['HOLDFAST_TOKEN_URL'];
  return new RestClient({
    baseUrl: baseUrlOf(options, environment),
    ...(tokenUrl === undefined ? {} : { tokenUrl }),
    firstAnswerSeconds: FIRST_ANSWER_SECONDS,
    credentials: credentialsOf(options, environment),
    language,
    ...(options.reason === undefined ? {} : { accessReason: options.reason }),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** From the options, else that of the terminal. @throws UsageError */
export function languageOf({ language }: Pick<ConnectionOptions, 'language'>, environment: Environment): Language {
  const wanted = language ?? (environment['LANG']?.startsWith('zh') ? 'zh-CN' : 'en');
  if (wanted !== 'zh-CN' && wanted !== 'en') throw new UsageError('--language is zh-CN or en.');
  return wanted;
}

/** From the options, else from HOLDFAST_URL, else this machine with HOLDFAST_PORT. @throws UsageError */
function baseUrlOf({ url }: ConnectionOptions, environment: Environment): string {
  const given = url ?? environment['HOLDFAST_URL'];
  if (given === undefined) {
    const port = environment['HOLDFAST_PORT'] || DEFAULT_PORT;
    if (!/^\d{1,5}$/.test(port))
      throw new UsageError(`HOLDFAST_PORT is ${port}; a port such as ${DEFAULT_PORT} is needed.`);
    return `http://127.0.0.1:${port}`;
  }
  if (!/^https?:$/.test(URL.parse(given)?.protocol ?? ''))
    throw new UsageError(
      `${given} is not an address; one such as http://127.0.0.1:${DEFAULT_PORT} is needed (--url, HOLDFAST_URL).`,
    );
  return given;
}

/** From the options, else the environment, else from the home of a system that `npm start` made on this machine. */
export function credentialsOf(options: ConnectionOptions, environment: Environment): Credentials {
  const clientId = options.clientId ?? environment['HOLDFAST_CLIENT_ID'] ?? DEFAULT_CLIENT;
  if (options.clientSecret !== undefined) return { clientId, secret: options.clientSecret };
  const file = options.clientSecretFile ?? environment['HOLDFAST_CLIENT_SECRET_FILE'];
  if (file !== undefined) return { clientId, secret: readText(file).trim() };
  const home = environment['HOLDFAST_HOME'] ?? '.holdfast';
  const clients = clientsOf(path.join(home, 'secrets', 'clients.json'));
  const client = clients.find((candidate) => candidate.client_id === clientId);
  if (client === undefined) throw new UsageError(`${home} has no client ${clientId}; use --client-id.`);
  return { clientId, secret: client.secret };
}

function clientsOf(file: string): { client_id: string; secret: string }[] {
  const text = readText(file);
  try {
    const clients: unknown = JSON.parse(text);
    const isClient = (one: Record<string, unknown> | null) =>
      typeof one?.['client_id'] === 'string' && typeof one['secret'] === 'string';
    if (Array.isArray(clients) && clients.every(isClient)) return clients as { client_id: string; secret: string }[];
  } catch {
    // Reported below.
  }
  throw new UsageError(
    `${file} is not a list of clients. Restore it, or delete it and start the system again, which makes a new one.`,
  );
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new UsageError(
      `${file} cannot be read. Start the system here with npm start, or specify one: ` +
        '--url, --client-id and --client-secret-file (HOLDFAST_URL, HOLDFAST_CLIENT_ID, HOLDFAST_CLIENT_SECRET_FILE).',
    );
  }
}
