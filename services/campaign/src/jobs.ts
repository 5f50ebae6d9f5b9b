import { jobKind } from '@holdfast/platform/jobs';
import { z } from 'zod';

export const COPY_HOUSEHOLDS = jobKind('copy-households', {});
export const ENROL_CAMPAIGN = jobKind('enrol-campaign', { campaignId: z.string() });
export const BUILD_LIST = jobKind('build-list', { runId: z.string() });
export const HAND_OVER_OBJECTION = jobKind('hand-over-objection', { customerId: z.string() });
export const HAND_OVER_WRONG_NUMBER = jobKind('hand-over-wrong-number', { touchId: z.string() });
