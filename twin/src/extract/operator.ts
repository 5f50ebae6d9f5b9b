export const OPERATOR = 'demo';
/** Folders of an operator: the extract, a second one with corrected rows only, and the truth. */
export const EXTRACT_FOLDER = 'extract';
export const CORRECTIONS_FOLDER = 'extract-2';
export const TRUTH_FOLDER = 'truth';
