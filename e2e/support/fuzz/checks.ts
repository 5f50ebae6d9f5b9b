/** What must hold of every answer. */
import type { ApiDocument } from './document.js';
import type { PersonalValues } from './personal-values.js';
import type { FuzzRequest } from './requests.js';
import { NO_ANSWER, type Answer } from './send.js';
import type { Token } from './tokens.js';

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g;
const ORG_UNIT = /"orgUnit(?:Path)?":"([^"]*)"/g;
const REQUEST_BYTES_MAX = 100_000;

export interface CheckedSystem {
  document: ApiDocument;
  tokens: ReadonlyMap<string, Token>;
  /** Org unit path of each subscription and customer, by id. */
  owners: ReadonlyMap<string, string>;
  personal: PersonalValues;
}

/** Everything that is wrong with an answer, one sentence each. */
export function faultsOf(system: CheckedSystem, request: FuzzRequest, answer: Answer): string[] {
  const token = system.tokens.get(request.token)!;
  if (answer.status === NO_ANSWER) return [`no answer: ${answer.text}`];
  const faults = [
    answer.status >= 500 ? `a fault of the system, ${answer.status}` : undefined,
    unauthorised(request, token, answer),
    system.document.undeclared(request.operation, answer),
    personalData(system.personal, request, token, answer),
    // What is open has examples only.
    request.operation.scope === undefined ? undefined : foreignRow(system.owners, token.region ?? [], request, answer),
  ];
  return faults.filter((fault) => fault !== undefined);
}

function unauthorised({ operation }: FuzzRequest, token: Token, { status }: Answer): string | undefined {
  if (operation.scope === undefined || status >= 400) return undefined;
  if (token.region === undefined) return 'success without a valid token';
  return token.scopes.includes(operation.scope) ? undefined : 'success without the scope';
}

function personalData(
  personal: PersonalValues,
  request: FuzzRequest,
  token: Token,
  { text }: Answer,
): string | undefined {
  if (personal.firstIn(text) === undefined) return undefined;
  if (!token.mayReadPersonalData) return 'personal data without pii:read';
  return isGiven(request.headers['X-Access-Reason']) ? undefined : 'personal data without a reason';
}

function isGiven(reason: string | undefined): boolean {
  return (reason ?? '').trim() !== '';
}

/** A subscription, a customer or an org unit that is outside of the region and was not named by the request. */
function foreignRow(
  owners: CheckedSystem['owners'],
  region: readonly string[],
  request: FuzzRequest,
  { text }: Answer,
): string | undefined {
  const isWithin = (unit: string): boolean => region.some((own) => unit.startsWith(own) || own.startsWith(unit));
  const named = `${request.path} ${String(request.body ?? '').slice(0, REQUEST_BYTES_MAX)}`;
  for (const [id] of text.matchAll(UUID)) {
    const unit = owners.get(id);
    if (unit !== undefined && !region.some((own) => unit.startsWith(own)) && !named.includes(id))
      return 'a foreign row';
  }
  for (const [, unit] of text.matchAll(ORG_UNIT)) if (!isWithin(unit!)) return `the org unit ${unit} is foreign`;
  return undefined;
}

/** Faults of one kind differ in ids, places and figures only. */
export function kindOf({ operation }: FuzzRequest, fault: string): string {
  return `${operation.name}: ${fault.replace(UUID, '…').replace(/\/\d+(?=[/ ])/g, '/…')}`;
}
