import fs from 'node:fs';
import path from 'node:path';

import { parse, parseAllDocuments } from 'yaml';

import { applyJsonPatch } from './json-patch.mjs';

/**
 * Renders a folder as `kustomize build` does, for the part of kustomize that `k8s/` uses: neither npm nor Debian has a
 * kustomize to test with. Any other field is refused, so that nothing is rendered otherwise than there.
 *
 * @typedef {any} Loose  a value that its schema describes, not a type
 * @typedef {Record<string, Loose>} Manifest
 *
 * @typedef {object} Kustomization
 * @property {string[]} [resources]
 * @property {string[]} [components]
 * @property {string} [namespace]
 * @property {{ pairs: Record<string, string> }[]} [labels]
 * @property {{ name: string, newName?: string, newTag?: string }[]} [images]
 * @property {{ name: string, files: string[] }[]} [configMapGenerator]
 * @property {{ target: Record<string, string>, patch: string }[]} [patches]
 * @property {{ disableNameSuffixHash: boolean }} [generatorOptions]
 */
const fields = new Set([
  ...['apiVersion', 'kind', 'resources', 'components', 'namespace', 'labels', 'images', 'configMapGenerator'],
  ...['generatorOptions', 'patches'],
]);

/** Kinds that no namespace has. */
const withoutNamespace = new Set([
  'Namespace',
  'ClusterRole',
  'ClusterRoleBinding',
  'PersistentVolume',
  'StorageClass',
]);

/**
 * @param {string} folder  of a `kustomization.yaml`
 * @returns {Manifest[]}  in no order
 */
export function renderKustomization(folder) {
  return applied(folder, []);
}

/**
 * @param {string} folder
 * @param {Manifest[]} before  what a component may change
 * @returns {Manifest[]}
 */
function applied(folder, before) {
  const file = path.join(folder, 'kustomization.yaml');
  /** @type {Kustomization} */
  const kustomization = parse(fs.readFileSync(file, 'utf8'));
  for (const field of Object.keys(kustomization))
    if (!fields.has(field)) throw new Error(`${file}: ${field} is not rendered here`);
  const own = (kustomization.resources ?? []).flatMap((name) => resourcesAt(path.join(folder, name)));
  const generated = (kustomization.configMapGenerator ?? []).map((map) => configMapOf(folder, map));
  if (generated.length > 0 && kustomization.generatorOptions?.disableNameSuffixHash !== true)
    throw new Error(`${file}: generatorOptions.disableNameSuffixHash must be set`);
  let manifests = [...before, ...own, ...generated];
  for (const component of kustomization.components ?? []) manifests = applied(path.join(folder, component), manifests);
  refuseRepeated(file, manifests);
  for (const { target, patch } of kustomization.patches ?? []) applyPatch(file, manifests, target, patch);
  for (const manifest of manifests) transform(manifest, kustomization);
  return manifests;
}

/** @param {string} place  @returns {Manifest[]} */
function resourcesAt(place) {
  if (fs.statSync(place).isDirectory()) return applied(place, []);
  return parseAllDocuments(fs.readFileSync(place, 'utf8')).map((document) => {
    if (document.errors.length > 0) throw new Error(`${place}: ${document.errors[0]?.message}`);
    return document.toJS();
  });
}

/** @param {string} folder  @param {{ name: string, files: string[] }} map  @returns {Manifest} */
function configMapOf(folder, { name, files }) {
  const data = files.map((file) => [path.basename(file), fs.readFileSync(path.join(folder, file), 'utf8')]);
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: Object.fromEntries(data) };
}

/** @param {string} file  @param {Manifest[]} manifests */
function refuseRepeated(file, manifests) {
  const seen = new Set();
  for (const { kind, metadata } of manifests) {
    const id = `${kind} ${metadata.name}`;
    if (seen.has(id)) throw new Error(`${file}: ${id} occurs twice`);
    seen.add(id);
  }
}

/** @param {string} file  @param {Manifest[]} manifests  @param {Record<string, string>} target  @param {string} patch */
function applyPatch(file, manifests, target, patch) {
  const found = manifests.filter(
    ({ kind, metadata }) =>
      kind === target['kind'] && (target['name'] === undefined || metadata.name === target['name']),
  );
  if (found.length === 0) throw new Error(`${file}: a patch has no target: ${JSON.stringify(target)}`);
  for (const manifest of found) applyJsonPatch(manifest, parse(patch));
}

/** @param {Manifest} manifest  @param {Kustomization} kustomization */
function transform(manifest, { namespace, labels = [], images = [] }) {
  const pairs = Object.assign({}, ...labels.map((label) => label.pairs));
  if (Object.keys(pairs).length > 0) manifest['metadata'].labels = { ...manifest['metadata'].labels, ...pairs };
  if (namespace !== undefined) {
    if (manifest['kind'] === 'Namespace') manifest['metadata'].name = namespace;
    else if (!withoutNamespace.has(manifest['kind'])) manifest['metadata'].namespace = namespace;
  }
  for (const container of containersOf(manifest)) container['image'] = imageOf(container['image'], images);
}

/** @param {Manifest} manifest  @returns {Manifest[]} */
function containersOf(manifest) {
  const { spec } = manifest;
  const pod = (spec?.jobTemplate?.spec ?? spec)?.template?.spec;
  return [...(pod?.initContainers ?? []), ...(pod?.containers ?? [])];
}

/** @param {string} image  @param {NonNullable<Kustomization['images']>} images */
function imageOf(image, images) {
  const [, name, tag] = /^(.+?)(?::([^:/]+))?$/.exec(image) ?? [];
  const change = images.find((each) => each.name === name);
  if (change === undefined) return image;
  return `${change.newName ?? name}:${change.newTag ?? tag}`;
}
