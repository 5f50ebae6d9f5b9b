/** The outcome months of a campaign, and which of them are available. Months are numbers (monthNumber of the platform). */
export interface Due {
  outcomeMonths: number[];
  availableMonths: number[];
  state: 'due' | 'partial' | 'final';
}

/**
 * The months after those of assignment. A month is available if it and the month of the assignment are closed, which
 * determines the subscriptions at risk.
 */
export function dueOf(assignedMonths: readonly number[], followMonths: number, closed: ReadonlySet<number>): Due {
  const outcomeMonths = new Set<number>();
  const availableMonths = new Set<number>();
  for (const assigned of assignedMonths) {
    for (let month = assigned + 1; month <= assigned + followMonths; month += 1) {
      outcomeMonths.add(month);
      if (closed.has(assigned) && closed.has(month)) availableMonths.add(month);
    }
  }
  const isFinal = availableMonths.size === outcomeMonths.size && assignedMonths.every((month) => closed.has(month));
  const ascending = (months: Set<number>): number[] => [...months].sort((left, right) => left - right);
  return {
    outcomeMonths: ascending(outcomeMonths),
    availableMonths: ascending(availableMonths),
    state: availableMonths.size === 0 ? 'due' : isFinal ? 'final' : 'partial',
  };
}
