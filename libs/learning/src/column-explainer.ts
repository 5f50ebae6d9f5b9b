import type { BoostedTrees } from './gradient-boosting.js';
import { TreeExplainer } from './tree-explainer.js';

/**
 * Explains boosted trees by their source columns. The levels of a category are separate players, whose contributions
 * are added up; a number whose thresholds fill several features is one player.
 */
export function columnExplainer({ features, ensemble }: BoostedTrees, columns: readonly string[]): TreeExplainer {
  const groups = Uint32Array.from(features, ({ column }) => columns.indexOf(column));
  const players = Uint32Array.from(features, (feature, at) => {
    return feature.kind === 'number' ? features.findIndex(({ column }) => column === feature.column) : at;
  });
  return new TreeExplainer(ensemble, groups, columns.length, players);
}
