import { LATENTS } from '../world/subscriptions.js';
import type { World } from '../world/world.js';
import { ARREARS, CAUSES, hazardOf, latentFactor } from './causes.js';

/** The probability of churn with latent traits. */
export class TrueHazard {
  /** By cause, of the last calculation. */
  readonly rates = new Float64Array(CAUSES.length);

  constructor(private readonly world: World) {}

  /**
   * @param observable rates by cause @param factor of campaigns on voluntary causes
   * @returns the probability of churn in the month
   */
  of(at: number, observable: Float64Array, factor: number): number {
    const { latent } = this.world.subscriptions;
    for (let cause = 0; cause < CAUSES.length; cause += 1) {
      const own = cause < LATENTS ? latentFactor(cause, latent[at * LATENTS + cause]!) : 1;
      this.rates[cause] = observable[cause]! * own * (cause === ARREARS ? 1 : factor);
    }
    return hazardOf(this.rates);
  }
}
