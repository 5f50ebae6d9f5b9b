import type { PlanFit, PlanOffer } from '@holdfast/client/gen/operations';
import type { ResponseOf } from '@holdfast/client/rest-client';
import { moneyText, tableLines } from '../output/text.js';
import type { CommandGroup } from './command.js';
import { KEYS, type KeysOption } from './keys.js';
import { example } from './options.js';

type Plan = ResponseOf<'GET /api/v1/plans'>['plans'][number];
type FitRun = ResponseOf<'GET /api/v1/plan-fit-runs/{runId}'>;

/** plans, fit-plans, plan-fit, plan-fits, simulate */
export const planCommands: CommandGroup = (program, context) => {
  program
    .command('plans')
    .description('the plans of the catalogue')
    .option('--on-sale', 'only those on sale now')
    .addHelpText('after', example('plans --on-sale'))
    .action(async ({ onSale = false }: { onSale?: boolean }) => {
      const { client, show } = context();
      const { plans } = await client.call('GET /api/v1/plans', { onSale: onSale ? 'true' : 'false' });
      await show(plans, planLines);
    });

  program
    .command('fit-plans')
    .description('compute the fitting plan of every subscriber, and wait for it')
    .option('--month <month>', 'last month of use, YYYY-MM; default: the last closed one')
    .addHelpText('after', example('fit-plans --month 2026-09'))
    .action(async (body: { month?: string }) => {
      const { client, show, finished } = context();
      const { result } = await finished(await client.call('POST /api/v1/plan-fits', { body }));
      await show(client.call('GET /api/v1/plan-fit-runs/{runId}', { runId: result['runId']! }), runLines);
    });

  program
    .command('plan-fit')
    .description('which plan fits a subscriber, by the newest fit of all')
    .argument('<subscription>', 'internal id')
    .addHelpText('after', example('plan-fit 1b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed'))
    .action(async (subscriptionId: string) => {
      const { client, show } = context();
      const request = { subscriptionId, type: 'plan' } as const;
      const { plan } = await client.call('GET /api/v1/subscriptions/{subscriptionId}/recommendations', request);
      await show(plan, fitLines);
    });

  program
    .command('plan-fits')
    .description('every fit of a run, as NDJSON')
    .argument('[run]', 'id of the run; default: the newest', 'latest')
    .addOption(KEYS.option())
    .addHelpText('after', example('plan-fits latest'))
    .action(async (runId: string, keys: KeysOption) => {
      const { client, copy } = context();
      await copy(client.stream('GET /api/v1/plan-fit-runs/{runId}/fits', { runId, ...KEYS.query(keys) }));
    });

  program
    .command('simulate')
    .description("what a subscriber's last months would have cost on plans")
    .argument('<subscription>', 'internal id')
    .argument('[plans...]', 'plans; default: all that can be advised')
    .option('--month <month>', 'last month of use, YYYY-MM; default: the last closed one')
    .addHelpText('after', example('simulate 1b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed P-59 P-79'))
    .action(async (subscriptionId: string, planIds: string[], options: { month?: string }) => {
      const { client, show } = context();
      const body = { subscriptionId, planIds, ...options };
      await show(client.call('POST /api/v1/plan-simulations', { body }), ({ fit, plans }) => [
        ...fitLines({ ...fit, others: [] }),
        ...offerLines(plans),
      ]);
    });
};

function planLines(plans: readonly Plan[]): string[] {
  return tableLines(plans, {
    plan: 'planId',
    kind: 'kind',
    tier: 'tier',
    'a month': ({ monthlyFee }) => moneyText(monthlyFee),
    minutes: 'voiceMinutes',
    MB: 'dataMb',
    messages: 'smsCount',
    'on sale': 'onSale',
    name: 'name',
  });
}

function runLines(run: FitRun): string[] {
  const { runId, month, subscriptions, advised, doubleZero, byPrinciple, saving, notBillable, unbillablePlans } = run;
  return [
    `run ${runId}: ${subscriptions} subscribers until ${month}`,
    `another plan for ${advised}; neither use nor a bill ${doubleZero}`,
    ...Object.entries(byPrinciple).map(([principle, count]) => `  ${principle}  ${count}`),
    `  together they would save ${moneyText(saving) ?? '–'} a month`,
    ...(notBillable === 0 ? [] : [`cannot be billed on their present plan: ${notBillable}`]),
    ...unbillablePlans.map((plan) => `  ${plan.planId ?? 'no plan'}  ${plan.subscriptions}  ${plan.reason}`),
  ];
}

function fitLines(fit: PlanFit): string[] {
  const { months, presentPlanId, presentBill, advised, advisedFrom, others, reason, principle, method } = fit;
  const span = months.length === 0 ? 'no months' : `${months[0]} to ${months.at(-1)}`;
  const present = `${presentPlanId ?? 'no plan'}: ${moneyText(presentBill) ?? 'not known'} for ${span}, from ${method}`;
  if (advised === null) return [present, `no better plan: ${reason}`, ...offerLines(others)];
  const from = advisedFrom === null ? '' : `, from ${advisedFrom} on`;
  const better = `better (${principle}${from}): ${advised.planId} ${advised.name}`;
  return [present, better, ...offerLines([advised, ...others])];
}

function offerLines(offers: readonly PlanOffer[]): string[] {
  if (offers.length === 0) return [];
  return tableLines(offers, {
    plan: 'planId',
    bill: ({ bill }) => moneyText(bill),
    'saving a month': ({ saving }) => moneyText(saving),
    '95 % from': ({ savingLow }) => moneyText(savingLow),
    to: ({ savingHigh }) => moneyText(savingHigh),
    name: 'name',
  });
}
