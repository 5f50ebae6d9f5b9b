export interface Judgement {
  part: string;
  measure: string;
  /** The reported value, or one derived from it. */
  value: string;
  /** Empty without a goal. */
  goal: string;
  verdict: 'met' | 'missed' | 'shown' | 'not in the report';
}

export function judged(part: string, measure: string, value: string, goal: string, isMet: boolean): Judgement {
  return { part, measure, value, goal, verdict: isMet ? 'met' : 'missed' };
}

export function shown(part: string, measure: string, value: string): Judgement {
  return { part, measure, value, goal: '', verdict: 'shown' };
}

export function missing(part: string, measure: string, goal = ''): Judgement {
  return { part, measure, value: '–', goal, verdict: 'not in the report' };
}

export function judgementLines(judgements: readonly Judgement[]): string[] {
  const rows = [
    ['part', 'measure', 'value', 'goal', 'verdict'],
    ...judgements.map(({ part, measure, value, goal, verdict }) => [part, measure, value, goal, verdict]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
}

export function percentText(share: number, digits = 1): string {
  return Number.isNaN(share) ? '–' : `${(100 * share).toFixed(digits)} %`;
}
