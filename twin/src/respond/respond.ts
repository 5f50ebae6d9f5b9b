import fs from 'node:fs';
import path from 'node:path';
import type { BlockContext } from '../create/block-context.js';
import { openRunners, prepareFolder, type CreateOptions } from '../create/create.js';
import type { CreateSettings } from '../create/settings.js';
import { StepClock } from '../create/step-clock.js';
import { writeOperator, type Created } from '../create/write-operator.js';
import { TRUTH_FOLDER } from '../extract/operator.js';
import type { ContactHistory } from '../extract/table-source.js';
import { LifeSimulator, type MonthEndHook } from '../hazard/life-simulator.js';
import { allocateLives, type Lives } from '../hazard/lives.js';
import type { Contact, OfferKind } from '../treatment/contact.js';
import { blocksOf } from '../world/blocks.js';
import { buildWorld, type World, type WorldRequest } from '../world/world.js';
import { readContacts } from './contact-file.js';
import { ContactSimulator } from './contact-simulator.js';
import { readContinuation, writeContinuation } from './continuation.js';
import { writePolicyTruth } from './policy-tables.js';
import { policyOf, type PolicySummary } from './policy.js';

/** What `respond` can be told beside the contacts. */
export interface RespondSettings extends Pick<
  CreateSettings,
  'errorShare' | 'hasWrongEncodings' | 'workers' | 'memoryMax'
> {
  /** By how many months the world goes on. */
  months: number;
  /** Of those, the last ones whose events are handed over. */
  eventMonths: number;
  /** What the arms of a system's campaigns offer, by their names there. */
  offers: ReadonlyMap<string, OfferKind>;
}

export interface Responded extends Created {
  policy: PolicySummary;
}

/**
 * Lets a world go on under the contacts that a system decided: the next extract, with the rows of the new months, and
 * the truth of all months with what the policy was worth. Every random number is the one that it would have been
 * without the contacts, so that policies are compared on the same people, the same luck and the same months; a
 * household that nobody contacts lives the same life to the byte. What is said in a month moves those after it.
 *
 * The world is lived anew from its start: nothing has to be kept of it but its settings and the contacts so far.
 * @param folder what `create` or `respond` made @param contactsFile undefined where nobody was contacted
 * @throws Error where folder or contacts cannot be read; RangeError where months would be beyond the known holidays
 */
export async function respond(
  folder: string,
  contactsFile: string | undefined,
  out: string,
  settings: RespondSettings,
  { workerFile, onProgress }: CreateOptions = {},
): Promise<Responded> {
  if (path.resolve(folder) === path.resolve(out)) throw new Error('The world goes on in another folder');
  if (!Number.isInteger(settings.months) || settings.months < 1) throw new RangeError('At least one month is needed');
  const before = readContinuation(folder);
  const continuedMonths = before.world.continuedMonths + settings.months;
  const request = { ...before.world, continuedMonths };
  const clock = new StepClock(onProgress);
  const world = clock.step('world', () => buildWorld(request));
  const fromMonth = world.months - settings.months;
  const contacts = contactsOf(world, before, contactsFile, fromMonth, settings);
  prepareFolder(out);

  const noContact = await live(world, 'left alone', clock);
  const lives = allocateLives(world.subscriptions.count, world.months);
  const contactSimulator = new ContactSimulator(world, lives, contacts);
  await simulateInto(world, lives, 'contacted', clock, contactSimulator);
  const contactHistory = { contacts, outcomes: contactSimulator.outcomes, giftCampaign: contactSimulator.giftCampaign };

  const lived = { world, lives, contactHistory, out, fromMonth, clock };
  const created = await write(lived, request, before.sequence + 1, settings, workerFile);
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
  if (!fs.existsSync(contactsFile)) throw new Error(`${contactsFile} is not there`);
  return [...earlier, ...readContacts(contactsFile, world, { fromMonth, offers, firstNumber: earlier.length })];
}

async function live(world: World, step: string, clock: StepClock): Promise<Lives> {
  const lives = allocateLives(world.subscriptions.count, world.months);
  await simulateInto(world, lives, step, clock);
  return lives;
}

async function simulateInto(
  world: World,
  lives: Lives,
  step: string,
  clock: StepClock,
  hook?: MonthEndHook,
): Promise<void> {
  // the outlook is wanted of the world as it is, not of the one left alone
  const simulator = new LifeSimulator(world, lives, hook === undefined ? {} : { hook, withOutlook: true });
  const blocks = blocksOf(world);
  await clock.blocks(step, blocks.length, async (onBlock) => {
    for (const { firstHousehold, afterHousehold } of blocks) {
      simulator.simulateHouseholds(firstHousehold, afterHousehold);
      onBlock();
    }
  });
}

interface Lived {
  world: World;
  lives: Lives;
  contactHistory: ContactHistory;
  out: string;
  fromMonth: number;
  clock: StepClock;
}

async function write(
  { world, lives, contactHistory, out, fromMonth, clock }: Lived,
  request: Required<WorldRequest>,
  sequence: number,
  { eventMonths, errorShare, hasWrongEncodings, workers, memoryMax }: RespondSettings,
  workerFile: string | undefined,
): Promise<Created> {
  const settings: CreateSettings = {
    ...request,
    ...{ eventMonths, errorShare, hasWrongEncodings, workers, memoryMax },
    hasCorrections: false,
  };
  const context: BlockContext = { world, lives, settings, folder: out, fromMonth };
  const runners = await openRunners(context, workerFile);
  try {
    return await writeOperator(context, runners, clock, { sequence, contactHistory });
  } finally {
    await Promise.all(runners.map((runner) => runner.close()));
  }
}
