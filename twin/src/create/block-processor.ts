import path from 'node:path';
import { monthText } from '@holdfast/platform/calendar';
import { EventColumns } from '../behaviour/event-columns.js';
import { MonthEvents } from '../behaviour/month-events.js';
import { MonthTotals } from '../behaviour/month-totals.js';
import { serviceContactsOf } from '../behaviour/service-contacts.js';
import type { InjectedError } from '../error-injection/error-injector.js';
import { injectEventErrors } from '../error-injection/event-errors.js';
import { EventFiles } from '../extract/events.js';
import { identifiersOf, type Identifiers } from '../extract/identifiers.js';
import { CORRECTIONS_FOLDER, EXTRACT_FOLDER, TRUTH_FOLDER } from '../extract/operator.js';
import { billingRow, contactRow, usageRow } from '../extract/usage.js';
import { CAUSES } from '../hazard/causes.js';
import { LifeSimulator } from '../hazard/life-simulator.js';
import { isInUse } from '../hazard/lives.js';
import { Stream } from '../randomness/stream.js';
import type { WrittenFile } from '../table/table.js';
import { handsetUtilityRow, productUtilityRow } from '../truth/utilities.js';
import { ValueLosses } from '../truth/value-losses.js';
import type { Block } from '../world/blocks.js';
import { daysOfMonth, firstDayOfMonth } from '../world/world.js';
import { blockLabel, BlockFiles } from './block-files.js';
import { Ledger } from './ledger.js';
import type { BlockContext, BlockResult } from './settings.js';

interface BlockOutputs {
  files: BlockFiles;
  ledger: Ledger;
  losses: ValueLosses;
}

/** Processes blocks in any order. */
export class BlockProcessor {
  private readonly stream: Stream;
  private readonly monthEvents: MonthEvents;

  private constructor(
    private readonly context: BlockContext,
    private readonly identifiers: Identifiers,
    private readonly eventFiles: EventFiles,
  ) {
    this.stream = new Stream(context.world.seed);
    this.monthEvents = new MonthEvents(context.world, context.lives);
  }

  static async open(context: BlockContext): Promise<BlockProcessor> {
    const identifiers = identifiersOf(context.world);
    const { subscriptionNumber, peerNumber, cellNumber } = identifiers;
    const { count, numberOf } = context.world.subscriptions;
    // a recycled number is the same peer for its callers
    const peer = (number: number): number => peerNumber(number < count ? numberOf[number]! : number);
    const numbers = { subscription: subscriptionNumber, peer, cell: cellNumber };
    return new BlockProcessor(context, identifiers, await EventFiles.open(numbers, context.settings.memoryMax));
  }

  close(): void {
    this.eventFiles.close();
  }

  /** First pass: the lives of the block, into the shared columns. */
  simulateLives({ firstHousehold, afterHousehold }: Block): void {
    const simulator = new LifeSimulator(this.context.world, this.context.lives, { withOutlook: true });
    simulator.simulateHouseholds(firstHousehold, afterHousehold);
  }

  /** Second pass, after all lives: events and bills by month. */
  async writeTables(block: Block): Promise<BlockResult> {
    const { world, lives, settings, folder, fromMonth } = this.context;
    const files = new BlockFiles(this.context, block);
    const eventRows: InjectedError[] = [];
    const written: WrittenFile[] = [];
    const order = this.identifiers.inOrder(block.firstSubscription, block.afterSubscription);
    const ledger = new Ledger(block, this.context, this.stream);
    const losses = new ValueLosses(lives, block);
    const buffer = new EventColumns();
    let events = 0;
    for (let month = 0; month < world.months; month += 1) {
      const hasEvents = month >= world.months - settings.eventMonths && month >= fromMonth;
      buffer.clear();
      const into = hasEvents ? buffer : undefined;
      for (const at of order) events += this.writeMonth(at, month, { files, ledger, losses }, into);
      if (month >= fromMonth) ledger.writeAccounts(order, month, files.accountMonths, this.identifiers);
      if (!hasEvents) continue;
      const relative = `events/${monthText(world.firstMonth + month)}/block-${blockLabel(block.number)}.parquet`;
      eventRows.push(...injectEventErrors(buffer, relative, settings, world, block.number * world.months + month));
      written.push(await this.eventFiles.write(buffer, path.join(folder, EXTRACT_FOLDER), relative));
    }
    for (const at of order) {
      const id = this.identifiers.subscription(at);
      ledger.writePlanBills(at, files.planBills, id);
      for (const row of losses.rowsOf(at, id, world.firstMonth)) files.valueLosses.write(row);
      const isThere = lives.churnMonth[at]! < 0 && lives.voiceScale[(at + 1) * world.months - 1]! > 0;
      if (!isThere) continue;
      files.productUtilities.write(productUtilityRow(this.stream, world, at, id));
      files.handsetUtilities.write(handsetUtilityRow(this.stream, world, lives, at, id));
    }
    const closed = files.close();
    written.push(...(closed[EXTRACT_FOLDER] ?? []));
    const corrections = closed[CORRECTIONS_FOLDER] ?? [];
    const truth = closed[TRUTH_FOLDER] ?? [];
    const injectedErrors = [...files.injectedErrors(), ...eventRows];
    const valueLosses = losses.counts;
    return { block: block.number, files: written, corrections, truth, injectedErrors, events, valueLosses };
  }

  /** @returns number of events */
  private writeMonth(at: number, month: number, { files, ledger, losses }: BlockOutputs, into?: EventColumns): number {
    const { world, lives } = this.context;
    const place = at * world.months + month;
    const id = this.identifiers.subscription(at);
    if (lives.hazard[place]! > 0) this.writeHazard(place, id, month, files);
    if (!this.isBilled(at, month)) return 0;
    const order = this.monthEvents.fill(at, month);
    const { events } = this.monthEvents;
    const totals = new MonthTotals(events, order);
    const meters = ledger.metersFor(at, month);
    for (const event of order) {
      for (const meter of meters) meter.add(events, event);
      into?.addCopy(events, event);
    }
    const billed = ledger.bill(at, month, meters);
    losses.addBill(at, month, billed);
    if (month < this.context.fromMonth) return events.count;
    const contacts = serviceContactsOf(this.stream, world, lives, at, month);
    for (const contact of contacts) {
      files.contacts.write(contactRow(this.identifiers.contact(contact.number), id, contact));
    }
    const calls = contacts.filter(({ channel }) => channel === 'hotline').length;
    files.usage.write(usageRow(id, world.firstMonth + month, totals, calls, lives.droppedCalls[place]!));
    files.billing.write(billingRow(id, world.firstMonth + month, billed, totals, contacts.length));
    ledger.writeProductUse(at, month, files.productUsage, id);
    return events.count;
  }

  /** Whether a subscription is in use on at least one day of the month. */
  private isBilled(at: number, month: number): boolean {
    const { world, lives } = this.context;
    if (lives.voiceScale[at * world.months + month] === 0) return false;
    const first = firstDayOfMonth(world, month);
    for (let day = first; day < first + daysOfMonth(world, month); day += 1) {
      if (isInUse(world, lives, at, day)) return true;
    }
    return false;
  }

  private writeHazard(place: number, id: string, month: number, files: BlockFiles): void {
    const { world, lives } = this.context;
    const rates = lives.rates.subarray(place * CAUSES.length, (place + 1) * CAUSES.length);
    const hazards = [lives.hazard[place]!, lives.observableHazard[place]!].map((hazard) => hazard.toPrecision(6));
    const observable = Array.from([...rates, lives.lossChance[place]!], (rate) => rate.toPrecision(4));
    files.hazards.write([id, monthText(world.firstMonth + month), ...hazards, ...observable]);
  }
}
