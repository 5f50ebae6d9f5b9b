import type { ChurnScoringParameters } from '../parameters.js';
import { worthParameters } from '../worth-parameters.js';

type Defaults = typeof worthParameters;
/** Parameters that worth depends on, by their name within a run. */
const KEYS = {
  weights: 'worth.weights',
  future: 'worth.future',
  grades: 'worth.grades',
  spendingPower: 'worth.spendingPower',
  potential: 'worth.potential',
  change: 'worth.change',
  lifecycle: 'worth.lifecycle',
  pareto: 'pareto',
} as const satisfies Record<string, keyof Defaults>;
type Name = keyof typeof KEYS;

/** Values that a run is computed with. */
export type WorthSettings = { readonly [N in Name]: Defaults[(typeof KEYS)[N]]['default'] };
/** Their versions, by key of the parameter. */
export type SettingVersions = Readonly<Record<string, { value: unknown; version: number }>>;

/** The values in force at a moment, with their versions. */
export async function settingsAt(
  parameters: ChurnScoringParameters,
  at: Date,
): Promise<{ settings: WorthSettings; versions: SettingVersions }> {
  const entries = await Promise.all(
    (Object.entries(KEYS) as [Name, (typeof KEYS)[Name]][]).map(async ([name, key]) => {
      return [name, key, await parameters.inForce(key, at)] as const;
    }),
  );
  const settings: unknown = Object.fromEntries(entries.map(([name, , { value }]) => [name, value]));
  const versions = Object.fromEntries(entries.map(([, key, { value, version }]) => [key, { value, version }]));
  return { settings: settings as WorthSettings, versions };
}

/** The settings of a stored run. */
export function storedSettings(versions: SettingVersions): WorthSettings {
  const settings: unknown = Object.fromEntries(Object.entries(KEYS).map(([name, key]) => [name, versions[key]!.value]));
  return settings as WorthSettings;
}
