import { OVERLAP_MODES, type OverlapMode, EVENING_MODES, type EveningMode } from './pair/rules.js';
import { z } from 'zod';
import { type ParameterDefinition, type Parameters, parameter } from '@holdfast/platform/parameters';
import { LINES_MAX, type SharedKind } from './evidence/shared-things.js';

/** How widely a thing may be shared, and still be evidence. */
function linesMax(kind: SharedKind, subject: string): ParameterDefinition<number> {
  const most = 10 * LINES_MAX[kind];
  return parameter(
    z.number().int().min(2).max(most),
    LINES_MAX[kind],
    `${subject} with more active lines is no evidence: it gives no pairs, no weight and no training rows.`,
  );
}

const days = z.number().int().min(1).max(31);

/** What an operator may set without a new release; each run keeps the values that it was computed with. */
export const householdIdentificationParameters = {
  'hh.sameCellDaysMonthMin': parameter(days, 5, 'Rule 1: days of the month on which both called or wrote in one cell.'),
  'hh.holidayDaysMin': parameter(
    days,
    2,
    "Rule 2: of the month's holidays, those on which both were active in one cell.",
  ),
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
    'Rule 4: shared ÷ ten (÷ the lesser number, where a subscription has fewer cells), or shared ÷ all of both.',
  ),
  'hh.crowdMax': parameter(
    z.number().int().min(2).max(2_000),
    100,
    'A cell on a day, or a frequent call cell, with more people makes no pair. Bounds the work.',
  ),
  'hh.accountLinesMax': linesMax('account', 'An account (the lines on it and those that it pays for)'),
  'hh.payerLinesMax': linesMax('payer', 'An account that pays (the lines on it and those that it pays for)'),
  'hh.doorLinesMax': linesMax('door', 'An address down to the door'),
  'hh.buildingLinesMax': linesMax('building', 'A building'),
  'hh.planLinesMax': linesMax('plan', 'A family plan'),
  'hh.customerLinesMax': linesMax('customer', 'A customer who owns or uses lines'),
  'hh.linkLinesMax': linesMax('link', 'The head of a family or a customer who is linked to others'),
  'hh.contactLinesMax': linesMax('contact', 'A line that talks to others in the month'),
  'hh.probabilityMin': parameter(
    z.number().gt(0).lt(1),
    0.5,
    'Threshold of the pair model: from here on a pair is evidence for a household, below against it.',
  ),
  'hh.membersMax': parameter(z.number().int().min(2).max(20), 8, 'Subscriptions of a household.'),
  'hh.runsKept': parameter(z.number().int().min(1).max(100), 3, 'Published runs that are kept.'),
};

export type HouseholdIdentificationParameters = Parameters<typeof householdIdentificationParameters>;
