import { Inject, Injectable } from '@nestjs/common';
import { CONFIG } from '@holdfast/platform/service';
import { engineLimits, type FeatureStoreConfig } from '../config.js';
import { Engine } from '../engine/engine.js';
import { LakeFiles } from './lake-files.js';

/** Engines of jobs, each in a folder of the lake's scratch space. */
@Injectable()
export class ScratchEngines {
  constructor(
    private readonly files: LakeFiles,
    @Inject(CONFIG) private readonly config: FeatureStoreConfig,
  ) {}

  /**
   * Runs the work of a job on its own engine, which is interrupted with the job and removed afterwards.
   * @param name of the folder; only one process at a time may use it
   */
  async run<T>(name: string, signal: AbortSignal, work: (engine: Engine) => Promise<T>): Promise<T> {
    const engine = await Engine.openScratch(this.files.scratch(name), engineLimits(this.config));
    const interrupt = (): void => engine.interrupt();
    signal.addEventListener('abort', interrupt, { once: true });
    try {
      return await work(engine);
    } catch (thrown) {
      signal.throwIfAborted();
      throw thrown;
    } finally {
      signal.removeEventListener('abort', interrupt);
      await engine.close();
    }
  }
}
