import { parentPort, workerData } from 'node:worker_threads';
import { forecastChurn, type ForecastInput } from './churn-forecast.js';

/** Program of the thread of a forecast: computes it once and ends. It is cancelled by ending it. */
parentPort!.postMessage(forecastChurn(workerData as ForecastInput));
