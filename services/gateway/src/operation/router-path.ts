/**
 * The router's pattern of a documented path. `{id}` is a parameter, and an action follows a colon:
 * `/leases/{leaseId}:renew` becomes `/leases/:leaseId(^[^:]+)::renew`. A double colon is a literal one for the router,
 * and a parameter in front of an action ends at it.
 */
export function routerPath(documentedPath: string): string {
  return documentedPath
    .replace(/:/g, '::')
    .replace(/\{(\w+)\}(?=::)/g, ':$1(^[^:]+)')
    .replace(/\{(\w+)\}/g, ':$1');
}

/** Names of the parameters of a documented path. */
export function parameterNames(documentedPath: string): string[] {
  return [...documentedPath.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!);
}
