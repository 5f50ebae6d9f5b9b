import { type HeldOut, KNOWN_PAIRS_MIN } from '../model/pair-model.js';
import type { RunSettings } from './settings.js';

/** How a run was done, for people who read its figures. */
export function methodText(settings: RunSettings, heldOut: HeldOut | undefined): string {
  const pairs =
    heldOut === undefined
      ? `fixed weights, fewer than ${KNOWN_PAIRS_MIN} pairs of known families to learn from`
      : `logistic over evidence, learnt from ${heldOut.families} pairs of known families` +
        ` (held out: ${percent(heldOut.recall)} of them found, ${percent(heldOut.falseShare)} of pairs across two families)`;
  return (
    `${pairs}, at ${settings.probabilityMin}; correlation clustering, at most ${settings.membersMax};` +
    ` evenings: ${settings.eveningMode} week; overlap of top ${settings.topCells} cells: ${settings.overlapMode}`
  );
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
