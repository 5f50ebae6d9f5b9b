/**
 * Renders folders with a `kustomization.yaml` and prints what is wrong with their manifests; exits with 1 if anything is.
 *
 *   node tools/deploy/check-manifests.mjs FOLDER…
 */
import { renderKustomization } from './kustomize.mjs';
import { manifestFaults } from './manifest-faults.mjs';

for (const folder of process.argv.slice(2)) {
  const faults = renderKustomization(folder).flatMap(manifestFaults);
  for (const fault of faults) console.log(`${folder}: ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
}
