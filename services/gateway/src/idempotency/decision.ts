/** What is kept under a key. */
export interface KeptKey {
  fingerprint: Buffer;
  /** Status of the kept answer; null while the first request runs. */
  status: number | null;
}

/**
 * What to do with a request whose key is taken:
 * `replay` the kept answer; `mismatch`: the key was used for another request; `inFlight`: the first one still runs.
 */
type KeyDecision = 'replay' | 'mismatch' | 'inFlight';

export function decideOnTakenKey(kept: KeptKey, fingerprint: Buffer): KeyDecision {
  if (!kept.fingerprint.equals(fingerprint)) return 'mismatch';
  return kept.status === null ? 'inFlight' : 'replay';
}

/** Whether an answer settles its request. After any other the key is free again, so that a retry can succeed. */
export function settles(status: number): boolean {
  return status < 500 && status !== 429;
}
