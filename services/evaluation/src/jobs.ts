import { jobKind } from '@holdfast/platform/jobs';
import { z } from 'zod';

export const TAKE_ASSIGNMENTS = jobKind('take-assignments', { campaignId: z.string() });
export const EVALUATE_CAMPAIGNS = jobKind('evaluate-campaigns', {});
