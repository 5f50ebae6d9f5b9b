import { z } from 'zod';
import type { ParameterDefinition, Parameters } from '@holdfast/platform/parameters';
import { EVENING_MODES, type EveningMode } from './pair/evening-days.js';
import { OVERLAP_MODES, type OverlapMode } from './pair/top-cells.js';

function parameter<T>(schema: z.ZodType<T>, value: T, description: string): ParameterDefinition<T> {
  return { schema, default: value, description };
}

const days = z.number().int().min(1).max(31);

/** What an operator may set without a new release; each run keeps the values that it was computed with. */
export const householdIdentificationParameters = {
  'hh.sameCellDaysMonthMin': parameter(days, 5, 'Rule 1: days of the month on which both called or wrote in one cell.'),
  'hh.holidayDaysMin': parameter(days, 2, "Rule 2: of the month's holidays, those on which both were active in one cell."),
  'hh.eveningDaysPerWeekMin': parameter(
    z.number().min(1).max(7),
    5,
    'Rule 3: evenings (20:00 to 22:00) of a whole ISO week on which both called or wrote in one cell.',
  ),
  'hh.eveningMode': parameter<EveningMode>(
    z.enum(EVENING_MODES),
    'any',
    'Rule 3: in any week of the month, in every one, or on their mean.',
  ),
  'hh.topCells': parameter(z.number().int().min(1).max(50), 10, 'Rule 4: so many of the most frequent call cells.'),
  'hh.topCellOverlapMin': parameter(z.number().gt(0).max(1), 0.1, 'Rule 4: share of them that two have in common.'),
  'hh.topCellOverlapMode': parameter<OverlapMode>(
    z.enum(OVERLAP_MODES),
    'shared/ten',
    'Rule 4: shared ÷ ten (÷ the lesser number, where somebody has fewer cells), or shared ÷ all of both.',
  ),
  'hh.crowdMax': parameter(
    z.number().int().min(2).max(2_000),
    100,
    'A cell on a day, or a frequent call cell, with more people brings nobody together. Bounds the work.',
  ),
  'hh.sharedByMax': parameter(
    z.number().int().min(2).max(200),
    20,
    "An account, a payer or an address with more subscriptions is a company's and says nothing.",
  ),
  'hh.probabilityMin': parameter(
    z.number().gt(0).lt(1),
    0.5,
    'Threshold of the pair model: from here on a pair speaks for a household, below against it.',
  ),
  'hh.membersMax': parameter(z.number().int().min(2).max(20), 8, 'Subscriptions of a household.'),
  'hh.runsKept': parameter(z.number().int().min(1).max(100), 3, 'Published runs that are kept.'),
};

export type HouseholdIdentificationParameters = Parameters<typeof householdIdentificationParameters>;
