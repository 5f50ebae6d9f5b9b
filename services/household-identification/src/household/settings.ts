import type { HouseholdIdentificationParameters } from '../parameters.js';
import type { RuleLimits } from '../pair/rules.js';

/** The parameters that a run is computed with, also when it goes on after a restart. */
export interface RunSettings extends RuleLimits {
  crowdMax: number;
  sharedByMax: number;
  probabilityMin: number;
  membersMax: number;
}

export async function settingsOf(parameters: HouseholdIdentificationParameters, at: Date): Promise<RunSettings> {
  return {
    sameCellDaysMin: await parameters.get('hh.sameCellDaysMonthMin', at),
    holidayDaysMin: await parameters.get('hh.holidayDaysMin', at),
    eveningDaysMin: await parameters.get('hh.eveningDaysPerWeekMin', at),
    eveningMode: await parameters.get('hh.eveningMode', at),
    topCells: await parameters.get('hh.topCells', at),
    overlapMin: await parameters.get('hh.topCellOverlapMin', at),
    overlapMode: await parameters.get('hh.topCellOverlapMode', at),
    crowdMax: await parameters.get('hh.crowdMax', at),
    sharedByMax: await parameters.get('hh.sharedByMax', at),
    probabilityMin: await parameters.get('hh.probabilityMin', at),
    membersMax: await parameters.get('hh.membersMax', at),
  };
}
