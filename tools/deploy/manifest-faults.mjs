/**
 * Faults of Kubernetes manifests by the schemas of Kubernetes, KEDA and cert-manager, and by our own of the part of a
 * CloudNativePG cluster that we use, since no package has its schema.
 */
import { Certificate, Issuer } from '@kubernetes-models/cert-manager/cert-manager.io/v1';
import { ScaledObject } from '@kubernetes-models/keda/keda.sh/v1alpha1';
import { Deployment, StatefulSet } from 'kubernetes-models/apps/v1';
import { CronJob, Job } from 'kubernetes-models/batch/v1';
import { Ingress, NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { Role, RoleBinding } from 'kubernetes-models/rbac.authorization.k8s.io/v1';
import { ConfigMap, Namespace, PersistentVolumeClaim, Secret, Service, ServiceAccount } from 'kubernetes-models/v1';

import { clusterFaults } from './postgres-cluster.mjs';
import { watched } from './watched-object.mjs';

const models = [
  ...[
    Certificate,
    Issuer,
    ScaledObject,
    Deployment,
    StatefulSet,
    Job,
    CronJob,
    Ingress,
    NetworkPolicy,
    PodDisruptionBudget,
  ],
  ...[Role, RoleBinding, ConfigMap, Namespace, PersistentVolumeClaim, Secret, Service, ServiceAccount],
];

/**
 * @param {Record<string, any>} manifest
 * @returns {string[]}  each with the place and what is wrong
 */
export function manifestFaults(manifest) {
  const { apiVersion, kind, metadata } = manifest;
  const at = (/** @type {string} */ fault) => `${kind} ${metadata?.name}${fault}`;
  if (apiVersion === 'postgresql.cnpg.io/v1' && kind === 'Cluster') return clusterFaults(manifest).map(at);
  const model = models.find((each) => each.apiVersion === apiVersion && each.kind === kind);
  if (model === undefined) return [at(`: there is no schema of ${apiVersion} ${kind}`)];
  // A check is compiled: it reads each member that the schema has, and no other.
  const { object, unread } = watched(Object.assign(Object.create(model.prototype), manifest));
  try {
    model.prototype.validate.call(object);
  } catch (error) {
    return [at(`: ${error instanceof Error ? error.message : String(error)}`)];
  }
  return unread().map((place) => at(`${place}: there is no such field`));
}
