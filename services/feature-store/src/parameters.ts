import { z } from 'zod';
import { PLAUSIBLE, type PlausibleLimits } from '@holdfast/extract-contract/plausible';
import { MONTH_PATTERN } from '@holdfast/platform/calendar';
import { parameter, type Parameters } from '@holdfast/platform/parameters';
import { forecastCausesSchema, type ForecastCause } from './forecast/forecast-causes.js';
import { rivalOffersSchema, type RivalOffer } from './value/rival-terms.js';

/** Settings that an operator may change without a new release. */
export const featureStoreParameters = {
  'churn.suspendedDaysMin': parameter(
    z.number().int().min(1).max(31),
    7,
    'Days of suspension within one month from which on it counts as churn, whatever the kind of suspension.',
  ),
  'churn.cancelCounts': parameter(z.boolean(), true, 'Whether a cancellation counts as churn.'),
  'churn.historyMonths': parameter(
    z.number().int().min(1).max(12),
    3,
    'Months of facts that a row of the monthly view needs, its own included; earlier months are history only.',
  ),
  'churn.leadMonths': parameter(
    z.number().int().min(0).max(6),
    1,
    'Months between the month of a row and the month of its label: subscribers that churn in them are lost in the gap.',
  ),
  'features.asOfLagDays': parameter(
    z.number().int().min(0).max(31),
    5,
    "Days after a month's end up to which facts about it may become known and still count.",
  ),
  'definition.midHighEnd': parameter(
    z.strictObject({ arpuMin: z.number().positive().max(1e9), months: z.number().int().min(1).max(12) }),
    { arpuMin: 80, months: 3 },
    "A subscription is mid- or high-end from this mean bill of the last months on, in the extract's currency; months without a bill do not count.",
  ),
  'definition.quasiMidHighEnd': parameter(
    z.strictObject({ arpuMin: z.number().positive().max(1e9) }),
    { arpuMin: 60 },
    'A subscription below definition.midHighEnd is quasi-mid/high-end from this mean bill of the same months on.',
  ),
  'definition.cohort': parameter(
    z.strictObject({ lagMonths: z.number().int().min(1).max(12) }),
    { lagMonths: 3 },
    'The cohort of a month was mid- or high-end this number of months earlier; it keeps those that have fallen since.',
  ),
  'definition.valueLost': parameter(
    z.strictObject({
      historyMonths: z.number().int().min(1).max(12),
      lossMonths: z.number().int().min(1).max(6),
      dropRatio: z.number().gt(0).lt(1),
    }),
    { historyMonths: 3, lossMonths: 2, dropRatio: 0.2 },
    'A subscription of the cohort has lost value if each bill of the last lossMonths is below (1 - dropRatio) times the mean of the historyMonths before them, or if it was cancelled in the month.',
  ),
  'definition.saved': parameter(
    z.strictObject({ afterMonths: z.number().int().min(0).max(6) }),
    { afterMonths: 1 },
    'A contacted member of a value group is saved if it is in service this number of months after that of the contact, and still in its group or a better one; one that had lost value, if it has not lost value then.',
  ),
  'definition.churnIndexProxy': parameter(
    z.strictObject({
      complaintsMax: z.number().int().min(1).max(100),
      rivalCallsMax: z.number().int().min(1).max(100),
      alternativesMin: z.number().min(0).max(1),
    }),
    { complaintsMax: 3, rivalCallsMax: 3, alternativesMin: 0.2 },
    'The churn index of a customer without survey answers: dissatisfaction (from the satisfaction after contacts, else complaints up to complaintsMax) times alternatives (calls to hotlines of rivals up to rivalCallsMax, at least alternativesMin).',
  ),
  'definition.adopterSegments': parameter(
    z.strictObject({
      earlyShare: z.number().gt(0).max(0.5),
      adoptionsMin: z.number().int().min(1).max(20),
      adoptionMonths: z.number().int().min(1).max(120),
      usersMin: z.number().int().min(2).max(1e6),
      tenureMonths: z.number().int().min(0).max(240),
      growthMax: z.number().min(-1).max(10),
      signMonths: z.number().int().min(1).max(12),
      signsMin: z.number().int().min(1).max(100),
      enquiryCategories: z.array(z.string().min(1).max(64)).min(1).max(50),
    }),
    {
      ...{ earlyShare: 0.16, adoptionsMin: 2, adoptionMonths: 60, usersMin: 20, tenureMonths: 24, growthMax: 0.05 },
      ...{ signMonths: 6, signsMin: 2, enquiryCategories: ['plan', 'price', 'tariff', 'billing', '套餐', '资费'] },
    },
    "Early adopters: on adoptionsMin days of the last adoptionMonths among the first earlyShare of the region's users of a new handset model, network generation or product, of which the region has usersMin. Mature-stage choosers: a tenure of tenureMonths, a region whose subscriptions of the service are at most growthMax more than a year before, and signsMin signs within signMonths (changes of plan, months with calls to rivals, enquiries of enquiryCategories, important answers to surveys).",
  ),
  'rival.offers': parameter(
    rivalOffersSchema,
    [] as RivalOffer[],
    "Terms of rivals' offers by their names in market_months, with the source and its date. Offers without terms here have the fee and units that their text states, such as 99 CNY for 60 GB; if it states no fee, their cost is not known.",
  ),
  'forecast.causes': parameter(
    forecastCausesSchema,
    [] as ForecastCause[],
    'Annotated causes of months with more or fewer churners than usual (texts in both languages, first and last month, optionally an org unit). The effect is estimated where the history has such months and others; else it is the given one, 0.2 for a fifth more.',
  ),
  'changes.rule': parameter(
    z.strictObject({ alarmShare: z.number().gt(0).max(0.05) }),
    { alarmShare: 0.01 },
    'A change of behaviour is listed beyond the score that this share of the subscriptions exceeded in the two months before, for each measure.',
  ),
  'changes.runsKept': parameter(
    z.number().int().min(1).max(100),
    12,
    'Computed months of changes of behaviour that are kept.',
  ),
  'import.sequenceGapMax': parameter(
    z.number().int().min(1).max(Number.MAX_SAFE_INTEGER),
    PLAUSIBLE.sequenceGapMax,
    'Most by which the sequence of an extract may exceed that of the extract before: a slip would refuse all later ones.',
  ),
  'import.sequenceFirstMax': parameter(
    z.number().int().min(1).max(Number.MAX_SAFE_INTEGER),
    PLAUSIBLE.sequenceFirstMax,
    'Highest sequence of the first extract.',
  ),
  'import.firstMonth': parameter(
    z.string().regex(MONTH_PATTERN),
    PLAUSIBLE.firstMonth,
    'First month that rows, events and the times at which rows were recorded may be of.',
  ),
  'import.monthsAheadMax': parameter(
    z.number().int().min(0).max(120),
    PLAUSIBLE.monthsAheadMax,
    'Months after that of extractedAt that the rows of an extract may be about.',
  ),
  'import.daysAheadMax': parameter(
    z.number().int().min(1).max(3_660),
    PLAUSIBLE.daysAheadMax,
    'Days after extractedAt at which events and the times at which rows were recorded may be.',
  ),
};

/** The limits of an extract that is imported now. */
export async function plausibleLimits(parameters: Parameters<FeatureStoreParameters>): Promise<PlausibleLimits> {
  return {
    sequenceGapMax: await parameters.get('import.sequenceGapMax'),
    sequenceFirstMax: await parameters.get('import.sequenceFirstMax'),
    firstMonth: await parameters.get('import.firstMonth'),
    monthsAheadMax: await parameters.get('import.monthsAheadMax'),
    daysAheadMax: await parameters.get('import.daysAheadMax'),
  };
}

export type FeatureStoreParameters = typeof featureStoreParameters;
