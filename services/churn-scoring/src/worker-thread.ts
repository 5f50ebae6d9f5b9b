import { Worker, type WorkerOptions } from 'node:worker_threads';

interface Listener<Message> {
  readonly message: (message: Message) => void;
  /** May be called after the last message, and more than once: a promise that is settled ignores that. */
  readonly failed: (reason: Error) => void;
}

/**
 * Runs a program in a thread until it ends by itself, or, with the threads that it has started, by the signal. It fails with
 * the signal's reason, an error of the thread, or its end.
 * @param name for the message about an early end
 */
export function runThread<Message>(
  program: string,
  { name, signal, ...options }: WorkerOptions & { name: string; signal: AbortSignal },
  { message, failed }: Listener<Message>,
): void {
  const worker = new Worker(program, { ...options, name });
  const cancel = (): void => {
    failed(signal.reason as Error);
    void worker.terminate();
  };
  signal.addEventListener('abort', cancel, { once: true });
  worker.on('message', message);
  worker.on('error', failed);
  worker.on('exit', (code) => {
    signal.removeEventListener('abort', cancel);
    failed(new Error(`the ${name} thread ended early (${code})`)); // does nothing once there is a result
  });
}
