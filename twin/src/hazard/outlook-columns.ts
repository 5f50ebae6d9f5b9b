import { CHANNELS, OFFER_KINDS, type Channel, type OfferKind } from '../treatment/contact.js';
import { sharedBytes, sharedFloats } from '../world/shared.js';

/** All combinations of offer and channel. */
export const TREATMENTS: readonly { offer: OfferKind; channel: Channel }[] = OFFER_KINDS.flatMap((offer) =>
  CHANNELS.map((channel) => ({ offer, channel })),
);

/**
 * Expectations for the months after the span, by subscription; all 0 after churn. A treatment is its index in TREATMENTS
 * plus 1, 0 if no contact is best. The spill-over on the household is part of a gain.
 */
export type OutlookColumns = ReturnType<typeof allocateOutlook>;

export function allocateOutlook(subscriptions: number) {
  return {
    /** Probability to stay, and expected revenue, CNY, without contact. */
    noContactStays: sharedFloats(subscriptions),
    noContactCny: sharedFloats(subscriptions),
    responseType: sharedBytes(subscriptions),
    /** The treatments with the highest revenue net of all costs, and with the highest probability to stay. */
    maxValue: allocateTreatments(subscriptions),
    maxRetention: allocateTreatments(subscriptions),
  };
}

/** Treatments with their gains. */
export type TreatmentColumns = ReturnType<typeof allocateTreatments>;

function allocateTreatments(subscriptions: number) {
  return {
    treatment: sharedBytes(subscriptions),
    cny: sharedFloats(subscriptions),
    stays: sharedFloats(subscriptions),
  };
}
