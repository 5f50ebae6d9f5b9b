/** Measures the duration of steps and reports their progress. */
export class StepClock {
  readonly seconds: Record<string, number> = {};

  constructor(private readonly onProgress?: (step: string, share: number) => void) {}

  step<T>(name: string, work: () => T): T {
    const started = performance.now();
    const result = work();
    this.end(name, started);
    return result;
  }

  async blocks<T>(name: string, count: number, work: (onBlock: () => void) => Promise<T>): Promise<T> {
    const started = performance.now();
    let done = 0;
    const result = await work(() => this.onProgress?.(name, (done += 1) / count));
    this.end(name, started);
    return result;
  }

  private end(name: string, started: number): void {
    this.seconds[name] = (performance.now() - started) / 1000;
    this.onProgress?.(name, 1);
  }
}
