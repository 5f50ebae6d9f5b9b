import { z } from 'zod';

const identifier = z.string().min(1);
const pair = z.tuple([identifier, identifier]);

/** Long lists, in the report or in a separate JSON file given by its relative path. */
export const listSchemas = {
  /** File as in the manifest; line from 1, the header included. */
  rejects: z.array(z.looseObject({ file: z.string(), line: z.number() })),
  /**
   * Causes by rank: misfit, contractEnd, habit, service, rival, network, move. `month` is the last month of the input.
   */
  reasons: z.array(
    z.looseObject({ subscriptionId: identifier, month: z.string().optional(), reasons: z.array(z.string()) }),
  ),
  /** `planId` is null without a better plan; bills over the last three months, CNY. */
  recommendations: z.array(
    z.looseObject({
      subscriptionId: identifier,
      planId: z.string().nullable(),
      presentBill: z.coerce.number().optional(),
      recommendedBill: z.coerce.number().optional(),
    }),
  ),
  households: z.array(z.looseObject({ members: z.array(identifier) })),
  /** Pairs by the name of their rule: `all` for those of all four, `evidence` with account and address. */
  rules: z.record(z.string(), z.array(pair)),
};

const elsewhere = z.string().min(1);
const importCounts = z.looseObject({ table: z.string(), rejected: z.number(), duplicates: z.number() });
const auc = z.looseObject({ mean: z.number() });
const arm = z.looseObject({ arm: z.string(), subscribers: z.number(), churned: z.number() });

/**
 * Report of a system on an operator: the file that `npm start -- --report FILE` writes. Every part is optional.
 * Subscriptions have the operator's identifier or the internal one derived from it.
 */
export const reportSchema = z.looseObject({
  imports: z.array(importCounts).optional(),
  rejects: z.union([elsewhere, listSchemas.rejects]).optional(),
  /** Judged on months after the training months, with the gap. Of the kind `status`, churn in arrears counts as staying. */
  model: z.looseObject({ auc, kind: z.string().optional(), judgedMonths: z.array(z.string()).optional() }).nullish(),
  /** Value loss in the next two months (CS-07), on judged months; the baseline ranks by the drop of the bill alone. */
  valueLoss: z
    .looseObject({
      averagePrecision: z.number().nullable(),
      baseline: z.looseObject({ averagePrecision: z.number() }).nullable(),
    })
    .nullish(),
  reasons: z.union([elsewhere, listSchemas.reasons]).optional(),
  planFit: z.looseObject({ recommendations: z.union([elsewhere, listSchemas.recommendations]) }).nullish(),
  households: z
    .looseObject({
      households: z.union([elsewhere, listSchemas.households]),
      rules: z.union([elsewhere, listSchemas.rules]).optional(),
    })
    .nullish(),
  pastCampaign: z.looseObject({ arms: z.array(arm) }).nullish(),
  /** The past campaign: offers together minus control, share of churn in the three months after its month. */
  effect: z.looseObject({ estimate: z.number(), low: z.number(), high: z.number() }).nullish(),
});

export type Report = z.infer<typeof reportSchema>;
export type Rejects = z.infer<typeof listSchemas.rejects>;
export type Reasons = z.infer<typeof listSchemas.reasons>;
export type Recommendations = z.infer<typeof listSchemas.recommendations>;
export type HouseholdList = z.infer<typeof listSchemas.households>;
export type RulePairs = z.infer<typeof listSchemas.rules>;
