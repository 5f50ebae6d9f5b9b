import { subscriptionRange } from './subscriptions.js';
import type { World } from './world.js';

/** Adjacent households: the unit of work of a worker thread. */
export interface Block {
  number: number;
  firstHousehold: number;
  afterHousehold: number;
  firstSubscription: number;
  afterSubscription: number;
}

/** Small enough for a few hundred MB of columns, large enough for efficient files. */
const SUBSCRIPTIONS_PER_BLOCK = 2048;

/** The size is fixed, so that files do not depend on the number of workers. */
export function blocksOf({ households, subscriptions }: World): Block[] {
  const blocks: Block[] = [];
  let firstHousehold = 0;
  let firstSubscription = 0;
  for (let household = 0; household < households.count; household += 1) {
    const afterHousehold = household + 1;
    const afterSubscription = subscriptionRange(subscriptions, households, household)[1];
    const isLast = afterHousehold === households.count;
    if (!isLast && afterSubscription - firstSubscription < SUBSCRIPTIONS_PER_BLOCK) continue;
    blocks.push({ number: blocks.length, firstHousehold, afterHousehold, firstSubscription, afterSubscription });
    firstHousehold = afterHousehold;
    firstSubscription = afterSubscription;
  }
  return blocks;
}
