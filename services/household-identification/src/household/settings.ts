import type { HouseholdIdentificationParameters } from '../parameters.js';
import type { LinesMax } from '../evidence/shared-things.js';
import type { RuleLimits } from '../pair/rules.js';

/** The parameters that a run is computed with, also when it goes on after a restart. */
export interface RunSettings extends RuleLimits {
  crowdMax: number;
  linesMax: LinesMax;
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
    linesMax: {
      account: await parameters.get('hh.accountLinesMax', at),
      payer: await parameters.get('hh.payerLinesMax', at),
      door: await parameters.get('hh.doorLinesMax', at),
      building: await parameters.get('hh.buildingLinesMax', at),
      plan: await parameters.get('hh.planLinesMax', at),
      customer: await parameters.get('hh.customerLinesMax', at),
      link: await parameters.get('hh.linkLinesMax', at),
      contact: await parameters.get('hh.contactLinesMax', at),
    },
    probabilityMin: await parameters.get('hh.probabilityMin', at),
    membersMax: await parameters.get('hh.membersMax', at),
  };
}
