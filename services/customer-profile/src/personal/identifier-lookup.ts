import { numberLookup } from './contact-number.js';
import type { Vault } from './vault.js';

/** Identifiers of an extract by which customers are found. */
export type LookupKind = 'number' | 'document';

/** Keyed hash of an identifier, whatever its spelling. Imports store it and requests search by it. */
export function identifierLookup(vault: Vault, kind: LookupKind, text: string): Buffer {
  return kind === 'number' ? numberLookup(vault, text) : vault.lookup(kind, normalDocument(text));
}

/** A resident number may end in x or X. */
function normalDocument(text: string): string {
  return text.normalize('NFKC').replace(/[\s-]/g, '').toUpperCase();
}
