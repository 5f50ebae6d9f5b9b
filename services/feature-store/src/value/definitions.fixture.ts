import { featureStoreParameters } from '../parameters.js';
import type { Definitions } from './definitions.js';

const versionOne = <T>(value: T) => ({ value, version: 1, validFrom: undefined, setBy: '' });

/** The default definitions. */
export const definitionsFixture: Definitions = {
  midHighEnd: versionOne(featureStoreParameters['definition.midHighEnd'].default),
  quasiMidHighEnd: versionOne(featureStoreParameters['definition.quasiMidHighEnd'].default),
  cohort: versionOne(featureStoreParameters['definition.cohort'].default),
  valueLost: versionOne(featureStoreParameters['definition.valueLost'].default),
  saved: versionOne(featureStoreParameters['definition.saved'].default),
  adopterSegments: versionOne(featureStoreParameters['definition.adopterSegments'].default),
  churnIndexProxy: versionOne(featureStoreParameters['definition.churnIndexProxy'].default),
};
