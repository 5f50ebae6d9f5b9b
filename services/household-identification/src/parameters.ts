import type { ParameterDefinitions } from '@holdfast/platform/parameters';

/** What an operator can set in this service. */
export const householdIdentificationParameters = {} satisfies ParameterDefinitions;
