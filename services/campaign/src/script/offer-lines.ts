import type { ScriptLine, ScriptSource } from '@holdfast/contracts/campaign/v1/script';
import type { PlanFit, PlanOffer } from '@holdfast/contracts/preference_recommendation/v1/plan_fit';
import { dateOfDay, lastDayOf } from '@holdfast/platform/calendar';
import { figure, moneyLine, remark, type Context } from './lines.js';
import type { CampaignFacts } from './script-facts.js';

/** The offer: the text of the campaign, then the details for this customer. */
export function offerLines(context: Context): ScriptLine[] {
  const { facts, language } = context;
  const { campaign } = facts;
  if (campaign === undefined) return [];
  const { arm } = campaign;
  const text = language === 'en' ? arm.textEn : arm.textZhCn;
  if (arm.offerKind === 'fitted_plan') return fittedPlanLines(context, campaign, text);
  // The id of the catalogue is for systems, not for the conversation.
  return [arm.offerId === '' ? remark(text) : figure(text, arm.offerId, campaignSource(context, campaign, 'offerId'))];
}

/** Without a plan that is better, the campaign's text would promise one. */
function fittedPlanLines(context: Context, { planFit }: CampaignFacts, text: string): ScriptLine[] {
  const { words, formats } = context;
  if (planFit === undefined) return [remark(words.fitUnknown)];
  const { advised, months } = planFit;
  if (advised === undefined) return [remark(words.promiseNoSaving)];
  const source = (column: string): ScriptSource => fitSource(planFit, advised.planId, column);
  const { name, planId, bill, saving, savingLow, savingHigh } = advised;
  const lines = [remark(text), figure(words.planName(name || planId), name || planId, source('name'))];
  const money = (amount: { minor: number; currency: string }): string => formats.money(amount.minor, amount.currency);
  if (bill !== undefined)
    lines.push(moneyLine(words.billOnPlan(money(bill), formats.months(months)), bill, source('bill')));
  if (saving !== undefined && savingLow !== undefined && savingHigh !== undefined) {
    const savingText = words.saving(money(saving), money(savingLow), money(savingHigh));
    lines.push(moneyLine(savingText, saving, source('saving')));
  }
  return lines;
}

/**
 * Why the plan fits, or that no plan is better and what to do then. Only in arms with a fitted plan: agents of other
 * arms would otherwise make two offers, which contaminates the comparison of arms.
 */
export function planFitLines({ facts, words, formats }: Context): ScriptLine[] {
  const { campaign } = facts;
  if (campaign === undefined || campaign.arm.offerKind !== 'fitted_plan') return [];
  const { planFit } = campaign;
  if (planFit === undefined) return [remark(words.fitUnknown), remark(words.insteadOfPlan)];
  const { advised, others, presentBill, presentPlanId, months, principle, method, reason } = planFit;
  const money = (amount: { minor: number; currency: string }): string => formats.money(amount.minor, amount.currency);
  const present =
    presentBill === undefined
      ? []
      : [
          moneyLine(
            words.presentBill(money(presentBill), formats.months(months)),
            presentBill,
            fitSource(planFit, presentPlanId, 'presentBill'),
          ),
        ];
  const methodText = words.methods[method];
  const how = methodText === undefined ? [] : [figure(methodText, method, fitSource(planFit, presentPlanId, 'method'))];
  if (advised === undefined) {
    const none = words.noBetterPlan(words.noBetterPlanReasons[reason] ?? '');
    const line = figure(none, reason || 'none', fitSource(planFit, presentPlanId, 'reason'));
    return [line, ...present, ...how, remark(words.insteadOfPlan)];
  }
  const why = words.principles[principle];
  const nextBest = others.flatMap((other: PlanOffer) => {
    const { saving, planId, name } = other;
    if (saving === undefined || saving.minor <= 0) return [];
    return [moneyLine(words.nextBest(name || planId, money(saving)), saving, fitSource(planFit, planId, 'saving'))];
  });
  const because = why === undefined ? [] : [figure(why, principle, fitSource(planFit, advised.planId, 'principle'))];
  return [...because, ...present, ...nextBest, ...how];
}

/** Size of the household and role in it, without data about other members. */
export function householdLines({ facts, words, formats }: Context): ScriptLine[] {
  const { campaign } = facts;
  if (campaign?.householdRun === undefined) return [];
  const { household, householdRun } = campaign;
  if (household === undefined) return [remark(words.noHousehold)];
  const source = (column: string): ScriptSource => ({
    service: 'household-identification',
    origin: 'run',
    name: householdRun.month,
    version: householdRun.runId,
    column,
    asOf: dateOfDay(lastDayOf(householdRun.month)),
  });
  const { size, role } = household;
  const named = words.roles[role];
  return [
    figure(words.householdSize(formats.number(size)), size, source('size')),
    ...(named === undefined ? [] : [figure(words.householdRole(named), role, source('role'))]),
    remark(words.householdTogether),
  ];
}

function fitSource({ runId, months }: PlanFit, planId: string, column: string): ScriptSource {
  const last = months.at(-1);
  return {
    service: 'preference-recommendation',
    origin: planId === '' ? 'run' : 'plan',
    name: planId || last || runId,
    version: runId,
    column,
    asOf: last === undefined ? undefined : dateOfDay(lastDayOf(last)),
  };
}

/** Source of a figure that was approved with the campaign. */
export function campaignSource({ facts }: Context, { campaignId }: CampaignFacts, column: string): ScriptSource {
  const { runId, builtAt } = facts;
  return { service: 'campaign', origin: 'campaign', name: campaignId, version: runId, column, asOf: builtAt };
}
