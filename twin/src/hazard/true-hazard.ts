import { LATENTS } from '../world/subscriptions.js';
import type { World } from '../world/world.js';
import { ARREARS, CAUSES, hazardOf, latentFactor } from './causes.js';

/** The chance to leave, latent traits included. */
export class TrueHazard {
  /** By cause, of the last one who was asked about. */
  readonly rates = new Float64Array(CAUSES.length);

  constructor(private readonly world: World) {}

  /**
   * @param observable rates by cause @param factor of campaigns, on what somebody decides for himself
   * @returns the chance to leave in the month
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
