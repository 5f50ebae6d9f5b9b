import fs from 'node:fs';
import path from 'node:path';
import { prepareFolder, type CreateOptions } from '../create/create.js';
import type { CreateSettings } from '../create/settings.js';
import { StepClock } from '../create/step-clock.js';
import { withRunners } from '../create/workers.js';
import { writeOperator, type Created } from '../create/write-operator.js';
import { TRUTH_FOLDER } from '../extract/operator.js';
import { LifeSimulator } from '../hazard/life-simulator.js';
import { allocateLives } from '../hazard/lives.js';
import type { Contact, OfferKind } from '../treatment/contact.js';
import { blocksOf } from '../world/blocks.js';
import { buildWorld, type World } from '../world/world.js';
import { readContacts } from './contact-file.js';
import { ContactSimulator } from './contact-simulator.js';
import { readContinuation, writeContinuation } from './continuation.js';
import { policyOf, writePolicyTruth, type PolicySummary } from './policy.js';

/** `months` are those of the continuation. */
export interface RespondSettings extends Omit<
  CreateSettings,
  'seed' | 'subscribers' | 'to' | 'continuedMonths' | 'hasCorrections'
> {
  /** Offers of the arms of a system's campaigns, by the arm's name. */
  offers: ReadonlyMap<string, OfferKind>;
}

export interface Responded extends Created {
  policy: PolicySummary;
}

/**
 * Continues a world under the contacts that a system decided: writes the next extract, with the rows of the new months,
 * and the truth of all months with the value of the policy. The random numbers are those without contacts, so that
 * policies are compared on the same people, outcomes and months; a household without contacts has the same life to the
 * byte. A contact affects the months after it.
 *
 * The whole span is simulated again, so that settings and contacts are the only state.
 * @param folder made by `create` or `respond` @param contactsFile undefined for no contacts
 * @throws Error for an unreadable folder or contact file; RangeError for months without published holidays
 */
export async function respond(
  folder: string,
  contactsFile: string | undefined,
  out: string,
  settings: RespondSettings,
  { workerFile, onProgress }: CreateOptions = {},
): Promise<Responded> {
  if (path.resolve(folder) === path.resolve(out)) throw new Error('The output must be another folder');
  if (!Number.isInteger(settings.months) || settings.months < 1) throw new RangeError('At least one month is needed');
  const before = readContinuation(folder);
  const continuedMonths = before.world.continuedMonths + settings.months;
  const request = { ...before.world, continuedMonths };
  const clock = new StepClock(onProgress);
  const world = clock.step('world', () => buildWorld(request));
  const fromMonth = world.months - settings.months;
  const contacts = contactsOf(world, before, contactsFile, fromMonth, settings);
  prepareFolder(out);

  const { count } = world.subscriptions;
  const noContact = allocateLives(count, world.months);
  await simulate(new LifeSimulator(world, noContact), world, 'no contact', clock);
  const lives = allocateLives(count, world.months);
  const hook = new ContactSimulator(world, lives, contacts);
  await simulate(new LifeSimulator(world, lives, { hook, withOutlook: true }), world, 'contacted', clock);
  const contactHistory = { contacts, outcomes: hook.outcomes, giftCampaign: hook.giftCampaign };

  const all = { ...settings, ...request, hasCorrections: false };
  const context = { world, lives, settings: all, folder: out, fromMonth };
  const version = { sequence: before.sequence + 1, contactHistory };
  const created = await withRunners(context, workerFile, (runners) => writeOperator(context, runners, clock, version));
  const policy = policyOf(world, noContact, lives, contactHistory);
  writePolicyTruth(path.join(out, TRUTH_FOLDER), world, noContact, lives, contactHistory, policy);
  writeContinuation(out, request);
  return { ...created, policy };
}

function contactsOf(
  world: World,
  before: ReturnType<typeof readContinuation>,
  contactsFile: string | undefined,
  fromMonth: number,
  { offers }: RespondSettings,
): Contact[] {
  const earlier =
    before.contactsFile === undefined
      ? []
      : readContacts(before.contactsFile, world, { fromMonth: world.historyMonths, offers: new Map(), firstNumber: 0 });
  if (contactsFile === undefined) return earlier;
  if (!fs.existsSync(contactsFile)) throw new Error(`${contactsFile} does not exist`);
  return [...earlier, ...readContacts(contactsFile, world, { fromMonth, offers, firstNumber: earlier.length })];
}

async function simulate(simulator: LifeSimulator, world: World, step: string, clock: StepClock): Promise<void> {
  const blocks = blocksOf(world);
  await clock.blocks(step, blocks.length, async (onBlock) => {
    for (const { firstHousehold, afterHousehold } of blocks) {
      simulator.simulateHouseholds(firstHousehold, afterHousehold);
      onBlock();
    }
  });
}
