/** What is done with training rows whose subscription was contacted between the row and its label. */
export const CONTACTED_TREATMENTS = ['keep', 'exclude', 'weight'] as const;
export type ContactedTreatment = (typeof CONTACTED_TREATMENTS)[number];
