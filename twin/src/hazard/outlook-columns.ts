import { CHANNELS, OFFER_KINDS, type Channel, type OfferKind } from '../treatment/contact.js';
import { sharedBytes, sharedFloats } from '../world/shared.js';

/** Every way to contact somebody once. */
export const TREATMENTS: readonly { offer: OfferKind; channel: Channel }[] = OFFER_KINDS.flatMap((offer) =>
  CHANNELS.map((channel) => ({ offer, channel })),
);
/**
 * What the months after the span would bring, by subscription; all 0 for those who have left. A treatment is its place
 * in TREATMENTS plus 1, or 0 where it is best to leave somebody alone. What a contact does to the others at home is part
 * of its gain.
 */
export interface OutlookColumns {
  /** Chance to stay, and what somebody is expected to pay, CNY, if left alone. */
  noContactStays: Float32Array;
  noContactCny: Float32Array;
  /** See RESPONSE_TYPES. */
  responseType: Uint8Array;
  /** The treatment that brings most money after all costs, and what it brings. */
  maxValueTreatment: Uint8Array;
  maxValueCny: Float32Array;
  maxValueStays: Float32Array;
  /** The one that keeps most, and what that costs or brings. */
  maxRetentionTreatment: Uint8Array;
  maxRetentionCny: Float32Array;
  maxRetentionStays: Float32Array;
}

export function allocateOutlook(subscriptions: number): OutlookColumns {
  return {
    noContactStays: sharedFloats(subscriptions),
    noContactCny: sharedFloats(subscriptions),
    responseType: sharedBytes(subscriptions),
    maxValueTreatment: sharedBytes(subscriptions),
    maxValueCny: sharedFloats(subscriptions),
    maxValueStays: sharedFloats(subscriptions),
    maxRetentionTreatment: sharedBytes(subscriptions),
    maxRetentionCny: sharedFloats(subscriptions),
    maxRetentionStays: sharedFloats(subscriptions),
  };
}
