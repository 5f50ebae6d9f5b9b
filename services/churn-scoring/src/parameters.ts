import { z } from 'zod';
import { type Parameters, parameter } from '@holdfast/platform/parameters';
import { CHALLENGERS } from './model/challenger.js';
import { worthParameters } from './worth-parameters.js';

const share = z.number().gt(0).lt(1);

/** What an operator may set without a new release; each run keeps the values that it was computed with. */
export const churnScoringParameters = {
  ...worthParameters,
  'contact.cost': parameter(
    z.number().gt(0),
    2,
    "Cost of one contact, in the table's currency: efficiency is the value of a month divided by it.",
  ),
  'contact.capacityPerMonth': parameter(
    z.number().int().min(1).nullable(),
    null,
    'Subscribers that the team can contact in a month: models are judged by the precision of a list of this length; null for contact.capacityShare.',
  ),
  'contact.capacityShare': parameter(
    share,
    0.02,
    "Without contact.capacityPerMonth: the share of a month's subscriptions that the team can contact.",
  ),
  'risk.probabilityMin': parameter(
    share,
    0.5,
    'At risk is who has at least this probability, or risk.liftMin times the average one, whichever is lower.',
  ),
  'risk.liftMin': parameter(
    z.number().gt(1),
    2,
    "At risk is who has at least this multiple of the model's prevalence.",
  ),
  'quadrant.probabilityMin': parameter(
    share.nullable(),
    null,
    'A probability is high from here on; null for the at-risk probability of the run.',
  ),
  'quadrant.efficiencyMin': parameter(
    z.number().gte(0).nullable(),
    null,
    'An efficiency is high from here on; null for the median of the run.',
  ),
  'score.runsKept': parameter(z.number().int().min(1).max(100), 3, 'Published runs that are kept of each table.'),
  'training.policy': parameter(
    z.enum(['monthly', 'never']),
    'monthly',
    'monthly: a table that arrives with a month that no model of it has learned from is trained on; never: on request only.',
  ),
  'training.challengers': parameter(
    z.array(z.enum(CHALLENGERS)),
    ['weight-of-evidence', 'survival'],
    'Methods that a model of the kind status is judged against, on the same rows; one that is better beyond the interval serves.',
  ),
  'scoring.policy': parameter(
    z.enum(['always', 'never']),
    'always',
    'always: the last month of a table that arrives is scored by its champion; never: on request only.',
  ),
  'promotion.policy': parameter(
    z.enum(['by-rule', 'by-hand']),
    'by-rule',
    'by-rule: a trained model replaces the champion if it is not worse on the same rows; by-hand: on request only.',
  ),
  'promotion.differenceMin': parameter(
    z.number().gte(-1).lte(1),
    0,
    'By rule, the AUC of a trained model minus that of the champion, on the same rows, must be at least this.',
  ),
  'promotion.figure': parameter(
    z.enum(['mean', 'low']),
    'mean',
    'What promotion.differenceMin is compared with: the difference itself, or the lower end of its 95 % interval.',
  ),
  'model.judgedMonths': parameter(
    z.number().int().min(1).max(12),
    4,
    'Of a table with months: how many of the last labelled ones a model is judged on, each by what was known before it.',
  ),
  'model.naturalPrevalence': parameter(
    z.record(z.string(), share),
    {},
    'Natural churn share by table, for enriched tables; a request may override it.',
  ),
};

export type ChurnScoringParameters = Parameters<typeof churnScoringParameters>;
