import { z } from 'zod';

/**
 * The fields of a cluster of CloudNativePG that `k8s/` uses, written down from its reference: no package has the schema.
 * A field that is used in addition is added here.
 */
const quantity = z.string().regex(/^\d+(m|Mi|Gi|Ti)?$/);
const storage = z.strictObject({ size: quantity, storageClass: z.string().optional() });

const cluster = z.strictObject({
  apiVersion: z.literal('postgresql.cnpg.io/v1'),
  kind: z.literal('Cluster'),
  metadata: z.strictObject({ name: z.string(), namespace: z.string().optional() }),
  spec: z.strictObject({
    instances: z.int().min(1),
    imageName: z.string(),
    minSyncReplicas: z.int().min(0).optional(),
    maxSyncReplicas: z.int().min(0).optional(),
    bootstrap: z.strictObject({
      initdb: z.strictObject({
        database: z.string(),
        owner: z.string(),
        postInitApplicationSQLRefs: z.strictObject({
          configMapRefs: z.array(z.strictObject({ name: z.string(), key: z.string() })),
        }),
      }),
    }),
    managed: z.strictObject({
      roles: z.array(
        z.strictObject({
          name: z.string(),
          ensure: z.enum(['present', 'absent']),
          login: z.boolean(),
          inRoles: z.array(z.string()).optional(),
          passwordSecret: z.strictObject({ name: z.string() }),
        }),
      ),
    }),
    postgresql: z.strictObject({ parameters: z.record(z.string(), z.string()), pg_hba: z.array(z.string()) }),
    storage,
    walStorage: storage.optional(),
    resources: z.strictObject({ requests: z.record(z.string(), quantity), limits: z.record(z.string(), quantity) }),
    affinity: z.strictObject({
      enablePodAntiAffinity: z.boolean(),
      topologyKey: z.string(),
      podAntiAffinityType: z.enum(['preferred', 'required']),
    }),
  }),
});

/** @param {unknown} manifest  @returns {string[]} */
export function clusterFaults(manifest) {
  const { error } = cluster.safeParse(manifest);
  return (error?.issues ?? []).map(({ path, message }) => `/${path.join('/')}: ${message}`);
}
