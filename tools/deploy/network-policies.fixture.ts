import type { Manifest } from './kustomize.mjs';

type Labels = Readonly<Record<string, string>>;

/** TCP ports at which one part reaches another. */
export interface Connection {
  caller: string;
  callee: string;
  ports: number[];
}

/**
 * What the network policies of a system allow between pods of its namespace: a connection needs the egress of one side
 * and the ingress of the other. Rules for addresses and other namespaces concern other pods.
 * @param labelsOf the labels of a part's pods
 */
export function allowedConnections(
  manifests: readonly Manifest[],
  parts: readonly string[],
  labelsOf: (part: string) => Labels,
): Connection[] {
  const policies = manifests.filter(({ kind }) => kind === 'NetworkPolicy').map(({ spec }) => spec as Manifest);
  const portsOf = (side: 'ingress' | 'egress', own: Labels, peer: Labels): number[] | 'all' => {
    const type = side === 'ingress' ? 'Ingress' : 'Egress';
    const mine = policies.filter(
      (policy) => policy['policyTypes'].includes(type) && matches(policy['podSelector'], own),
    );
    if (mine.length === 0) return 'all';
    const rules = mine.flatMap((policy) => (policy[side] ?? []) as Manifest[]);
    const fitting = rules.filter((rule) => {
      const peers = rule[side === 'ingress' ? 'from' : 'to'] as Manifest[] | undefined;
      return peers === undefined || peers.some((each) => isPod(each) && matches(each['podSelector'], peer));
    });
    return fitting.flatMap(({ ports }) =>
      (ports as Manifest[]).filter(({ protocol }) => protocol === 'TCP').map(({ port }) => port as number),
    );
  };
  return parts.flatMap((caller) =>
    parts.flatMap((callee) => {
      const out = portsOf('egress', labelsOf(caller), labelsOf(callee));
      const into = portsOf('ingress', labelsOf(callee), labelsOf(caller));
      if (out === 'all' || into === 'all') throw new Error(`no policy restricts ${caller} or ${callee}`);
      const ports = out.filter((port) => into.includes(port)).sort((left, right) => left - right);
      return ports.length === 0 ? [] : [{ caller, callee, ports }];
    }),
  );
}

function isPod(peer: Manifest): boolean {
  return peer['podSelector'] !== undefined && peer['namespaceSelector'] === undefined;
}

function matches(selector: Manifest, labels: Labels): boolean {
  const equal = Object.entries((selector['matchLabels'] ?? {}) as Labels).every(
    ([key, value]) => labels[key] === value,
  );
  const listed = ((selector['matchExpressions'] ?? []) as Manifest[]).every(({ key, operator, values }) => {
    if (operator !== 'In') throw new Error(`${operator} is not read here`);
    return values.includes(labels[key]);
  });
  return equal && listed;
}
