/** Beginning of the key of a job whose input is still arriving; it has no work yet. */
export const OPENED = 'opened ';

/** Subject of the work of a kind: of whole jobs and of plans. */
export function workSubject(service: string, kind: string): string {
  return `holdfast.${service}.work.${kind}`;
}

/** Kind of the messages that name a piece of a job. */
export function shardKind(kind: string): string {
  return `${kind}-shard`;
}
