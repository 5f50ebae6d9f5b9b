/** What the benches use of autocannon, which brings no types. */
declare module 'autocannon' {
  interface Request {
    path?: string;
  }

  interface Result {
    /** Seconds. */
    duration: number;
    errors: number;
    timeouts: number;
    non2xx: number;
    '2xx': number;
    /** Milliseconds. */
    latency: { p50: number; p99: number };
  }

  export default function autocannon(options: {
    url: string;
    connections: number;
    /** Seconds. */
    duration: number;
    headers: Record<string, string>;
    requests: { setupRequest: (request: Request) => Request }[];
  }): Promise<Result>;
}
