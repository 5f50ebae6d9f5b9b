import type { Job, Money } from './answers.js';
import { watchJob, type CommandGroup } from './command.js';
import { printStream } from './streaming.js';
import { tableLines } from './terminal.js';

interface Plan {
  planId: string;
  name: string;
  kind: string;
  tier: number | null;
  monthlyFee: Money | null;
  voiceMinutes: number | null;
  dataMb: number | null;
  smsCount: number | null;
  onSale: boolean;
}

interface Offer {
  planId: string;
  name: string;
  bill: Money | null;
  saving: Money | null;
  savingLow: Money | null;
  savingHigh: Money | null;
}

interface Fit {
  subscriptionId: string;
  months: string[];
  presentPlanId: string | null;
  presentBill: Money | null;
  advised: Offer | null;
  advisedFrom: string | null;
  others: Offer[];
  principle: string | null;
  reason: string | null;
  method: string;
}

interface Simulation {
  fit: Fit;
  plans: Offer[];
}

interface FitRun {
  runId: string;
  month: string;
  subscriptions: number;
  advised: number;
  doubleZero: number;
  byPrinciple: Record<string, number>;
  saving: Money | null;
}

/** plans, fit-plans, plan-fit, plan-fits, simulate */
export const planCommands: CommandGroup = (program, context) => {
  program
    .command('plans')
    .description('the plans of the catalogue')
    .option('--on-sale', 'only those on sale now')
    .action(async ({ onSale = false }: { onSale?: boolean }) => {
      const { client, terminal } = context();
      const { plans } = await client.get<{ plans: Plan[] }>('/api/v1/plans', { query: { onSale: String(onSale) } });
      terminal.show(plans, () => planLines(plans));
    });

  program
    .command('fit-plans')
    .description('compute the fitting plan of every subscriber, and wait for it')
    .option('--month <month>', 'last month of use, YYYY-MM; default: the last closed one')
    .action(async (options: { month?: string }) => {
      const { client, terminal } = context();
      const started = await client.post<Job>('/api/v1/plan-fits', options);
      const { result } = await watchJob({ client, terminal }, started.jobId);
      const run = await client.get<FitRun>(`/api/v1/plan-fit-runs/${result['runId']}`);
      terminal.show(run, () => runLines(run));
    });

  program
    .command('plan-fit')
    .description('which plan fits a subscriber, by the newest fit of all')
    .argument('<subscription>', 'internal id')
    .action(async (subscription: string) => {
      const { client, terminal } = context();
      const at = `/api/v1/subscriptions/${encodeURIComponent(subscription)}/recommendations`;
      const { plan } = await client.get<{ plan: Fit }>(at, { query: { type: 'plan' } });
      terminal.show(plan, () => fitLines(plan));
    });

  program
    .command('plan-fits')
    .description('every fit of a run, as NDJSON')
    .argument('[run]', 'id of the run; default: the newest', 'latest')
    .action(async (run: string) => {
      await printStream(context().client, `/api/v1/plan-fit-runs/${encodeURIComponent(run)}/fits`, {});
    });

  program
    .command('simulate')
    .description("what a subscriber's last months would have cost on plans")
    .argument('<subscription>', 'internal id')
    .argument('[plans...]', 'plans; default: all that can be advised')
    .option('--month <month>', 'last month of use, YYYY-MM; default: the last closed one')
    .action(async (subscription: string, planIds: string[], options: { month?: string }) => {
      const { client, terminal } = context();
      const body = { subscriptionId: subscription, planIds, ...options };
      const simulation = await client.post<Simulation>('/api/v1/plan-simulations', body);
      const { fit, plans } = simulation;
      terminal.show(simulation, () => [...fitLines({ ...fit, others: [] }), ...offerLines(plans)]);
    });
};

function planLines(plans: readonly Plan[]): string[] {
  return tableLines(
    ['plan', 'kind', 'tier', 'a month', 'minutes', 'MB', 'messages', 'on sale', 'name'],
    plans.map(({ planId, kind, tier, monthlyFee, voiceMinutes, dataMb, smsCount, onSale, name }) => {
      return [planId, kind, tier, moneyText(monthlyFee), voiceMinutes, dataMb, smsCount, onSale ? 'yes' : 'no', name];
    }),
  );
}

function runLines({ runId, month, subscriptions, advised, doubleZero, byPrinciple, saving }: FitRun): string[] {
  return [
    `run ${runId}: ${subscriptions} subscribers until ${month}`,
    `another plan for ${advised}; neither use nor a bill ${doubleZero}`,
    ...Object.entries(byPrinciple).map(([principle, count]) => `  ${principle}  ${count}`),
    `  together they would save ${moneyText(saving) ?? '–'} a month`,
  ];
}

function fitLines(fit: Fit): string[] {
  const { months, presentPlanId, presentBill, advised, advisedFrom, others, reason, principle, method } = fit;
  const span = months.length === 0 ? 'no months' : `${months[0]} to ${months.at(-1)}`;
  const present = `${presentPlanId ?? 'no plan'}: ${moneyText(presentBill) ?? 'not known'} for ${span}, from ${method}`;
  if (advised === null) return [present, `no better plan: ${reason}`, ...offerLines(others)];
  const from = advisedFrom === null ? '' : `, from ${advisedFrom} on`;
  const better = `better (${principle}${from}): ${advised.planId} ${advised.name}`;
  return [present, better, ...offerLines([advised, ...others])];
}

function offerLines(offers: readonly Offer[]): string[] {
  if (offers.length === 0) return [];
  return tableLines(
    ['plan', 'bill', 'saving a month', '95 % from', 'to', 'name'],
    offers.map(({ planId, name, bill, saving, savingLow, savingHigh }) => {
      return [planId, ...[bill, saving, savingLow, savingHigh].map(moneyText), name];
    }),
  );
}

function moneyText(money: Money | null): string | null {
  return money === null ? null : `${money.amount} ${money.currency}`;
}
