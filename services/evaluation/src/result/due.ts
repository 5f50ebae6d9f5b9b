/** Which months a campaign is judged by, and how far they are in. Months are numbers (see month.ts). */
export interface Due {
  outcomeMonths: number[];
  monthsIn: number[];
  state: 'due' | 'partial' | 'final';
}

/**
 * The months after those of assignment. One is in when it is closed, and the month of the assignment is: before, nobody
 * knows who was there to be judged.
 */
export function dueOf(assignedMonths: readonly number[], followMonths: number, closed: ReadonlySet<number>): Due {
  const outcomeMonths = new Set<number>();
  const monthsIn = new Set<number>();
  for (const assigned of assignedMonths) {
    for (let month = assigned + 1; month <= assigned + followMonths; month += 1) {
      outcomeMonths.add(month);
      if (closed.has(assigned) && closed.has(month)) monthsIn.add(month);
    }
  }
  const isFinal = monthsIn.size === outcomeMonths.size && assignedMonths.every((month) => closed.has(month));
  const ascending = (months: Set<number>): number[] => [...months].sort((left, right) => left - right);
  return {
    outcomeMonths: ascending(outcomeMonths),
    monthsIn: ascending(monthsIn),
    state: monthsIn.size === 0 ? 'due' : isFinal ? 'final' : 'partial',
  };
}
